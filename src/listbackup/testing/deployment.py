"""A stage deployed to an emulator by the real command, and what somebody outside sees of it: the gateway, the letters, the queues."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from listbackup.backends.aws_client import Aws
from listbackup.base.secret import Secret
from listbackup.bootstrap.settings import environment
from listbackup.testing import patience
from listbackup.testing.emulator import KEY, REGION, Emulator
from listbackup.testing.visitor import Browser

STAGE = "test"
SENDER = "copies@mail.example.com"
BY_TLS: Mapping[str, str] = {"x-forwarded-proto": "https"}  # how the emulator's CloudFront knows what a viewer spoke
_NETWORKS = itertools.cycle(range(10, 250))
_LEFT = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE")  # of this machine, and nothing to the emulator
SETTINGS: Mapping[str, str] = {
    "keep": "false",
    "registration": "open",
    "allow_loopback": "true",
    "mail_from": SENDER,
    "run_visibility_seconds": "900",
}


@dataclass(frozen=True)
class Deployment:
    """A stage that answers; ``setup_code`` as the deployment showed it."""

    emulator: Emulator
    setup_code: str = ""

    @cached_property
    def aws(self) -> Aws:
        """The account that it lies in."""
        return Aws(region=REGION, endpoint=self.emulator.endpoint, access_key_id=KEY, secret_access_key=Secret(KEY))

    def parameter(self, name: str) -> str:
        """A value that the deployment tells."""
        return str(self.aws.client("ssm").get_parameter(Name=f"/listbackup/{STAGE}/{name}")["Parameter"]["Value"])

    @cached_property
    def url(self) -> str:
        """Where people find it."""
        return self.parameter("public-url")

    def browser(self, *, credential: str | None = None) -> Browser:
        """Somebody who comes by its public name, by TLS as far as CloudFront can see; with a key or a token a program.

        No resolver knows that name, so the emulator is asked at its own address. Everybody has a network of their own: nobody's tries count for another.
        """
        beside = dict(BY_TLS) | ({"authorization": f"Bearer {credential}"} if credential is not None else {})
        return Browser(self.port, origin=self.url, host=urlsplit(self.url).netloc, beside=beside, come_from=f"127.0.{next(_NETWORKS)}.1")

    @cached_property
    def port(self) -> int:
        """Where the emulator listens."""
        return urlsplit(self.emulator.endpoint).port or 80

    def letters(self, to: str, about: str) -> Sequence[str]:
        """The texts of the letters that SES took for somebody, with this word in their subject, oldest first."""
        with urllib.request.urlopen(f"{self.emulator.endpoint}/_ministack/ses/messages", timeout=10) as answer:  # noqa: S310 - an address of our own making
            messages: list[dict[str, Any]] = next(iter(json.load(answer)["messages"].values()), [])
        return [str(one["BodyText"]) for one in messages if to in one["To"] and about in str(one["Subject"]).lower()]

    def token(self, to: str, about: str) -> str:
        """The token of the link in the latest of these letters, once one has come."""
        found = patience.until(
            lambda: [token for text in self.letters(to, about) for token in re.findall(r"#token=(\S+)", text)], pause=0.5, seconds=150
        )
        return str(found[-1])

    def invoke(self, function: str, event: Mapping[str, object]) -> Any:
        """What a function answers to its caller in the account."""
        said = self.aws.client("lambda").invoke(FunctionName=f"listbackup-{STAGE}-{function}", Payload=json.dumps(event).encode())
        answer = json.loads(said["Payload"].read() or b"null")
        assert "FunctionError" not in said, answer
        return answer

    def processes(self, function: str) -> Sequence[int]:
        """The processes of the emulator that run this function now."""
        mark = f"AWS_LAMBDA_FUNCTION_NAME=listbackup-{STAGE}-{function}\0".encode()
        return [one for one in _descendants(self.emulator.process.pid) if mark in _environment(one)]


@contextmanager
def deployed(folder: Path) -> Iterator[Deployment]:
    """A stage for as long as the block runs."""
    node = Path(shutil.which("node") or "/usr/bin/node").parent  # runs what stands at the edge
    emulator = Emulator.start(folder / "emulator", services={"PATH": f"{node}{os.pathsep}{os.defpath}"})
    try:
        Deployment(emulator).aws.client("sesv2").create_email_identity(EmailIdentity=SENDER.partition("@")[2])
        words = ("--stage", STAGE, "all", "--endpoint-url", emulator.endpoint, "--yes")
        said = listbackup(emulator, folder, "deploy", *words, *settings())
        yield Deployment(emulator, re.findall(r"^ +([A-Z0-9]{4}(?:-[A-Z0-9]{1,4})+)$", said, re.MULTILINE)[-1])
    finally:
        emulator.stop()


def settings() -> Sequence[str]:
    """How the stage differs from one of somebody's own."""
    return [word for name, value in SETTINGS.items() for word in ("--set", f"{name}={value}")]


def listbackup(emulator: Emulator, folder: Path, *words: str) -> str:
    """What the command printed; it went to the emulator and to nobody else. Raises AssertionError with its words when it failed."""
    said = {name: value for name, value in environment().items() if name not in _LEFT} | dict(emulator.environment)
    program = [sys.executable, "-c", "from listbackup.cli.main import main; main()", *words]
    done = subprocess.run(program, env=said, cwd=folder, capture_output=True, text=True, check=False)
    (folder / f"{words[0]}.log").write_text(done.stdout + done.stderr)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout


def _descendants(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield int(child)
            yield from _descendants(int(child))


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:  # it is gone
        return b""
