"""Changes told by sync tokens, and children of children, declared in Python and in YAML, against the simulated platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import Mode
from listbackup.connectors.engine.facts import Api, Ask, EndAnswer, FlaggedDeletion, OneRecord, Parent, StreamFacts, Sync
from listbackup.connectors.engine.facts_auth import Bearer
from listbackup.connectors.engine.facts_check import troubles
from listbackup.connectors.engine.facts_paging import Cursor, NextUrl
from listbackup.connectors.engine.record import Key
from listbackup.connectors.engine.session import ApiSession, FactsConnector
from listbackup.connectors.rest.file import parse
from listbackup.services.runs import Run, RunState, Work
from listbackup.testing.clock import ManualClock
from listbackup.testing.saas.options import Options
from listbackup.testing.saas.server import Saas
from listbackup.testing.system import Rooms, rooms

SYNCED = StreamFacts(
    name="companies",
    path="/v1/changes/companies",
    records="items",
    paging=Cursor(token="next", param="page_token", size_param="limit", size=7),
    sync=Sync(token="sync_token", param="sync_token"),
    deletions=FlaggedDeletion(field="deleted"),
    one=OneRecord(path="/v1/companies/{id}"),
)
COMPANIES = StreamFacts(
    name="firms",
    path="/v1/companies",
    records="data",
    paging=Cursor(token="next_cursor", param="cursor", size_param="limit", size=10),
    total="total",
)
PEOPLE = StreamFacts(
    name="people",
    path="/v1/companies/{company}/contacts",
    records="data",
    parent=Parent(stream="firms", fields={"company": "id"}),
    key=("parent.company", "id"),
)
NOTES = StreamFacts(
    name="notes",
    path="/v1/contacts/{contact}/notes",
    records="data",
    paging=NextUrl(url="links.next", size_param="limit", size=2),
    total="total",
    parent=Parent(stream="people", fields={"contact": "id"}, count="notes_count"),
    key=("parent.company", "parent.contact", "id"),
)


def crm(*streams: StreamFacts) -> FactsConnector:
    api = Api(
        platform="crm",
        base_url="{url}",
        config=(Ask(name="url"), Ask(name="token", secret=True)),
        auth=Bearer(),
        error="error",
        streams=streams,
    )
    assert troubles(api) == []
    return FactsConnector(api=api, session=ApiSession)


@pytest.fixture
def saas() -> Iterator[Saas]:
    made = Saas(Options(records=300, seed=11), clock=ManualClock())
    made.start()
    yield made
    made.stop()


def house_for(saas: Saas, *streams: StreamFacts) -> Rooms:
    house = rooms([crm(*streams)])
    house.connections.create(
        house.scope, platform="crm", name="crm", values={"url": saas.base_url}, secrets={"token": Secret(saas.token)}, test=False
    )
    house.sources.create(house.scope, connection="crm", name="all")
    return house


def back_up(house: Rooms) -> Run:
    run = house.runs.backup(house.scope, "all", Work(owner="w1"))
    assert (run.state, run.message) == (RunState.SUCCEEDED, None)
    return run


def kept(house: Rooms, stream: str) -> Mapping[Key, bytes]:
    return {tuple(record.key): record.raw for record in house.data.scan(house.scope, "all", stream)}  # type: ignore[misc]


def change(saas: Saas) -> tuple[int, int]:
    """Edits one company, removes two; how many were changed and removed."""
    rows = list(saas.world.rows["companies"].live())
    saas.world.remove("companies", rows[3])
    saas.world.remove("companies", rows[20])
    report = saas.world.pass_day(changed=0.05, deleted=0.0, added=0.02)
    assert report is not None
    return 1, 2


def test_the_second_run_asks_with_the_token_and_hears_of_changes_and_deletions_alone(saas: Saas) -> None:
    house = house_for(saas, SYNCED)
    first = back_up(house)
    assert first.streams[0].mode is Mode.FULL
    assert kept(house, "companies") == saas.world.truth("companies")
    for _ in range(3):
        change(saas)
        run = back_up(house)
        assert run.streams[0].mode is Mode.INCREMENTAL
        assert run.streams[0].gone == 2
        assert 0 < run.streams[0].records < first.streams[0].records / 2
        assert kept(house, "companies") == saas.world.truth("companies")
    assert back_up(house).calls < first.calls / 3


def test_a_token_that_is_refused_is_answered_by_listing_everything_and_what_is_gone_is_found(saas: Saas) -> None:
    house = house_for(saas, SYNCED)
    first = back_up(house)
    change(saas)
    saas.oldest_token_ms = saas.world.now_ms + 1
    run = back_up(house)
    assert (run.streams[0].gone, run.streams[0].mode) == (2, Mode.INCREMENTAL)
    assert run.streams[0].records >= first.streams[0].records - 2
    assert kept(house, "companies") == saas.world.truth("companies")
    saas.oldest_token_ms = 0
    change(saas)
    again = back_up(house)
    assert again.streams[0].records < first.streams[0].records / 2
    assert kept(house, "companies") == saas.world.truth("companies")


def test_a_refusal_that_no_fact_names_is_not_taken_for_an_expired_token(saas: Saas) -> None:
    strict = msgspec.structs.replace(SYNCED, sync=Sync(token="sync_token", param="sync_token", expired=(EndAnswer(status=400),)))
    house = house_for(saas, strict)
    back_up(house)
    before = kept(house, "companies")
    saas.oldest_token_ms = saas.world.now_ms + 10**9
    run = house.runs.backup(house.scope, "all", Work(owner="w1"))
    assert run.state is RunState.FAILED
    assert kept(house, "companies") == before


@pytest.mark.parametrize("stop_after", [1, 3, 6])
def test_an_interrupted_listing_goes_on_with_the_same_token(saas: Saas, stop_after: int) -> None:
    session = crm(SYNCED).open(*opened(saas))
    token = read(session, Mode.FULL)[1]
    saas.world.pass_day(changed=0.4, deleted=0.1, added=0.1)
    whole, following = read(session, Mode.INCREMENTAL, cursor=token)
    reading = session.read("companies", Mode.INCREMENTAL, cursor=token)
    got: dict[Key, bytes | None] = {}
    resume = None
    for number, batch in enumerate(reading, 1):
        got |= dict(zip(batch.keys, batch.raws, strict=True)) | dict.fromkeys(key for key, _ in batch.gone)
        resume = msgspec.json.decode(msgspec.json.encode(batch.resume))
        if number == stop_after:
            break
    rest, after = read(session, Mode.INCREMENTAL, cursor=token, resume=resume)
    assert got | rest == whole
    assert after == following
    session.close()


def opened(saas: Saas):  # type: ignore[no-untyped-def]
    from listbackup.connectors.engine.connector import Credentials, Ground

    return (
        Credentials(values={"url": saas.base_url}, secrets={"token": Secret(saas.token)}),
        Ground(clock=ManualClock(), allow_loopback=True),
    )


def read(session: ApiSession, mode: Mode, **how: object) -> tuple[dict[Key, bytes | None], object]:
    reading = session.read("companies", mode, **how)  # type: ignore[arg-type]
    got: dict[Key, bytes | None] = {}
    for batch in reading:
        got |= dict(zip(batch.keys, batch.raws, strict=True)) | dict.fromkeys(key for key, _ in batch.gone)
    assert reading.outcome.complete
    return got, reading.outcome.cursor


def lineage(saas: Saas) -> tuple[dict[Key, bytes], dict[Key, bytes]]:
    """People by (company, id) and notes by (company, contact, id), as they truly are."""
    people: dict[Key, bytes] = {}
    company_of: dict[object, object] = {}
    live = {key[0] for key in saas.world.truth("companies")}
    for key, raw in saas.world.truth("contacts").items():
        company = msgspec.json.decode(raw)["company_id"]
        if company in live:
            people[(company, key[0])] = raw
            company_of[key[0]] = company
    notes: dict[Key, bytes] = {}
    for key, raw in saas.world.truth("notes").items():
        contact = msgspec.json.decode(raw)["contact_id"]
        if contact in company_of:
            notes[(company_of[contact], contact, key[0])] = raw  # type: ignore[index]
    return people, notes


def test_children_of_children_are_read_to_the_last_and_named_by_the_whole_line(saas: Saas) -> None:
    house = house_for(saas, COMPANIES, PEOPLE, NOTES)
    back_up(house)
    people, notes = lineage(saas)
    assert len(people) > 50
    assert len(notes) > 15
    assert kept(house, "people") == people
    assert kept(house, "notes") == notes
    rows = list(saas.world.rows["contacts"].live())
    saas.world.remove("contacts", rows[5])
    saas.world.pass_day(changed=0.1, deleted=0.02, added=0.02)
    back_up(house)
    people, notes = lineage(saas)
    assert kept(house, "people") == people
    assert kept(house, "notes") == notes


@pytest.mark.parametrize("calls", [1, 40, 120])
def test_a_reading_of_grandchildren_goes_on_wherever_it_was_broken_off(saas: Saas, calls: int) -> None:
    connector = crm(COMPANIES, PEOPLE, NOTES)
    session = connector.open(*opened(saas))
    got: dict[Key, bytes] = {}
    resume = None
    for _ in range(400):
        left = [calls]

        def limited(send, inner=session.transport.limited, left=left):  # type: ignore[no-untyped-def]
            left[0] -= 1
            if left[0] < 0:
                raise PlatformError("broken off", fault=PlatformFault.QUOTA_REACHED)
            return inner(send)

        session.transport.limited = limited  # type: ignore[method-assign]
        reading = session.read("notes", Mode.FULL, resume=resume)
        try:
            for batch in reading:
                got |= dict(zip(batch.keys, batch.raws, strict=True))
                resume = msgspec.json.decode(msgspec.json.encode(batch.resume))
        except PlatformError:
            del session.transport.limited
            session.close()
            session = connector.open(*opened(saas))
            calls += 3  # a company's contacts and their notes need a few calls at once
            continue
        break
    session.close()
    assert reading.outcome.complete
    assert got == lineage(saas)[1]


YAML = """
platform: crm
base_url: "{url}"
config:
  - {name: url}
  - {name: token, secret: true}
auth: {kind: bearer, token: "{token}"}
limits: {quotas: [{calls: 5000, per: day}]}
streams:
  - name: companies
    path: /v1/changes/companies
    records: items
    paging: {kind: cursor, token: next, param: page_token, size_param: limit, size: 50}
    sync: {token: sync_token, param: sync_token, expired: [{status: 410}]}
    deletions: {kind: flag, field: deleted}
  - name: people
    path: /v1/companies/{company}/contacts
    records: data
    parent: {stream: companies, fields: {company: id}}
  - name: notes
    path: /v1/contacts/{contact}/notes
    records: data
    parent: {stream: people, fields: {contact: id}}
    paging: {kind: next_url, url: links.next}
"""


def test_a_rest_file_says_the_same_in_yaml(saas: Saas, tmp_path: Path) -> None:
    file = tmp_path / "crm.yaml"
    file.write_text(YAML)
    api = parse(file.read_text(), str(file))
    assert troubles(api) == []
    house = rooms([FactsConnector(api=api)])
    house.connections.create(
        house.scope, platform="crm", name="crm", values={"url": saas.base_url}, secrets={"token": Secret(saas.token)}, test=False
    )
    house.sources.create(house.scope, connection="crm", name="all")
    back_up(house)
    change(saas)
    back_up(house)
    assert kept(house, "companies") == saas.world.truth("companies")
    assert {key[-1] for key in kept(house, "notes")} == {key[-1] for key in lineage(saas)[1]}


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (msgspec.structs.replace(SYNCED, parent=Parent(stream="companies", fields={})), "changes are told by a token"),
        (msgspec.structs.replace(SYNCED, sync=Sync(token="t", param="p", where="body")), "a GET has no body to put the token into"),
        (
            msgspec.structs.replace(COMPANIES, name="companies", parent=Parent(stream="companies", fields={})),
            "companies descends from itself",
        ),
    ],
)
def test_facts_that_cannot_be_are_said(stream: StreamFacts, message: str) -> None:
    api = Api(platform="crm", base_url="https://crm.example", streams=(stream,))
    assert any(message in one.message for one in troubles(api)), troubles(api)
