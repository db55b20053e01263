"""Every ``aws`` command that a page shows is one that AWS has, with options that it has; ``tests/aws/test_runbooks.py`` runs those of the runbooks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.session import Session

from listbackup.testing.aws_command import read

ROOT = Path(__file__).parents[2]
SHOWN = re.compile(r"`(aws [a-z0-9-]+ [a-z-]+[^`]*)`|^ *(?:\w+=\$\()?(aws [a-z0-9-]+ [a-z-]+ (?:.*\\\n)*.*)$", re.MULTILINE)


def commands() -> Iterator[tuple[str, str]]:
    for page in sorted((ROOT / "docs").rglob("*.md")):
        text = page.read_text()
        for match in SHOWN.finditer(text):
            yield page.name, (match[1] or match[2]).replace("\\\n", " ")


@pytest.mark.parametrize(("page", "shown"), sorted(set(commands())))
def test_a_command_of_a_page_is_one_that_aws_has(page: str, shown: str) -> None:
    words = shlex.split(re.split(r"\)?\s*[|>]", shown)[0] if "--query" not in shown else shown.rstrip(")"))[1:]
    if words[:2] == ["sso", "login"]:  # the command's own
        return
    command = read(words, Session())
    if len(words) > 2:
        assert command.missing == (), page
