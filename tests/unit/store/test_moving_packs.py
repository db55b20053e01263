"""Readers whose packs are merged and swept away under them, at whichever request: they go on with the same records."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from listbackup.store.basemerge import merge_base
from listbackup.store.keycode import encode_key
from listbackup.store.model import Key
from listbackup.store.sizes import Sizes
from listbackup.store.store import Store
from listbackup.store.sweep import GRACE, plan_sweep, sweep
from listbackup.testing.faults import Fault, Faults
from listbackup.testing.stores import Rig, content_of

STREAM = "things"


def records(run: int) -> dict[Key, bytes]:
    return {(number,): b'{"id": %d, "run": %d}' % (number, run if number % 3 == run % 3 else 0) for number in range(60)}


READERS: dict[str, Callable[[Store], object]] = {
    "scan": lambda store: content_of(store, 3),
    "difference": lambda store: list(store.diff(1, 3)),
    "some": lambda store: store.at(2).get_many(STREAM, [encode_key((number,)) for number in range(0, 60, 7)]),
    "history": lambda store: store.history(STREAM, (33,)),
}


@pytest.mark.parametrize("reader", list(READERS))
@pytest.mark.parametrize("moment", range(14))
def test_a_reader_goes_on_wherever_its_packs_are_swept_away(reader: str, moment: int) -> None:
    rig = Rig(sizes=Sizes(keys_rows=8, values_raw_bytes=120))
    for run in (1, 2, 3):
        rig.backup(f"run_{run}", {STREAM: records(run)})
    wanted = READERS[reader](rig.store())
    seen = 0

    def swept(_number: int, call: str) -> Fault | None:
        nonlocal seen
        seen += call == "get"
        if seen == moment + 1 and call == "get":
            merge_base(rig.store(), STREAM)
            rig.clock.advance(GRACE + timedelta(hours=1))
            assert sweep(rig.store(), plan_sweep(rig.store(), rig.clock.now())) == 3
        return None

    assert READERS[reader](rig.store(Faults(swept))) == wanted
