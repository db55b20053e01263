"""With what `make setup` installs and nothing else: every command of the main job works, and the others say what they need."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

CommandLine = Any
Saas = Any

ROOT = Path(__file__).parents[3]
CALLED = {"websockets": "websockets", "xlsxwriter": "xlsxwriter", "aws-cdk-lib": "aws_cdk"}  # where the name in Python is another one
PLAIN = """
import json, sys
from importlib.machinery import PathFinder
absent, find = set(json.loads(sys.argv[1])), PathFinder.find_spec
PathFinder.find_spec = lambda name, *more: None if name.partition(".")[0] in absent else find(name, *more)
from listbackup.cli.app import run
for line in json.loads(sys.argv[2]):
    sys.stdout.flush()
    print(json.dumps([line, run(line)]), file=sys.stderr, flush=True)
"""


def extras() -> list[str]:
    """What the extras bring that a plain installation lacks, by its name in Python; Typer may bring pydantic."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lists = [project["optional-dependencies"][name] for name in ("s3", "aws", "parquet", "xlsx", "server")]
    names = {re.split(r"[=;\[]", each)[0] for some in lists for each in some}
    return sorted(CALLED.get(name, name.replace("-", "_")) for name in names - {"pydantic"})


def test_the_main_job_needs_no_extra(cli: CommandLine, crm: Saas) -> None:
    (cli.home / "token.txt").write_text(crm.token)
    (cli.home / "password.txt").write_text("a password that nobody has yet")
    asked = [
        (["init"], 0),
        (["connect", "demo-crm", "--name", "crm", "--set", f"url={crm.base_url}", "--secret-file", "token=token.txt"], 0),
        (["backup", "crm"], 0),
        (["schedule", "crm", "--every", "15m"], 0),
        (["backup", "crm", "--queue"], 0),
        (["worker", "--once"], 0),
        (["runs"], 0),
        (["snapshots", "crm"], 0),
        (["diff", "crm"], 0),
        (["search", "crm", "a"], 0),
        (["export", "crm", "--format", "csv", "--to", "out"], 0),
        (["restore", "crm@first", "contacts", "--dry-run"], 0),
        (["hold", "crm"], 0),
        (["expire", "crm", "--keep-last", "1", "--dry-run"], 0),
        (["prune", "crm"], 0),
        (["check", "crm"], 0),
        (["verify", "crm"], 0),
        (["doctor"], 0),
        (["keys", "rotate"], 0),
        (["api-key", "create", "script"], 0),
        (["export", "crm", "--format", "xlsx", "--to", "sheets"], 2),
        (["export", "crm", "--format", "parquet", "--to", "lake"], 2),
        (["setup", "--email", "a@example.org", "--name", "A", "--password-file", "password.txt"], 2),
        (["serve", "--port", "0"], 2),
    ]
    command = [sys.executable, "-c", PLAIN, json.dumps(extras()), json.dumps([line for line, _ in asked])]
    done = subprocess.run(command, cwd=cli.home, env=cli.environment, capture_output=True, text=True, timeout=120, check=False)
    ended = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("[[")]
    assert ended == [[line, code] for line, code in asked], done.stderr
    for extra in ("xlsx", "parquet", "server"):
        assert f"-m pip install 'listbackup[{extra}]'" in done.stderr
