"""What others say of the templates: cdk-nag's rules of AWS, and cfn-lint's schemas of CloudFormation."""

from __future__ import annotations

import json
import subprocess
import sys

from listbackup_infra.templates import Stacks


def test_aws_rules_find_nothing_that_is_not_explained(main: Stacks, full: Stacks) -> None:
    assert [(stacks.folder / "findings.json").read_text() for stacks in (main, full)] == ["[]", "[]"]


def test_cloudformation_knows_every_property(full: Stacks, main: Stacks) -> None:
    """Of a stage that has everything, and of what a stage has otherwise that lies where CloudFront's things are: its web app with the firewall, and its gateway."""
    files = [str(path) for path in (*sorted(full.folder.glob("*.template.json")), *sorted(main.folder.glob("*-web.template.json")))]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "cfnlint",
            "--format",
            "json",
            "--regions",
            "eu-central-1",
            "--ignore-checks",
            "W3005",
            "--",
            *files,
        ],
        capture_output=True,
        text=True,
        timeout=280,
    )
    found = [f"{one['Filename'].rpartition('/')[2]}: {one['Rule']['Id']} {one['Message']}" for one in json.loads(done.stdout or "[]")]
    assert found == [], done.stderr
