"""What services do over DynamoDB: a backup, a change, another backup, a restore and its undoing; an account forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from listbackup.backends.schedule.tabled import TabledSchedule
from listbackup.backends.table.dynamodb import DynamodbTables
from listbackup.base.clock import Clock
from listbackup.base.secret import Secret
from listbackup.bootstrap.declared import account_tables
from listbackup.services.data import RestoreState, Selection
from listbackup.services.runs import Means, RunState, Work
from listbackup.testing.clock import ManualClock
from listbackup.testing.platform import FakeConnector, fake_platform, fake_stream
from listbackup.testing.system import rooms

Fresh = Callable[[Clock], DynamodbTables]


def test_what_was_backed_up_is_given_back_and_taken_back(fresh_tables: Fresh) -> None:
    clock = ManualClock()
    tables = fresh_tables(clock)
    platform = fake_platform(fake_stream("contacts"))
    for number in range(1, 21):
        platform.put("contacts", number, name=f"contact {number}")
    house = rooms(
        [FakeConnector(platform)], clock=clock, tables=tables, schedule=TabledSchedule(tables, clock), means=Means(maintain=False)
    )
    house.connections.create(house.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    house.sources.create(house.scope, connection="shop", name="crm")
    assert house.runs.backup(house.scope, "crm", Work(owner="test")).state is RunState.SUCCEEDED
    for number in range(1, 6):
        platform.put("contacts", number, name="spoilt")
    clock.advance(timedelta(hours=1))
    house.runs.backup(house.scope, "crm", Work(owner="test"), full=True)

    plan = house.restores.plan(house.scope, "crm", seq=1, selection=Selection(keys={"contacts": [(n,) for n in range(1, 6)]}))
    restore = house.restores.start(house.scope, plan)
    names = [json.loads(raw)["name"] for _, raw in sorted(platform.truth("contacts").items())]
    assert (restore.state, sorted(names)) == (RestoreState.DONE, sorted(f"contact {n}" for n in range(1, 21)))
    house.restores.undo(house.scope, restore.id)
    assert sum(json.loads(raw)["name"] == "spoilt" for raw in platform.truth("contacts").values()) == 5
    assert len(house.runs.list(house.scope).items) == 2


def test_nothing_of_a_forgotten_account_is_left_and_all_of_its_neighbour(fresh_tables: Fresh) -> None:
    clock = ManualClock()
    tables = fresh_tables(clock)
    specs = [spec for spec in account_tables() if spec.name in ("accounts", "runs", "run_logs", "outbox", "store_roots", "usage")]
    for spec in specs:
        table = tables.open(spec)
        for pk in ("acc_1", "acc_1/part", "acc_12", "acc_2"):
            table.put({"pk": pk, "sk": "row"})
    other = DynamodbTables(tables.aws, tables.prefix, clock, declared=specs)
    assert other.forget("acc_1", spare="accounts") == 2 * (len(specs) - 1)
    kept = {spec.name: [pk for pk in ("acc_1", "acc_1/part", "acc_12", "acc_2") if tables.open(spec).find(pk, "row")] for spec in specs}
    assert kept.pop("accounts") == ["acc_1", "acc_1/part", "acc_12", "acc_2"]
    assert set(map(tuple, kept.values())) == {("acc_12", "acc_2")}
