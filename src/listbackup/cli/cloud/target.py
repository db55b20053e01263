"""Where a deployment goes: a stage, in a region, with somebody's credentials; and what the machine needs to get there."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from listbackup.backends.aws_client import Aws, AwsRefused, ask
from listbackup.base.clock import Clock
from listbackup.base.errors import InputError
from listbackup.bootstrap.settings import environment
from listbackup.cli.errors import ServerRefuses

INFRA = Path(__file__).parents[4] / "infra"
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_STAGE = re.compile(r"[a-z][a-z0-9-]{0,19}")
_OLDEST_NODE = (20, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One stage in one account. ``endpoint`` is an emulator's address."""

    stage: str
    region: str
    account: str
    endpoint: str | None
    aws: Aws
    clock: Clock

    def stack(self, service: str) -> str:
        """The stack of a service."""
        return f"listbackup-{self.stage}-{service}"

    def parameter(self, name: str) -> str:
        """The parameter of this name."""
        return f"/listbackup/{self.stage}/{name}"

    @property
    def environment(self) -> Mapping[str, str]:
        """What child processes are given, so that they go to the same place."""
        ours = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        if self.endpoint:
            ours |= {"AWS_ENDPOINT_URL": self.endpoint, "AWS_ENDPOINT_URL_S3": self.endpoint}
        return {**environment(), **ours}


def aim(stage: str, *, region: str | None, endpoint: str | None, clock: Clock) -> Target:
    """The target, its credentials tried. Raises InputError for what is missing on this machine, ServerRefuses for credentials that AWS does not take."""
    if _STAGE.fullmatch(stage) is None:
        said = f"the stage is {stage!r}; it is a short word of small letters, digits and hyphens"
        raise InputError(said, hint="write  --stage main", field="stage")
    env = environment()
    place = region or env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or _region_of_profile()
    if not place:
        raise InputError("no AWS region is chosen", hint="give --region eu-central-1, or set AWS_REGION", field="region")
    if _REGION.fullmatch(place) is None:
        raise InputError(f"{place!r} is no AWS region", hint="they are written like eu-central-1", field="region")
    address = endpoint or env.get("AWS_ENDPOINT_URL")
    aws = Aws(place, address)
    return Target(stage=stage, region=place, account=_account(aws, clock), endpoint=address, aws=aws, clock=clock)


def check_machine(infra: Path = INFRA) -> None:
    """Raises InputError, in a sentence each, for what a deployment needs and this machine has not."""
    if not (infra / "app.py").is_file():
        raise InputError(
            "the stacks are not here: a deployment is made from a checkout", hint="clone the repository and run  make setup-deploy"
        )
    if find_spec("aws_cdk") is None:
        raise InputError(
            "deploying needs the deploy extra (aws-cdk-lib is not installed)", hint="install it:  pip install 'listbackup[deploy]'"
        )
    found = _node_version()
    if found is None or found < _OLDEST_NODE:
        said = "Node is not installed" if found is None else f"Node {'.'.join(map(str, found))} is too old"
        raise InputError(f"deploying needs Node 20.9 or newer ({said})", hint="install it from https://nodejs.org")
    if not (infra / "node_modules" / ".bin" / "cdk").exists():
        raise InputError("the cdk command is not installed", hint=f"run  npm ci  in {infra}, or  make setup-deploy")


def _node_version() -> tuple[int, ...] | None:
    node = shutil.which("node")
    if node is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.match(r"v(\d+)\.(\d+)", said)
    return (int(match[1]), int(match[2])) if match else None


def _region_of_profile() -> str | None:
    from listbackup.backends.aws_client import region_of_machine

    return region_of_machine()


def _account(aws: Aws, clock: Clock) -> str:
    """Whose account it is; that this can be asked is the proof of the credentials."""
    try:
        said = ask(lambda: aws.client("sts").get_caller_identity(), "ask AWS who this is", clock=clock)
    except AwsRefused as error:
        raise ServerRefuses(
            f"AWS does not take the credentials ({error.code})", hint="renew them, or choose others with AWS_PROFILE"
        ) from error
    return str(said["Account"])
