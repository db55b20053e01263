"""What can be wrong before a deployment: each is one sentence, with what to do about it, and the exit code that the command's help names. Nothing was changed then."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from listbackup.backends.aws_client import Aws
from listbackup.testing.account import IN_ACCOUNT
from listbackup.testing.emulator import Emulator

ROOT = Path(__file__).parents[2]
FUNCTIONS = str(ROOT / "tests" / "infra" / "functions")
NOBODY = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("node") is None, reason="cdk needs Node, which is not here"),
    pytest.mark.skipif(IN_ACCOUNT, reason="a stage in a real account is made by hand: docs/guides/aws.md"),
]


def _listbackup(emulator: Emulator, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in {**os.environ, **emulator.environment, **more}.items() if value}
    program = [str(Path(sys.executable).parent / "listbackup"), *words, "--json"]
    return subprocess.run(program, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=200, check=False)


@pytest.mark.parametrize(
    ("words", "env", "code", "sentence"),
    [
        (("nothing",), {}, 2, "there is no service 'nothing'"),
        (("core", "--stage", "Not A Stage"), {}, 2, "it is a short word"),
        (("core", "--region", "Frankfurt"), {}, 2, "'Frankfurt' is no AWS region"),
        (("core",), {"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, 2, "no AWS region is chosen"),
        (("core",), NOBODY, 2, "there are no credentials for AWS"),
        (("core",), NOBODY | {"AWS_PROFILE": "ghost"}, 2, "The config profile (ghost) could not be found"),
        (("core",), {"AWS_ACCESS_KEY_ID": "AKIANOBODYKNOWSTHIS0"}, 4, "AWS does not take the credentials"),
        (("core", "--endpoint-url", "http://127.0.0.1:9"), {}, 5, "AWS cannot be reached"),
        (("core", "--endpoint-url", "somewhere"), {}, 2, "'somewhere' is not an endpoint's address"),
        (("core", "--set", "colour=blue"), {}, 2, "colour: no such setting of a stage"),
        (("core", "--set", "rate=fast"), {}, 2, "rate is 'fast'; it is a number"),
        (("core", "--set", "web_domain=a.example.org"), {}, 2, "web_domain and web_certificate belong together"),
        (("core", "--set", "web"), {}, 2, "--set 'web' has no '='"),
        (("core", "--region", "eu-north-1"), {}, 2, "cdk was not yet bootstrapped in eu-north-1"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_before_anything_is_changed(
    emulator: Emulator, words: tuple[str, ...], env: dict[str, str], code: int, sentence: str
) -> None:
    done = _listbackup(emulator, "deploy", *words, **env)
    error = json.loads(done.stderr.strip().splitlines()[-1])["error"]
    assert (done.returncode, error["code"], sentence in error["message"]) == (code, code, True), done.stderr
    assert error["hint"]
    assert "Traceback" not in done.stderr


def test_a_machine_without_node_is_told_so(emulator: Emulator, tmp_path: Path) -> None:
    done = _listbackup(emulator, "deploy", "core", PATH=str(tmp_path))
    assert (done.returncode, "deploying needs Node 20.9 or newer (Node is not installed)" in done.stderr) == (2, True)


def test_letters_that_will_not_go_out_are_told_and_stop_nothing(emulator: Emulator, aws: Aws) -> None:
    """As the last of the prerequisites, before the question about cdk."""
    nobody = _listbackup(emulator, "deploy", "core", "--region", "eu-north-1")
    assert "letters are refused" in nobody.stderr
    unknown = _listbackup(emulator, "deploy", "core", "--region", "eu-north-1", "--set", "mail_from=a@unknown.example.org")
    assert "has not verified a@unknown.example.org" in unknown.stderr
    Aws("eu-north-1", aws.endpoint).client("sesv2").create_email_identity(EmailIdentity="known.example.org")
    known = _listbackup(emulator, "deploy", "core", "--region", "eu-north-1", "--set", "mail_from=a@known.example.org")
    assert "verified" not in known.stderr
    assert known.returncode == 2


def test_a_rehearsal_where_nothing_ever_was_shows_all_that_would_be_made_and_makes_nothing(emulator: Emulator, aws: Aws) -> None:
    words = ("deploy", "core", "--stage", "untold", "--region", "eu-west-3", "--functions", FUNCTIONS, "--set", "web=false", "--dry-run")
    done = _listbackup(emulator, *words)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "cdk was not yet bootstrapped" in done.stderr
    difference = json.loads(done.stdout.strip().splitlines()[-1])["difference"]
    assert "[+] AWS::DynamoDB::Table" in difference
    there = Aws("eu-west-3", aws.endpoint).client("ssm").describe_parameters()["Parameters"]
    assert [one["Name"] for one in there if "untold" in one["Name"]] == []


def test_nobody_destroys_what_is_not_there(emulator: Emulator) -> None:
    gone = _listbackup(emulator, "destroy", "sources", "--stage", "untold", "--yes")
    assert (gone.returncode, "'sources' is not deployed in stage untold" in gone.stderr) == (2, True)
    empty = _listbackup(emulator, "destroy", "all", "--stage", "untold", "--yes")
    assert (empty.returncode, json.loads(empty.stdout)["destroyed"]) == (0, [])
