"""Records of one stream of one snapshot by page: filtered, ordered, cut to some fields. The work of a page is bounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from listbackup.base.clock import Clock
from listbackup.base.errors import InputError
from listbackup.processor.filters import Filter, keeps
from listbackup.services.data.asking import sort_key
from listbackup.services.data.budget import Budget
from listbackup.services.data.cursors import read_cursor, write_cursor
from listbackup.services.data.positions import Placed, Positions
from listbackup.store import Key, Record
from listbackup.store.keycode import decode_key, encode_key

if TYPE_CHECKING:
    from listbackup.store import View

MAX_SORTED = 50_000  # records of a stream that can be put in another order while somebody waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which records: all conditions hold and the text stands in them; in order of their keys unless ``sort`` names a field."""

    stream: str
    filters: tuple[Filter, ...] = ()
    text: str | None = None
    sort: tuple[str, ...] | None = None
    descending: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether every record is wanted, in order of the keys."""
        return not self.filters and self.text is None and self.sort is None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsFound:
    """A page. ``incomplete``: the time for one page ended before it was full; go on with ``next``. ``looked_at`` is how many records were judged for it."""

    items: Sequence[Record]
    next: str | None
    incomplete: bool = False
    looked_at: int = 0


def page_of_records(view: View, wanted: Wanted, *, clock: Clock, limit: int, cursor: str | None, positions: Positions) -> RecordsFound:
    """The page. Raises NotFound for the stream, InputError for a cursor of another listing or a stream too large to be sorted."""
    if wanted.is_plain:
        page = view.page(wanted.stream, cursor=cursor, limit=limit)
        return RecordsFound(items=page.items, next=page.next_cursor, looked_at=len(page.items))
    listing = f"records/{view.seq}/{wanted}"
    if wanted.sort is not None:
        order = _order(view, wanted, positions)
        return _cut(view, wanted, listing, order, _start(order, wanted, listing, cursor), limit)
    after = _after(listing, cursor)
    return _sifted(view, wanted, listing, limit, after, Budget(clock))


def _after(listing: str, cursor: str | None) -> Key | None:
    if cursor is None:
        return None
    (code,) = read_cursor(listing, cursor, tuple[bytes])
    assert isinstance(code, bytes)
    return decode_key(code)


def _sifted(view: View, wanted: Wanted, listing: str, limit: int, after: Key | None, budget: Budget) -> RecordsFound:
    found: list[Record] = []
    judge, looked = _Judge(wanted), 0
    for codes, values, seqs in view.blocks(wanted.stream, after=after, small=True):
        for code, value, seq in zip(codes, values, seqs, strict=True):
            if judge.wants(value):
                if len(found) == limit:
                    place = encode_key(found[-1].key)
                    return RecordsFound(items=found, next=write_cursor(listing, [place]), looked_at=looked)
                found.append(Record(decode_key(code), value, seq))
            looked += 1
        budget.spend(len(codes))
        if budget.is_over:
            return RecordsFound(items=found, next=write_cursor(listing, [codes[-1]]), incomplete=True, looked_at=looked)
    return RecordsFound(items=found, next=None, looked_at=looked)


class _Judge:
    """Says of a record's bytes whether it is wanted."""

    def __init__(self, wanted: Wanted) -> None:
        from listbackup.store.view import needles_of

        self._filters = wanted.filters
        self._needles = needles_of(wanted.text) if wanted.text is not None else None

    def wants(self, raw: bytes) -> bool:
        if self._needles is not None:
            lowered = raw.lower()
            if not any(needle in lowered for needle in self._needles):
                return False
        return not self._filters or keeps(self._filters, raw)


def records_at(view: View, wanted: Wanted, *, position: int, limit: int, positions: Positions) -> RecordsFound:
    """The page that begins at this place of the listing (from 0), wherever it is. Raises InputError for a listing whose records have to be judged one by one."""
    if wanted.sort is not None:
        return _cut(view, wanted, f"records/{view.seq}/{wanted}", _order(view, wanted, positions), position, limit)
    if not wanted.is_plain:
        raise InputError("only records in order, and all of them, can be asked for by position", field="position", hint="go on by cursor")
    found = positions.records(view, wanted.stream, position, limit + 1)
    items = found[:limit]
    return RecordsFound(items=items, next=encode_key(items[-1].key).hex() if len(found) > limit else None, looked_at=len(items))


def _order(view: View, wanted: Wanted, positions: Positions) -> Sequence[Placed]:
    live = view.count(wanted.stream)
    if live > MAX_SORTED:
        hint = f"streams of up to {MAX_SORTED:,} records can be sorted; filter without an order, or export it"
        raise InputError(f"the stream holds {live:,} records: too many to put in another order", field="sort", hint=hint)
    return positions.order(view, wanted, lambda: _ordered(view, wanted))


def _ordered(view: View, wanted: Wanted) -> Sequence[Placed]:
    assert wanted.sort is not None
    judge, order = _Judge(wanted), list[Placed]()
    for codes, values, seqs in view.blocks(wanted.stream):
        placed = zip(codes, values, seqs, strict=True)
        order += [(sort_key(value, wanted.sort), code, seq) for code, value, seq in placed if judge.wants(value)]
    order.sort(reverse=wanted.descending)
    return order


def _cut(view: View, wanted: Wanted, listing: str, order: Sequence[Placed], start: int, limit: int) -> RecordsFound:
    chosen = order[start : start + limit]
    raws = view.get_many(wanted.stream, sorted(code for _, code, _ in chosen)) if chosen else {}
    items = [Record(decode_key(code), raws[code], seq) for _, code, seq in chosen if code in raws]
    more = start + limit < len(order)
    following = write_cursor(listing, [*chosen[-1][0], *chosen[-1][1:]]) if more else None
    return RecordsFound(items=items, next=following, looked_at=len(order))


def _start(order: Sequence[Placed], wanted: Wanted, listing: str, cursor: str | None) -> int:
    """The position behind the place that the cursor names."""
    if cursor is None:
        return 0
    rank, number, text, code, seq = read_cursor(listing, cursor, tuple[int, float, str, bytes, int])
    last = cast(Placed, ((rank, number, text), code, seq))
    behind = (index for index, one in enumerate(order) if (one < last if wanted.descending else one > last))
    return next(behind, len(order))
