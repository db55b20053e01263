"""The cdk command, told where and what: bootstrap, synth, diff, deploy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from listbackup.base.errors import ListBackupError
from listbackup.cli.cloud.target import INFRA, Target


class DeploymentFailed(ListBackupError):
    """A stack did not come to where it should be; CloudFormation has put back what it had before."""


@dataclass(frozen=True, slots=True)
class Toolkit:
    """cdk for one target; what it writes while it works lies in ``work``. ``quiet`` keeps its words off standard output."""

    target: Target
    work: Path
    quiet: bool = False

    @property
    def assembly(self) -> Path:
        """Where the templates are once they are made."""
        return self.work / "cdk.out"

    def synth(self, context: Mapping[str, str]) -> Sequence[str]:
        """Makes the templates; the names of the stacks, each after those it needs. Raises DeploymentFailed with what is wrong in the settings."""
        said = [word for name, value in context.items() for word in ("--context", f"{name}={value}")]
        app = ["--app", f"{sys.executable} {INFRA / 'app.py'}", "--output", str(self.assembly)]
        done = self._cdk(["synth", "--quiet", *app, *said], capture=True)
        if done.returncode != 0:
            raise DeploymentFailed(f"the templates could not be made: {_last_line(done.stderr)}", hint="the settings are in infra/stages")
        return self._order()

    def _order(self) -> Sequence[str]:
        manifest = json.loads((self.assembly / "manifest.json").read_text())["artifacts"]
        stacks = {name: one for name, one in manifest.items() if one["type"] == "aws:cloudformation:stack"}
        order: list[str] = []

        def put(name: str) -> None:
            for before in stacks[name].get("dependencies", ()):
                if before in stacks and before not in order:
                    put(before)
            if name not in order:
                order.append(name)

        for name in stacks:
            put(name)
        return order

    def bootstrap(self) -> None:
        """Makes what cdk itself needs in the account: a bucket for code and the roles that deploy. Raises DeploymentFailed."""
        words = ["bootstrap", f"aws://{self.target.account}/{self.target.region}"]
        if self.target.endpoint and self.target.endpoint.startswith("http://"):
            words += ["--template", str(self._plain_bootstrap())]
        if self._cdk(words).returncode != 0:
            raise DeploymentFailed("cdk could not be bootstrapped in this account", hint="the lines above say why")

    def _plain_bootstrap(self) -> Path:
        """The bootstrap's template without the policy that refuses HTTP: an emulator on loopback speaks nothing else, and honours policies."""
        shown = self._cdk(["bootstrap", "--show-template"], capture=True)
        template = yaml.safe_load(shown.stdout)
        template["Resources"].pop("StagingBucketPolicy", None)
        path = self.work / "bootstrap.yaml"
        path.write_text(yaml.safe_dump(template))
        return path

    def diff(self, stacks: Sequence[str]) -> str:
        """What a deployment would change, as cdk tells it. Raises DeploymentFailed."""
        done = self._cdk(["diff", "--app", str(self.assembly), "--exclusively", *stacks], capture=True)
        if done.returncode != 0:
            raise DeploymentFailed(f"the difference could not be found: {_last_line(done.stderr)}")
        return done.stdout + "\n".join(line for line in done.stderr.splitlines() if not line.startswith(("b'", "!!")))

    def deploy(self, stacks: Sequence[str]) -> None:
        """Brings these stacks to what their templates say, each after those it needs, some at once. Raises DeploymentFailed."""
        at_once = "1" if self.target.endpoint else "4"
        words = ["deploy", "--app", str(self.assembly), "--exclusively", "--require-approval", "never", "--concurrency", at_once, *stacks]
        if self._cdk(words).returncode != 0:
            what = stacks[0] if len(stacks) == 1 else "not every stack"
            raise DeploymentFailed(f"{what} could be deployed" if len(stacks) > 1 else f"{what} could not be deployed", hint=_WHY)

    def _cdk(self, words: Sequence[str], *, capture: bool = False) -> subprocess.CompletedProcess[str]:
        command = [str(INFRA / "node_modules" / ".bin" / "cdk"), *words, "--no-notices", "--no-version-reporting"]
        env = {**self.target.environment, **_ENVIRONMENT}
        if capture:
            return subprocess.run(command, cwd=self.work, env=env, text=True, capture_output=True, check=False)
        return subprocess.run(command, cwd=self.work, env=env, text=True, stdout=sys.stderr if self.quiet else None, check=False)


_WHY = "the lines above say why; a stack that failed is as it was before"
_ENVIRONMENT = {
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    "CDK_DISABLE_VERSION_CHECK": "1",
    "CI": "1",
}


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and "Subprocess exited" not in line and not line.startswith("b'")]
    return lines[-1] if lines else "cdk gave no reason"
