"""How a stage is said to be, and what is refused."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from listbackup_infra.names import Names
from listbackup_infra.settings import Stage, read_stage
from listbackup_infra.stacks import all_plans


def test_what_is_said_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    (tmp_path / "try.toml").write_text('keep = false\nlog_days = 7\ncors_origins = ["https://a.example.org"]\n')
    stage = read_stage("try", {"log_days": "14", "web": "false"}, folder=tmp_path)
    assert (stage.keep, stage.log_days, stage.web, stage.rate, stage.cors_origins) == (False, 14, False, 100, ("https://a.example.org",))


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"identity": "ldap"}, "identity"),
        ({"authorizer": "jwt", "identity": "builtin"}, "user pool"),
        ({"web_domain": "a.example.org"}, "web_certificate"),
        ({"keep": "perhaps"}, "keep"),
        ({"rate": "fast"}, "rate"),
        ({"run_visibility_seconds": "60"}, "run_visibility_seconds"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, said: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        read_stage("try", said, folder=tmp_path)


def test_every_setting_and_every_stack_stands_in_the_guide() -> None:
    page = (Path(__file__).parents[2] / "docs" / "guides" / "aws.md").read_text()
    table = page.partition("| setting | default |")[2].partition("\n\n")[0]
    named = {name for line in table.splitlines() for name in re.findall(r"`(\w+)`", line.split("|")[1] if "|" in line[1:] else "")}
    assert named == {field.name for field in fields(Stage)} - {"name", "emulated"}
    stacks = page.partition("Stacks: ")[2].partition(".")[0].split(", ")
    assert sorted(stacks) == sorted(plan.name for plan in all_plans())


def test_a_stage_has_a_short_plain_name() -> None:
    with pytest.raises(ValueError, match="short word"):
        Names("Main Stage")
