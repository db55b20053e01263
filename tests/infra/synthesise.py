"""Makes the templates that the tests read: ``python synthesise.py FOLDER``. A process of its own, because what makes them keeps a Node running."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

os.environ["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = os.environ["JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION"] = "1"
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "infra"))

from aws_cdk import App, Aspects  # noqa: E402
from cdk_nag import AwsSolutionsChecks  # noqa: E402

from listbackup_infra import stacks  # noqa: E402
from listbackup_infra.application import build_all  # noqa: E402
from listbackup_infra.exceptions import explain  # noqa: E402
from listbackup_infra.settings import Emulated, Stage, read_stage  # noqa: E402
from listbackup_infra.stacks import Ground  # noqa: E402

FULL = Stage(
    name="full",
    region="eu-central-1",
    reserve=True,
    authorizer="request",
    mail_from="backup@example.org",
    cors_origins=("https://app.example.org",),
    api_domain="api.example.org",
    api_certificate="arn:aws:acm:eu-central-1:111122223333:certificate/11111111-2222-3333-4444-555555555555",
    web_domain="backup.example.org",
    web_certificate="arn:aws:acm:us-east-1:111122223333:certificate/11111111-2222-3333-4444-555555555555",
    hosted_zone_id="Z0123456789ABCDEFGHIJ",
    alarm_email="alarms@example.org",
    object_lock_days=30,
    backup_days=35,
    backup_copy_vault="arn:aws:backup:eu-west-1:111122223333:backup-vault:copies",
    copy_bucket="arn:aws:s3:::listbackup-copies-full",
    web_acl="arn:aws:wafv2:us-east-1:111122223333:global/webacl/listbackup-full/11111111-2222-3333-4444-555555555555",
)


def synthesise(stage: Stage, folder: Path, *, judge: bool) -> None:
    """The templates of one stage, and what AWS's rules say of them."""
    app = App(outdir=str(folder), analytics_reporting=False)
    made = build_all(app, stage, Ground(functions=HERE / "functions", web=HERE / "web"))
    if judge:
        explain(made)
        Aspects.of(app).add(AwsSolutionsChecks(reports=False))
    assembly = app.synth()
    findings = [f"{stack.stack_name}: {one.id} {one.entry.data}" for stack in assembly.stacks for one in stack.messages]
    (folder / "findings.json").write_text(json.dumps([one for one in findings if "AwsSolutions" in one]))


def main(folder: Path) -> None:
    """Every stage under test."""
    synthesise(read_stage("main"), folder / "main", judge=True)
    synthesise(FULL, folder / "full", judge=True)
    stacks.__path__.append(str(HERE / "added"))  # a service more, as somebody would add it
    synthesise(replace(read_stage("staging"), emulated=Emulated(endpoint="http://127.0.0.1:4566")), folder / "emulated", judge=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
