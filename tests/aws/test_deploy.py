"""The real command carries the foundation of a stage to AWS, says what it would change, and takes it away again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from listbackup.api.front import proof_of
from listbackup.api.pages import BUILT
from listbackup.backends.aws_client import Aws
from listbackup.base.clock import SystemClock
from listbackup.bootstrap.declared import declared_tables
from listbackup.cli.cloud.parameters import FRONT_PROOF, ensure_front, find, forget_front, front_secret
from listbackup.cli.cloud.target import Target
from listbackup.testing.emulator import Emulator

ROOT = Path(__file__).parents[2]
STAGE = "trial"
pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(shutil.which("node") is None, reason="cdk needs Node, which is not here"),
    pytest.mark.skipif(
        os.environ.get("LISTBACKUP_AWS_ACCOUNT") == "1", reason="a whole stage in a real account is made by hand: docs/guides/aws.md"
    ),
]


def _listbackup(emulator: Emulator, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    stage = () if "--stage" in words else ("--stage", STAGE)
    program = str(Path(sys.executable).parent / "listbackup")
    command = [program, *words, *stage, "--endpoint-url", emulator.endpoint, "--json"]
    env = {**os.environ, **emulator.environment, **more}
    return subprocess.run(command, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=400)


def _deploy(emulator: Emulator, *words: str) -> dict[str, Any]:
    done = _listbackup(
        emulator,
        "deploy",
        "core",
        "--functions",
        str(ROOT / "tests" / "infra" / "functions"),
        "--set",
        "web=false",
        "--set",
        "keep=true",
        *words,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def test_core_is_deployed_seen_unchanged_and_destroyed_with_its_data_only_when_that_is_said(emulator: Emulator, aws: Aws) -> None:
    told = _deploy(emulator, "--yes")
    assert told["stacks"] == [f"listbackup-{STAGE}-core"]
    assert _tables(aws) == {f"listbackup-{STAGE}-{spec.name}" for spec in declared_tables()}
    installation = _parameter(aws, "installation")
    assert installation.startswith("ins_")

    difference = _deploy(emulator, "--dry-run")["difference"]
    assert "There were no differences" in difference
    assert _parameter(aws, "installation") == installation

    aws.client("s3").put_object(Bucket=f"listbackup-data-{STAGE}", Key="acc_1/pack", Body=b"sealed")
    kept = _listbackup(emulator, "destroy", "core", "--yes")
    assert kept.returncode == 2
    assert "core holds the data" in kept.stderr

    asked = _listbackup(emulator, "destroy", "all", "--with-data")
    assert asked.returncode == 2
    assert "nothing was destroyed" in asked.stderr

    gone = _listbackup(emulator, "destroy", "all", "--with-data", "--yes")
    assert gone.returncode == 0, gone.stderr[-2000:]
    assert _tables(aws) == set()
    assert f"listbackup-data-{STAGE}" not in [one["Name"] for one in aws.client("s3").list_buckets()["Buckets"]]


def _tables(aws: Aws) -> set[str]:
    """The stage's tables, among all that other tests made on the same ground."""
    pages = aws.client("dynamodb").get_paginator("list_tables").paginate()
    return {name for page in pages for name in page["TableNames"] if name.startswith(f"listbackup-{STAGE}-")}


def _parameter(aws: Aws, name: str) -> str:
    return str(aws.client("ssm").get_parameter(Name=f"/listbackup/{STAGE}/{name}")["Parameter"]["Value"])


@pytest.mark.skipif(not (BUILT / "_ui.json").is_file(), reason="the stage of a firewall has a web app, which was not built: make web")
def test_the_firewall_of_a_stage_elsewhere_lies_where_cloudfront_takes_it_from(emulator: Emulator, aws: Aws) -> None:
    far = ("edge", "--stage", "far", "--region", "eu-central-1")
    functions = str(ROOT / "tests" / "infra" / "functions")
    made = _listbackup(emulator, "deploy", *far, "--functions", functions, "--yes")
    assert made.returncode == 0, made.stderr[-2000:]
    (firewall,) = aws.client("wafv2").list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
    told = aws.client("ssm").get_parameter(Name="/listbackup/far/web-acl-arn")["Parameter"]["Value"]
    assert (aws.region, firewall["Name"], firewall["ARN"]) == ("us-east-1", "listbackup-far", told)
    gone = _listbackup(emulator, "destroy", *far, "--yes")
    assert gone.returncode == 0, gone.stderr[-2000:]
    assert aws.client("wafv2").list_web_acls(Scope="CLOUDFRONT")["WebACLs"] == []


def test_what_the_distribution_shows_is_made_once_anew_after_an_interruption_and_taken_away(emulator: Emulator, aws: Aws) -> None:
    target = Target(stage="shown", region=aws.region, account="000000000000", endpoint=emulator.endpoint, aws=aws, clock=SystemClock())
    secrets, name = aws.client("secretsmanager"), front_secret(target)
    secrets.create_secret(Name=name, SecretString="what a deployment wrote that ended before it wrote the proof")
    ensure_front(target)
    proof = find(target, FRONT_PROOF)
    assert proof == proof_of(secrets.get_secret_value(SecretId=name)["SecretString"])
    ensure_front(target)
    assert find(target, FRONT_PROOF) == proof
    forget_front(target)
    forget_front(target)
    assert find(target, FRONT_PROOF) is None
    assert name not in [one["Name"] for one in secrets.list_secrets()["SecretList"]]


def test_a_machine_or_a_wish_that_cannot_deploy_is_told_so_in_a_sentence(emulator: Emulator, tmp_path: Path) -> None:
    stage = _listbackup(emulator, "deploy", "core", "--stage", "Not A Stage")
    assert (stage.returncode, "it is a short word" in stage.stderr) == (2, True)
    node = _listbackup(emulator, "deploy", "core", PATH=str(tmp_path))
    assert (node.returncode, "deploying needs Node" in node.stderr) == (2, True)
    keys = _listbackup(emulator, "deploy", "core", AWS_ACCESS_KEY_ID="AKIANOBODYKNOWSTHIS0")
    assert (keys.returncode, "AWS does not take the credentials" in keys.stderr) == (4, True), keys.stderr
