"""Where the n-th record of a listing stands: codes at even distances for the order of keys, and the orders by a field that were made lately.

Both are made again whenever the source's store changes, so that nobody is led by a place from before an erasure.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from listbackup.services.data.asking import SortKey
from listbackup.store import Record
from listbackup.store.keycode import decode_key

if TYPE_CHECKING:
    from listbackup.store import View

STRIDE = 512  # records between two codes that are remembered
_ROWS = 250_000  # remembered in all: some 40 MiB at most, for an ordered record weighs eight times as much as a code

Placed: TypeAlias = tuple[SortKey, bytes, int]
Asked: TypeAlias = tuple[object, ...]
T = TypeVar("T", Sequence[bytes], Sequence[Placed])


class Positions:
    """What this process remembers of orders; what was used longest ago is forgotten first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Asked, Sequence[bytes] | Sequence[Placed]] = OrderedDict()
        self._lock = threading.Lock()

    def records(self, view: View, stream: str, position: int, limit: int) -> Sequence[Record]:
        """At most ``limit`` records in order of their keys, from the one at ``position`` (from 0)."""
        marks = self.remembered((*_place(view), stream), lambda: _marks(view, stream))
        before = min(position // STRIDE, len(marks))
        after = decode_key(marks[before - 1]) if before else None
        skip = position - before * STRIDE
        if skip >= STRIDE:
            return []
        return list(islice(view.scan(stream, after=after, limit=skip + limit), skip, None))

    def order(self, view: View, asked: object, make: Callable[[], Sequence[Placed]]) -> Sequence[Placed]:
        """The order of a stream by a field, as it was made before where it was."""
        return self.remembered((*_place(view), asked), make)

    def remembered(self, asked: Asked, make: Callable[[], T]) -> T:
        """What was made before for the same question, else what ``make`` gives now."""
        with self._lock:
            if asked in self._kept:
                self._kept.move_to_end(asked)
                return self._kept[asked]  # type: ignore[return-value]  # the question names the kind
        made = make()
        with self._lock:
            self._kept[asked] = made
            while len(self._kept) > 1 and sum(map(len, self._kept.values())) > _ROWS:
                self._kept.popitem(last=False)
        return made


def _place(view: View) -> Asked:
    return (view.store.place.prefix, view.store.head().gen, view.seq)


def _marks(view: View, stream: str) -> Sequence[bytes]:
    """The last code of each ``STRIDE`` records."""
    marks, seen = [], 0
    for rows in view.rows(stream):
        codes = rows.codes
        marks += codes[STRIDE - 1 - seen % STRIDE :: STRIDE]
        seen += len(codes)
    return marks
