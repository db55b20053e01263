"""People taken out of every snapshot, and restores that are stopped, reported and undone, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from listbackup.base.clock import from_unix_ms
from listbackup.base.errors import BusyError
from listbackup.base.secret import Secret
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.session import FactsConnector
from listbackup.http.permission import Bundle
from listbackup.services.data import Errands, ExportFormat, RestoreState, Selection, Upkeep
from listbackup.services.erasures import Erasures, ErasureState
from listbackup.services.erasures.model import Order
from listbackup.services.platforms import Platforms
from listbackup.services.runs import Means, Work
from listbackup.services.scope import Scope
from listbackup.store import Key
from listbackup.store.erase import Erased
from listbackup.testing.clock import ManualClock
from listbackup.testing.http import Client, MemoryHouse, served
from listbackup.testing.patience import until
from listbackup.testing.saas import Options, Saas, serve
from listbackup.testing.system import MemoryKeys, rooms

STREAM = "contacts"


@dataclass(frozen=True, kw_only=True)
class World:
    house: MemoryHouse
    client: Client
    saas: Saas
    clock: ManualClock
    source: str

    def back_up(self) -> str:
        self.clock.advance(timedelta(hours=1))
        run = self.house.runs.backup(self.house.rooms.scope, self.source, Work(owner="test"), full=True)
        assert run.snapshot_id is not None, run
        return run.snapshot_id

    def person(self, snapshot: str, number: int) -> Any:
        return self.client.get(f"/snapshots/{snapshot}/streams/{STREAM}/records?limit=100")["items"][number]

    def until(self, path: str, is_over: Callable[[Any], bool]) -> Any:
        return until(lambda: self.client.get(path), is_over)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with serve(Options(records=200)) as saas:
        connector, clock = FactsConnector(api=api(page_size=100)), ManualClock(from_unix_ms(saas.world.moment()))
        house = MemoryHouse(rooms([connector], clock=clock, means=Means(maintain=False)), Platforms([connector]))
        scope = house.rooms.scope
        connection = house.connections.create(
            scope, platform="demo-crm", name="crm", values={"url": saas.base_url}, secrets={"token": Secret(saas.token)}
        )
        source = house.sources.create(scope, connection=connection.id, name="crm")
        with served(house) as port:
            client = Client(port, house.key(scope.account, *Bundle))
            yield World(house=house, client=client, saas=saas, clock=clock, source=source.id)


def test_a_person_is_looked_for_shown_erased_everywhere_and_kept_out(world: World) -> None:
    first = world.back_up()
    person = world.person(first, 5)
    email, at = person["record"]["email"], f"streams/{STREAM}/records/{quote(person['key'], safe='')}"
    export = world.client.post("/exports", {"snapshot": first, "format": "jsonl", "streams": [STREAM]})
    world.until(f"/exports/{export['id']}", lambda one: one["state"] == "done")

    asked = world.client.post("/erasures", {"text": email, "reason": "asked us to"})
    planned = world.until(f"/erasures/{asked['id']}", lambda one: one["state"] == "planned")
    assert planned["found"][world.source][STREAM] >= 1
    named = world.client.get(f"/erasures/{asked['id']}/records")["items"]
    assert {"source": world.source, "stream": STREAM, "key": person["key"]} in named
    assert world.client.ask("GET", f"/snapshots/{first}/{at}").status == 200, "looking touches nothing"

    world.client.post(f"/erasures/{asked['id']}/execute")
    done = world.until(f"/erasures/{asked['id']}", lambda one: one["state"] not in ("erasing", "planned"))
    assert (done["state"], done["done"]) == ("done", [world.source])
    assert world.client.ask("GET", f"/snapshots/{first}/{at}").status == 404
    assert world.client.get(f"/search?{urlencode({'q': email, 'snapshot': first})}")["items"] == []
    assert world.client.ask("GET", f"/exports/{export['id']}").status == 404, "what was exported of it goes too"
    assert world.client.get(f"/erasures/{asked['id']}/records")["items"] == [], "nothing says any more who it was"
    assert email not in json.dumps(world.client.get("/activity?limit=500"))

    second = world.back_up()
    assert world.saas.world.row_of(STREAM, person["key"]) is not None, "the platform still has the person"
    assert world.client.ask("GET", f"/snapshots/{second}/{at}").status == 404
    assert world.client.get(f"/search?{urlencode({'q': email})}")["items"] == []
    run = world.house.runs.list(world.house.rooms.scope, source=world.source).items[0]
    assert run.state.value == "succeeded"


class Interrupting:
    """Upkeep during whose erasures somebody else does something first."""

    def __init__(self, upkeep: Upkeep, first: Callable[[], object]) -> None:
        self._upkeep, self._first = upkeep, first

    def erase(self, scope: Scope, source: str, records: Sequence[tuple[str, Key]]) -> Erased:
        self._first()
        return self._upkeep.erase(scope, source, records)


def test_what_is_exported_while_an_erasure_is_carried_out_goes_with_it(world: World) -> None:
    snapshot = world.back_up()
    house, scope = world.house, world.house.rooms.scope
    person, (of, info) = world.person(snapshot, 11), house.data.place(scope, snapshot)
    made: list[str] = []

    def export() -> None:
        begun = house.exports.start(scope, of.id, info, form=ExportFormat.JSONL, streams=(STREAM,))
        made.append(house.exports.carry_out(scope, begun.id).id)

    upkeep = Interrupting(house.upkeep, export)
    erasures = Erasures(house.rooms.desk, data=house.data, upkeep=upkeep, exports=house.exports, keys=MemoryKeys())  # type: ignore[arg-type]
    asked = erasures.ask(scope, Order(records=((world.source, STREAM, person["key"]),)), reason="asked us to")
    erasures.carry_out(scope, asked.id)
    erasures.order(scope, asked.id)
    assert erasures.carry_out(scope, asked.id).state is ErasureState.DONE
    assert len(made) == 1
    assert world.client.ask("GET", f"/exports/{made[0]}").status == 404


def test_what_is_erased_without_a_ledger_comes_back_with_the_next_run(world: World) -> None:
    snapshot = world.back_up()
    person = world.person(snapshot, 3)
    records = [{"source": world.source, "stream": STREAM, "key": person["key"]}]
    asked = world.client.post("/erasures", {"records": records, "reason": "a mistake", "keep_out": False})
    world.until(f"/erasures/{asked['id']}", lambda one: one["state"] == "planned")
    world.client.post(f"/erasures/{asked['id']}/execute")
    world.until(f"/erasures/{asked['id']}", lambda one: one["state"] == "done")
    at = f"streams/{STREAM}/records/{quote(person['key'], safe='')}"
    assert world.client.ask("GET", f"/snapshots/{snapshot}/{at}").status == 404
    assert world.client.ask("GET", f"/snapshots/{world.back_up()}/{at}").status == 200


def test_an_erasure_says_what_it_needs_and_can_be_given_up_before_it_is_ordered(world: World) -> None:
    world.back_up()
    assert world.client.ask("POST", "/erasures", {"reason": "nothing"}).status == 422
    both = {"text": "abc", "records": [{"source": world.source, "stream": STREAM, "key": "x"}], "reason": "both"}
    assert world.client.ask("POST", "/erasures", both).status == 422
    asked = world.client.post("/erasures", {"text": "no such person anywhere", "reason": "x"})
    found = world.until(f"/erasures/{asked['id']}", lambda one: one["state"] == "planned")
    assert found["records"] == 0
    assert world.client.post(f"/erasures/{asked['id']}/cancel")["state"] == "cancelled"
    assert world.client.ask("POST", f"/erasures/{asked['id']}/execute").status == 409
    unknown = {"records": [{"source": world.source, "stream": STREAM, "key": "never"}], "reason": "x"}
    asked = world.client.post("/erasures", unknown)
    assert world.until(f"/erasures/{asked['id']}", lambda one: one["state"] != "searching")["state"] == "failed"


def test_an_erasure_waits_for_a_run_that_is_open_and_goes_on_afterwards(world: World) -> None:
    snapshot = world.back_up()
    house, scope = world.house, world.house.rooms.scope
    person = world.person(snapshot, 8)
    asked = house.erasures.ask(scope, Order(records=((world.source, STREAM, person["key"]),)), reason="asked us to")
    house.erasures.carry_out(scope, asked.id)
    house.erasures.order(scope, asked.id)
    writing = house.rooms.stores.open(scope, world.source).open_run("run_open", owner="test", lease=timedelta(minutes=5))
    with pytest.raises(BusyError):
        house.erasures.carry_out(scope, asked.id)
    assert house.erasures.get(scope, asked.id).state is ErasureState.ERASING
    writing.abandon()
    errands = Errands()
    house.erasures.tend(scope, errands)
    errands.finish()
    assert house.erasures.get(scope, asked.id).state is ErasureState.DONE
    at = f"streams/{STREAM}/records/{quote(person['key'], safe='')}"
    assert world.client.ask("GET", f"/snapshots/{snapshot}/{at}").status == 404


def test_a_plan_says_what_it_will_leave_out_and_a_report_what_was_done(world: World) -> None:
    snapshot = world.back_up()
    kept, gone = world.person(snapshot, 10), world.person(snapshot, 11)
    row = world.saas.world.row_of(STREAM, gone["key"])
    assert row is not None
    world.saas.world.remove(STREAM, row)
    wanted = {"snapshot": snapshot, "keys": {STREAM: [kept["key"], gone["key"]]}}
    plan = world.client.post("/restores/plan", wanted)
    assert (plan["creates"], plan["updates"], plan["skips"], plan["conflicts"]) == (1, 0, 1, 0)
    assert plan["left_out"] == {}
    restore = world.client.post("/restores", wanted)
    world.until(f"/restores/{restore['id']}", lambda one: one["state"] == "done")
    report = world.client.get(f"/restores/{restore['id']}/report")["items"]
    assert [(one["stream"], one["key"], one["action"], one["state"]) for one in report] == [(STREAM, gone["key"], "create", "done")]
    assert world.client.ask("POST", f"/restores/{restore['id']}/cancel").status == 409


def test_abuse_18_an_edit_that_no_snapshot_holds_is_not_written_over(world: World) -> None:
    snapshot = world.back_up()
    person = world.person(snapshot, 15)
    world.saas.world.pass_day(changed=1.0, deleted=0.0, added=0.0)
    now = world.saas.world.truth(STREAM)
    wanted = {"snapshot": snapshot, "keys": {STREAM: [person["key"]]}}
    plan = world.client.post("/restores/plan", wanted)
    assert (plan["writes"], plan["conflicts"], plan["left_out"]) == (0, 1, {"newer_edit": 1})
    restore = world.client.post("/restores", wanted)
    done = world.until(f"/restores/{restore['id']}", lambda one: one["state"] not in ("running",))
    assert (done["result"]["updated"], done["result"]["conflicts"]) == (0, 1)
    assert world.saas.world.truth(STREAM) == now


def test_a_restore_that_is_stopped_writes_no_more_and_can_be_undone(world: World) -> None:
    snapshot = world.back_up()
    house, scope = world.house, world.house.rooms.scope
    people = [world.person(snapshot, number)["key"] for number in range(20, 30)]
    for key in people:
        row = world.saas.world.row_of(STREAM, key)
        assert row is not None
        world.saas.world.remove(STREAM, row)
    before = len(world.saas.world.truth(STREAM))
    _, found = house.data.place(scope, snapshot)
    keys = tuple(house.data.record(scope, world.source, STREAM, key, seq=found.seq).key for key in people)
    restore = house.restores.open(scope, world.source, seq=found.seq, selection=Selection(keys={STREAM: keys}))  # type: ignore[dict-item]

    def stop_after_some() -> bool:
        if len(world.saas.world.truth(STREAM)) >= before + 3 and house.restores.get(scope, restore.id).state is RestoreState.RUNNING:
            world.client.post(f"/restores/{restore.id}/cancel")
        world.clock.advance(timedelta(seconds=2))
        return False

    assert house.restores.resume(scope, restore.id, should_stop=stop_after_some).state is RestoreState.CANCELLED
    written = len(world.saas.world.truth(STREAM)) - before
    assert 3 <= written < len(people)
    assert world.client.get(f"/restores/{restore.id}")["state"] == "cancelled"
    assert world.client.ask("POST", f"/restores/{restore.id}/resume").status == 409
    world.client.post(f"/restores/{restore.id}/undo")
    undone = world.until(f"/restores/{restore.id}", lambda one: one["state"] == "undone")
    assert undone["undo_result"]["deleted"] == written
    assert len(world.saas.world.truth(STREAM)) == before
