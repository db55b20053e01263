"""Schemathesis over the whole OpenAPI document: no server error, no answer that the document does not have.

Drawing takes most of the time, so the operations are examined in slices, which run beside each other, each over an installation of its own: what one deletes,
another still has.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyotp
import pytest

from listbackup.base.secret import Secret
from listbackup.bootstrap.embedded import init_system, open_system
from listbackup.bootstrap.settings import Settings
from listbackup.bootstrap.system import System
from listbackup.http.permission import Bundle, Permission
from listbackup.services.data import ExportFormat, Selection
from listbackup.services.erasures.model import Order
from listbackup.services.files.model import Wanted as FilesWanted
from listbackup.services.jobs import Timetable
from listbackup.services.runs import Work
from listbackup.testing.http import Client, served
from listbackup.testing.saas import Options, Saas, serve

SOME = 200  # drawn examples of each operation in the gate: eleven minutes of one core
MANY = 2000  # in the long run
STORIES = 200  # of several operations, in the long run
FEW = 3  # stories of several operations, beside what the document's own examples and the limits of every field give
SLICES, SLICES_OF_PERSONS = 8, 2
HERE = Path(__file__).parent / "schema"
DOCUMENT = Path(__file__).parents[2] / "openapi.json"
PASSWORD = "correct horse battery zebra"
STOPS_EVERYTHING = ("/v2/system/maintenance", "/v2/accounts/{account}/suspend")  # what would refuse all the rest, as it should
LISTENS = "/v2/events"  # an answer takes a second at least
ENDS_ITSELF = ("/v2/auth/logout", "/v2/auth/sessions", "/v2/auth/sessions/{session}", "/v2/auth/password/change", "/v2/auth/mfa/disable")


@dataclass(frozen=True, kw_only=True)
class Served:
    port: int
    key: str
    token: str
    things: dict[str, str]
    folder: Path

    def examine(self, credential: str, examples: int, *more: str, anew: bool = False) -> None:
        """Fails with what schemathesis found, when it found something. The same is drawn each time, unless ``anew``."""
        more = more if anew else (*more, "--generation-deterministic")
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run"]
        address = f"http://127.0.0.1:{self.port}/v2/openapi.json"
        asked = [
            "--checks",
            "all",
            "--header",
            f"Authorization: Bearer {credential}",
            "--warnings",
            "off",
            "--no-color",
            "--max-examples",
            str(examples),
        ]
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "LISTBACKUP_THINGS": json.dumps(self.things)}
        done = subprocess.run([*command, address, *asked, *more], capture_output=True, text=True, env=environment, cwd=self.folder)
        print("\n".join(done.stdout.splitlines()[-12:]))  # how many cases there were
        assert done.returncode == 0, "\n".join(line[:500] for line in (done.stdout + done.stderr).splitlines() if line.strip())


def without(*paths: str) -> list[str]:
    """The options that leave these paths out."""
    return [word for path in paths for word in ("--exclude-path", path)]


def operations(*, of_persons: bool) -> list[str]:
    """The ids of the operations that a program can be let into, or of those about a person and about accounts."""
    found = []
    for path, methods in json.loads(DOCUMENT.read_text())["paths"].items():
        for operation in methods.values():
            asks = operation.get("security", [])
            is_persons = bool(asks) and not any("apiKey" in one for one in asks)
            left_out = (*STOPS_EVERYTHING, LISTENS, *(ENDS_ITSELF if of_persons else ()))
            if path not in left_out and (is_persons or (of_persons and path.startswith("/v2/accounts")) if of_persons else not is_persons):
                found.append((path, operation["operationId"]))
    return [name for _, name in sorted(found)]


def drawn(installation: Served, credential: str, part: int, parts: int, examples: int, *, of_persons: bool) -> None:
    """So many drawn examples of each operation of one slice: the same each time in the gate, new ones in the long run."""
    mine = [word for name in operations(of_persons=of_persons)[part::parts] for word in ("--include-operation-id", name)]
    installation.examine(credential, examples, "--phases", "fuzzing", *mine, anew=examples == MANY)


@pytest.fixture
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A data folder with something of everything, served, and an owner with a second factor who has just signed in."""
    folder = tmp_path_factory.mktemp("installation")
    settings = replace(Settings(data=folder / "data", keys=folder / "keys", cache=folder / "cache"), allow_loopback=True)
    init_system(settings)
    system = open_system(settings)
    with serve(Options(records=200)) as saas:
        things = furnish(system, saas)
        scope = system.accounts.enter(things["account"], actor="test")
        key = system.api_keys.create(scope, name="test", permissions=[*Bundle, *Permission]).text.reveal()
        code = system.registration.new_setup_code()
        with served(system) as port:
            yield Served(port=port, key=key, token=own(Client(port), code), things=things, folder=folder)
    system.close()


def furnish(system: System, saas: Saas) -> dict[str, str]:
    """One of everything, under the names that addresses, parameters and bodies have for it."""
    scope = system.accounts.enter(system.accounts.get_default().id, actor="test")
    connection = system.connections.create(
        scope, platform="demo-crm", name="crm", values={"url": saas.base_url}, secrets={"token": Secret(saas.token)}
    )
    source = system.sources.create(scope, connection=connection.id, name="crm")
    job = system.jobs.create(scope, source=source.id, timetable=Timetable(cron="0 3 * * *"))
    run = system.runs.backup(scope, source.id, Work(owner="test"))
    assert run.snapshot_id is not None, run
    restore = system.restores.start(scope, system.restores.plan(scope, source.id, selection=Selection(streams=("tags",))))
    record = next(iter(system.data.scan(scope, source.id, "tags", limit=1)))
    export = system.exports.start(scope, source.id, system.data.snapshot(scope, source.id), form=ExportFormat.JSONL, streams=("tags",))
    system.exports.carry_out(scope, export.id)
    erasure = system.erasures.ask(scope, Order(text="nobody at all"), reason="a test")
    system.erasures.carry_out(scope, erasure.id)
    group = system.source_groups.create(scope, name="group", sources=[source.id])
    file = system.files.page(scope, FilesWanted(source=source.id), limit=1).items[0]
    return {
        "account": scope.account,
        "connection": connection.id,
        "source": source.id,
        "job": job.id,
        "run": run.id,
        "snapshot": run.snapshot_id,
        "from": run.snapshot_id,
        "to": run.snapshot_id,
        "restore": restore.id,
        "export": export.id,
        "erasure": erasure.id,
        "group": group.id,
        "file": file.id,
        "stream": "tags",
        "key": str(record.key[0]),
        "platform": "demo-crm",
    }


def own(client: Client, code: str | None) -> str:
    """The access token of the first owner."""
    client.post("/auth/setup", {"code": code, "email": "owner@example.com", "password": PASSWORD, "name": "Owner"})
    tokens = client.post("/auth/login", {"email": "owner@example.com", "password": PASSWORD})["tokens"]
    person = replace(client, key=tokens["access_token"])
    person.post("/auth/mfa/verify", {"code": pyotp.TOTP(person.post("/auth/mfa/setup")["secret"]).now()})
    return str(tokens["access_token"])


@pytest.mark.timeout(1800)
def test_no_operation_fails_or_answers_what_is_not_documented_to_a_program(installation: Served) -> None:
    installation.examine(installation.key, FEW, "--phases", "examples,coverage,stateful", *without(*STOPS_EVERYTHING))


@pytest.mark.timeout(1800)
def test_no_operation_fails_or_answers_what_is_not_documented_to_a_person(installation: Served) -> None:
    mine = ("--include-path-regex", "^/v2/(auth|users|accounts|invitations)", *without(*STOPS_EVERYTHING, *ENDS_ITSELF))
    installation.examine(installation.token, FEW, "--phases", "examples,coverage,stateful", *mine)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(SLICES))
def test_nor_does_any_to_a_program_in_two_hundred_examples_of_each(installation: Served, part: int) -> None:
    drawn(installation, installation.key, part, SLICES, SOME, of_persons=False)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(SLICES_OF_PERSONS))
def test_nor_does_any_to_a_person_in_two_hundred_examples_of_each(installation: Served, part: int) -> None:
    drawn(installation, installation.token, part, SLICES_OF_PERSONS, SOME, of_persons=True)


@pytest.mark.timeout(1800)
def test_nor_do_the_events(installation: Served) -> None:
    installation.examine(installation.key, 20, "--phases", "fuzzing", "--include-path", LISTENS)


@pytest.mark.long
@pytest.mark.parametrize("part", range(SLICES))
def test_nor_does_any_to_a_program_in_two_thousand_examples_of_each(installation: Served, part: int) -> None:
    drawn(installation, installation.key, part, SLICES, MANY, of_persons=False)


@pytest.mark.long
@pytest.mark.parametrize("part", range(SLICES_OF_PERSONS))
def test_nor_does_any_to_a_person_in_two_thousand_examples_of_each(installation: Served, part: int) -> None:
    drawn(installation, installation.token, part, SLICES_OF_PERSONS, MANY, of_persons=True)


@pytest.mark.long
def test_nor_does_any_in_two_hundred_stories_of_several_operations(installation: Served) -> None:
    installation.examine(installation.key, STORIES, "--phases", "stateful", *without(*STOPS_EVERYTHING), anew=True)
