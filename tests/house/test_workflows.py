"""What GitHub runs is there: commands, targets, stages; a push is tested once, built, and deployed by a role that is believed for it alone."""

from __future__ import annotations

import os
import re
import runpy
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
PINNED = re.compile(r"^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def workflow(name: str) -> Mapping[Any, Any]:
    found: Mapping[Any, Any] = yaml.safe_load((FOLDER / name).read_text())
    return found


def steps(name: str) -> Iterator[Mapping[str, Any]]:
    for job in workflow(name)["jobs"].values():
        yield from job.get("steps", ())


def triggers(name: str) -> Mapping[str, Any]:
    """YAML 1.1 reads the word ``on`` as true."""
    found: Mapping[str, Any] = workflow(name)[True]
    return found


def commands() -> Iterator[list[str]]:
    """Each command of each ``run:``, as the shell splits it."""
    for path in sorted(FOLDER.glob("*.yml")):
        for step in steps(path.name):
            for line in str(step.get("run", "")).splitlines():
                words = shlex.split(line, comments=True)
                yield words[: words.index(">")] if ">" in words else words


def test_every_command_that_a_workflow_runs_is_one_that_there_is() -> None:
    import typer

    from listbackup.cli.app import build

    targets = set(re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
    listbackup: Any = typer.main.get_command(build())
    seen = set()
    for program, *words in commands():
        seen.add(program)
        if program == "make":
            assert set(words) <= targets, words
        elif program == ".venv/bin/listbackup":
            listbackup.commands[words[0]].make_context(words[0], words[1:])  # raises for what it does not know
        elif program == ".venv/bin/python":
            assert (ROOT / words[0]).is_file(), words
        elif program == ".ci/run":
            assert os.access(ROOT / program, os.X_OK)
        else:
            assert program in ("tar", "echo"), program
    assert {"make", ".venv/bin/listbackup", ".venv/bin/python", ".ci/run"} <= seen


def test_actions_of_others_are_pinned_to_one_commit() -> None:
    used = [
        line.partition("uses: ")[2]
        for path in FOLDER.glob("*.yml")
        for line in path.read_text().splitlines()
        if "uses: " in line and "uses: ./" not in line
    ]
    assert used
    assert [one for one in used if PINNED.match(one) is None] == []


def test_a_push_is_tested_once_then_built_then_deployed() -> None:
    deploy, tried = workflow("deploy.yml"), workflow("test.yml")
    assert triggers("deploy.yml") == {"push": {"branches": ["develop", "main"]}}
    assert set(triggers("test.yml")) == {"pull_request", "workflow_call"}  # two of one group would cancel each other
    assert deploy["jobs"]["test"] == {"uses": "./.github/workflows/test.yml"}
    assert {name: job.get("needs") for name, job in deploy["jobs"].items()} == {"test": None, "build": "test", "deploy": "build"}
    assert deploy["concurrency"]["group"].partition("-")[0] != tried["concurrency"]["group"].partition("-")[0]


def test_develop_goes_to_staging_and_main_to_production() -> None:
    job = workflow("deploy.yml")["jobs"]["deploy"]
    assert job["environment"]["name"] == "${{ github.ref_name == 'main' && 'production' || 'staging' }}"
    assert job["env"]["STAGE"] == "${{ github.ref_name == 'main' && 'main' || 'staging' }}"
    assert {path.stem for path in (ROOT / "infra" / "stages").glob("*.toml")} >= {"main", "staging"}


def test_no_key_is_kept_and_only_the_job_that_deploys_may_say_who_it_is() -> None:
    deploy = workflow("deploy.yml")
    assert all("secrets." not in path.read_text() for path in FOLDER.glob("*.yml"))
    assert all(workflow(path.name)["permissions"] == {"contents": "read"} for path in FOLDER.glob("*.yml"))
    granted = {name: job.get("permissions", {}).get("id-token") for name, job in deploy["jobs"].items()}
    assert granted == {"test": None, "build": None, "deploy": "write"}
    (trusted,) = [step for step in steps("deploy.yml") if "configure-aws-credentials" in str(step.get("uses"))]
    assert trusted["with"] == {"role-to-assume": "${{ vars.AWS_ROLE }}", "aws-region": "${{ vars.AWS_REGION }}"}


def test_what_is_deployed_was_built_by_the_python_that_the_functions_run_in() -> None:
    """Another one's bytecode would be made anew at every cold start."""
    runtime = runpy.run_path(str(ROOT / "tools" / "build_functions.py"))["RUNTIME"]
    for name, job, version in (("deploy.yml", "build", runtime), ("deploy.yml", "deploy", runtime), ("test.yml", "test", "3.11")):
        said = workflow(name)["jobs"][job]
        (python,) = [one["with"] for one in said["steps"] if "setup-python" in str(one.get("uses"))]
        assert (python["python-version"], said["env"]["PYTHON"]) == (version, f"python{version}"), "make takes the newest unless it is told"
    words = [words for words in commands() if words[0] == "tar"]
    assert words == [["tar", "-czf", "built.tar.gz", "build/functions", "src/listbackup/api/web"], ["tar", "-xzf", "built.tar.gz"]]
