"""The documentation is true: every command it shows runs, every command there is stands in it, its tables are the code's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listbackup.bootstrap.settings import PREFIX, VARIABLES
from listbackup.cli.app import COMMANDS, build
from listbackup.cli.exit_codes import MEANINGS

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs" / "guides").glob("*.md")),
    *sorted((ROOT / "docs" / "runbooks").glob("*.md")),
]
BLOCK = re.compile(r"^```bash run(?P<code> exits=\d+)?\n(?P<shown>.*?)^```$|^<!-- run: (?P<hidden>.*?) -->$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#]+)")


def blocks(page: Path) -> list[str]:
    """The pieces of shell that a page shows (```bash run) or runs unseen (<!-- run: … -->), in order."""
    found = []
    for match in BLOCK.finditer(page.read_text()):
        script = match["shown"] or match["hidden"]
        if match["code"]:
            code = match["code"].removeprefix(" exits=")
            script = (
                f'set +e\n(\n{script})\ngot=$?\nset -e\n[ $got = {code} ] || {{ echo "ended with $got instead of {code}" >&2; exit 97; }}\n'
            )
        found.append(script)
    return found


@pytest.fixture(scope="module")
def crm() -> Iterator[dict[str, str]]:
    """A small simulated CRM, for as long as this file's tests run."""
    child = subprocess.Popen(
        [sys.executable, "-m", "listbackup.testing.saas", "--records", "600", "--until-stdin-ends"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    told = json.loads(child.stdout.readline())
    yield {"url": told["base_url"], "token": told["token"], "client_secret": told["client_secret"]}
    child.stdin.close()
    child.wait(timeout=10)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: page.name)
def test_every_command_that_a_page_shows_runs(page: Path, tmp_path: Path, crm: dict[str, str]) -> None:
    (tmp_path / "token.txt").write_text(crm["token"])
    _write_day(tmp_path / "bin" / "crm-day", crm)
    script = "set -euo pipefail\n" + "\n".join(f"echo '--- block {n}' >&2\n{block}" for n, block in enumerate(blocks(page), 1))
    env = {
        "HOME": str(tmp_path),
        "PATH": f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "CRM_URL": crm["url"],
        "CLIENT_SECRET": crm["client_secret"],
        "REPOSITORY": str(ROOT),
        "LANG": "C.UTF-8",
    }
    if "LISTBACKUP_ALLOW_LOOPBACK" not in page.read_text():  # else it is the page that must say when and how
        env["LISTBACKUP_ALLOW_LOOPBACK"] = "1"
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=240
    )
    assert done.returncode == 0, f"{page.name}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert "Traceback" not in done.stderr


def _write_day(path: Path, crm: dict[str, str]) -> None:
    """A command that lets a simulated day pass, for the pages' unseen lines."""
    path.parent.mkdir()
    path.write_text(
        f"#!{sys.executable}\nfrom listbackup.cli.simulated import SimulatedCrm\n"
        f"SimulatedCrm({crm['url']!r}, {crm['token']!r}, 0).pass_day(changed=0.05, deleted=0.05, added=0.05)\n"
    )
    path.chmod(0o755)


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that can be given, by its words, with what it takes."""
    import typer

    group = typer.main.get_command(build())
    for entry in COMMANDS:
        command = group.commands[entry.name]
        children = getattr(command, "commands", {})
        if not children or command.invoke_without_command:
            yield entry.name, command
        yield from ((f"{entry.name} {name}", child) for name, child in children.items())


def test_every_command_stands_in_the_reference() -> None:
    page = (ROOT / "docs" / "guides" / "commands.md").read_text()
    assert [path for path, _ in commands() if f"`listbackup {path}" not in page] == []


def test_every_command_takes_json_and_its_page_says_what_it_prints() -> None:
    rows = re.findall(r"^\| (`.*?) \| .* \|$", (ROOT / "docs" / "guides" / "json-output.md").read_text(), re.MULTILINE)
    told = set(re.findall(r"`(.+?)`", " ".join(rows)))
    assert [path for path, command in commands() if not any("--json" in param.opts for param in command.params)] == []
    assert {path for path, _ in commands()} == told


def test_every_command_has_examples_in_its_help() -> None:
    assert [path for path, command in commands() if "Examples:" not in (command.help or "")] == []


def test_the_examples_of_every_help_name_options_that_exist() -> None:
    for path, command in commands():
        options = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
        examples = (command.help or "").partition("Examples:")[2]
        for option in re.findall(r"(?<=\s)--?[a-z][a-z-]*", examples):
            assert option in options | {"--data", "--server", "--account", "--help"}, f"{path}: {option}"


def test_the_exit_codes_page_is_the_table_of_the_code() -> None:
    page = (ROOT / "docs" / "guides" / "exit-codes.md").read_text()
    rows = {int(code): meaning.strip() for code, meaning in re.findall(r"^\| (\d+) \| (.*?) \|$", page, re.MULTILINE)}
    assert rows == {int(code): meaning for code, meaning in MEANINGS.items()}


def test_every_variable_stands_in_the_guide_to_self_hosting() -> None:
    page = (ROOT / "docs" / "guides" / "self-host.md").read_text()
    assert [name for name in VARIABLES if f"`{PREFIX}{name}`" not in page] == []


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = []
    for page in [*PAGES, *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in LINK.findall(page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} -> {target}")
    assert sorted(set(broken)) == []
