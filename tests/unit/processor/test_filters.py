"""A source keeps the records that pass its filters; one that no longer passes is gone, and the snapshot says why."""

from __future__ import annotations

import msgspec
import pytest

from listbackup.base.secret import Secret
from listbackup.connectors.engine.record import Json
from listbackup.processor.filters import Filter, FilterOp, keeps
from listbackup.services.runs import Means, RunState, Work
from listbackup.testing.platform import FakeConnector, fake_platform, fake_stream
from listbackup.testing.system import rooms

RECORD: Json = {"status": "open", "score": 12, "address": {"city": "Neudorf"}, "tags": ["a", "bc"], "empty": "", "none": None}


@pytest.mark.parametrize(
    ("field", "op", "value", "expected"),
    [
        ("status", FilterOp.EQUALS, "open", True),
        ("status", FilterOp.DIFFERS, "open", False),
        ("missing", FilterOp.DIFFERS, "open", True),
        ("score", FilterOp.ABOVE, "9", True),
        ("score", FilterOp.BELOW, "9", False),
        ("score", FilterOp.EQUALS, "12", True),
        ("status", FilterOp.ABOVE, "closed", True),
        ("address.city", FilterOp.CONTAINS, "dorf", True),
        ("tags", FilterOp.CONTAINS, "b", True),
        ("tags", FilterOp.CONTAINS, "x", False),
        ("address.city", FilterOp.PRESENT, "", True),
        ("empty", FilterOp.PRESENT, "", False),
        ("none", FilterOp.PRESENT, "", False),
        ("missing", FilterOp.EQUALS, "", False),
    ],
)
def test_comparisons(field: str, op: FilterOp, value: str, expected: bool) -> None:
    assert keeps([Filter(field=field, op=op, value=value)], msgspec.json.encode(RECORD)) is expected


def test_a_record_that_stops_passing_is_gone_as_filtered_and_one_that_begins_is_back() -> None:
    world = fake_platform(fake_stream("contacts"))
    for number in range(1, 6):
        world.put("contacts", number, status="open" if number % 2 else "closed")
    house = rooms([FakeConnector(world)], means=Means(maintain=False))
    house.connections.create(house.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    only_open = {"contacts": [Filter(field="status", op=FilterOp.EQUALS, value="open")]}
    house.sources.create(house.scope, connection="shop", name="crm", filters=only_open)

    def kept() -> list[object]:
        run = house.runs.backup(house.scope, "crm", Work(owner="test"))
        assert run.state is RunState.SUCCEEDED, run.message
        return [record.key[0] for record in house.data.scan(house.scope, "crm", "contacts")]

    assert kept() == [1, 3, 5]
    world.put("contacts", 3, status="closed")
    assert kept() == [1, 5]
    assert house.data.history(house.scope, "crm", "contacts", "3")[0].evidence == "filtered"
    house.sources.change(house.scope, "crm", filters={})
    assert kept() == [1, 2, 3, 4, 5]  # other filters: everything is listed anew
