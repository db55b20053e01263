"""A deployment from beginning to end."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from listbackup.backends.aws_client import Aws, AwsRefused, ask
from listbackup.base.clock import Clock
from listbackup.base.errors import BackendError, InputError
from listbackup.cli.cloud.parameters import PUBLIC_URL, ensure_all, ensure_front, find
from listbackup.cli.cloud.prerequisites import check_service, read_settings, warn_of_letters
from listbackup.cli.cloud.target import INFRA, Target, aim, check_machine
from listbackup.cli.cloud.toolkit import DeploymentFailed, Toolkit
from listbackup.cli.output import Output

BUILT = Path(__file__).parents[2] / "api" / "web"  # where `make web` puts the web app
FRONT_REGION = "us-east-1"
_BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants deployed, and where."""

    stage: str
    service: str
    region: str | None = None
    endpoint: str | None = None
    settings: tuple[str, ...] = ()
    functions: Path | None = None


def deploy(out: Output, clock: Clock, wish: Wish, *, dry_run: bool, yes: bool) -> None:
    """See the command. Raises InputError, ServerRefuses, BackendError, DeploymentFailed, ServerUnreachable."""
    check_machine()
    check_service(wish.service)
    target = aim(wish.stage, region=wish.region, endpoint=wish.endpoint, clock=clock)
    warn_of_letters(out, target, read_settings(target, wish.settings).mail_from)
    with tempfile.TemporaryDirectory(prefix="listbackup-deploy-") as folder:
        toolkit = Toolkit(target, Path(folder), quiet=out.as_json)
        _ensure_bootstrapped(out, toolkit, yes=yes, dry_run=dry_run)
        bucket = find(target, "data-bucket") if dry_run else ensure_all(target)
        functions = wish.functions or _build_functions(out, Path(folder) / "functions", on_emulator=target.endpoint is not None)
        order = toolkit.synth(context_of(target, wish.settings, functions, bucket))
        chosen = choose(order, target, wish.service)
        if _front(target) in chosen:
            front = replace(target, region=FRONT_REGION, aws=Aws(FRONT_REGION, target.endpoint))
            _ensure_bootstrapped(out, replace(toolkit, target=front), yes=yes, dry_run=dry_run)
        if dry_run:
            _show(out, toolkit, chosen)
            return
        _confirm(out, target, chosen, yes=yes)
        if target.stack("web") in order:
            ensure_front(target)
        if _front(target) in chosen:
            chosen = _deploy_front(out, toolkit, wish, functions, bucket, chosen)
        _deploy_stacks(out, toolkit, chosen)
    url = _try_out(out, target, chosen)
    code = _first_owner(out, target, bucket, url) if wish.service == "all" else None
    told = {"stage": target.stage, "region": target.region, "account": target.account, "stacks": list(chosen), "url": url}
    out.document(told | ({"setup_code": code} if code else {}))
    out.good(f"deployed {', '.join(chosen)}")
    if url:
        out.say(f"it answers at {url}")
    if code:
        out.say(
            "Nobody owns this installation yet. To become its owner, open it in a browser (or POST /v2/auth/setup) with this code, within a day, once:"
        )
        out.say(f"  {code}")


def _first_owner(out: Output, target: Target, bucket: str | None, url: str | None) -> str | None:
    """A code for the first owner. Who deploys need not be allowed to read tables and use keys: then somebody who is makes the code."""
    from listbackup.cli.cloud.first_owner import new_setup_code

    if bucket is None or url is None:
        return None
    try:
        return new_setup_code(target, bucket=bucket, public_url=url)
    except BackendError as error:
        out.warn(f"no set-up code could be made: {error.message}; deploy again with credentials that may use the tables and the key")
        return None


def _front(target: Target) -> str:
    return target.stack("edge")


def _deploy_front(out: Output, toolkit: Toolkit, wish: Wish, functions: Path, bucket: str | None, chosen: Sequence[str]) -> Sequence[str]:
    """The firewall, which lies in another region than the rest: what it is called there is told to the templates of the others. The stacks that are left."""
    _deploy_stacks(out, toolkit, [_front(toolkit.target)])
    left = [one for one in chosen if one != _front(toolkit.target)]
    if left:
        toolkit.synth(context_of(toolkit.target, wish.settings, functions, bucket))
    return left


def _deploy_stacks(out: Output, toolkit: Toolkit, stacks: Sequence[str]) -> None:
    from listbackup.cli.cloud.website import put_website

    target = toolkit.target
    if stacks:
        out.say(f"deploying {', '.join(stacks)} …")
        toolkit.deploy(stacks)
    if target.stack("web") in stacks:
        bucket, distribution = find(target, "web-bucket"), find(target, "web-distribution-id")
        if bucket and distribution:
            out.say(f"{put_website(target, bucket, distribution, BUILT)} files of the web app are in {bucket}")


def _try_out(out: Output, target: Target, chosen: Sequence[str]) -> str | None:
    """The address that answers, once the stack that answers is there."""
    from listbackup.cli.cloud.smoke import answers

    url = find(target, "api-url")
    if url is None or target.stack("system") not in chosen:
        return None
    out.say("asking whether it answers …")
    answers(target, url)
    return find(target, PUBLIC_URL) or url


def context_of(target: Target, settings: Sequence[str], functions: Path, bucket: str | None) -> Mapping[str, str]:
    """What the templates are told."""
    context = {"stage": target.stage, "functions": str(functions), "web": str(BUILT), "listbackup:region": target.region}
    if bucket:
        context["listbackup:data_bucket"] = bucket
    if target.endpoint:
        context["listbackup:endpoint"] = target.endpoint
    if target.region != FRONT_REGION and (firewall := _firewall(target)):
        context["listbackup:web_acl"] = firewall
    for one in settings:
        name, _, value = one.partition("=")
        context[f"listbackup:{name}"] = value
    return context


def _firewall(target: Target) -> str | None:
    """The firewall of CloudFront, which is told in the region where CloudFront's things are."""
    aws = Aws(FRONT_REGION, target.endpoint)
    try:
        return find(replace(target, region=FRONT_REGION, aws=aws), "web-acl-arn")
    finally:
        aws.close()


def choose(order: Sequence[str], target: Target, service: str) -> Sequence[str]:
    """The stacks that are meant, in order. Raises InputError for a service that there is not."""
    if service == "all":
        return order
    stack = target.stack(service)
    if stack not in order:
        known = ", ".join(one.removeprefix(target.stack("")) for one in order)
        raise InputError(f"there is no service {service!r}", hint=f"services: all, {known}", field="service")
    return (stack,)


def _ensure_bootstrapped(out: Output, toolkit: Toolkit, *, yes: bool, dry_run: bool) -> None:
    target = toolkit.target
    ssm = target.aws.client("ssm")
    try:
        ask(lambda: ssm.get_parameter(Name=_BOOTSTRAP), "see whether cdk was bootstrapped", clock=target.clock)
        return
    except AwsRefused as error:
        if error.code != "ParameterNotFound":
            raise
    said = f"cdk was not yet bootstrapped in {target.region} of account {target.account}"
    if dry_run:
        out.warn(f"{said}: the deployment itself will ask whether it may")
        return
    if not agreed(out, f"{said}: it makes a bucket for code and five roles. Do it?", yes=yes):
        raise InputError(said, hint="answer yes, give --yes, or run  npx cdk bootstrap")
    toolkit.bootstrap()


def _confirm(out: Output, target: Target, chosen: Sequence[str], *, yes: bool) -> None:
    what = f"{len(chosen)} stacks" if len(chosen) > 1 else chosen[0]
    if not agreed(out, f"Deploy {what} to {target.region} of account {target.account}?", yes=yes):
        raise InputError("nothing was deployed", hint="answer yes, or give --yes")


def agreed(out: Output, question: str, *, yes: bool) -> bool:
    """Whether somebody said yes, on a terminal or beforehand."""
    if yes:
        return True
    if out.as_json or not sys.stdin.isatty():
        return False
    import typer

    return typer.confirm(question, err=True)


def _show(out: Output, toolkit: Toolkit, chosen: Sequence[str]) -> None:
    difference = toolkit.diff(chosen)
    out.document({"stage": toolkit.target.stage, "stacks": list(chosen), "difference": difference})
    out.say(difference)


def _build_functions(out: Output, folder: Path, *, on_emulator: bool) -> Path:
    """The functions' folders, made now by tools/build_functions.py; an emulator runs them in this machine's own Python."""
    out.say("building the functions …")
    own = ["--python", f"{sys.version_info.major}.{sys.version_info.minor}"] if on_emulator else []
    program = [sys.executable, str(INFRA.parent / "tools" / "build_functions.py"), str(folder), *own]
    done = subprocess.run(program, check=False, stdout=sys.stderr)
    if done.returncode != 0:
        raise DeploymentFailed("the functions could not be built", hint="the lines above say why")
    return folder
