"""Streams of children: for each record of a parent stream, which may be a child itself, the listing of what belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from listbackup.base.decode import json_decoder, mend
from listbackup.base.errors import PlatformError
from listbackup.connectors.engine.connector import Mode
from listbackup.connectors.engine.facts import Parent, StreamFacts
from listbackup.connectors.engine.faults import Reason, reason_of
from listbackup.connectors.engine.instants import read_instant, write_instant
from listbackup.connectors.engine.keys import KeyReader, Read
from listbackup.connectors.engine.listing import Extra, Listing, pages
from listbackup.connectors.engine.page import Page
from listbackup.connectors.engine.parts import Part, PartsRead
from listbackup.connectors.engine.places import Shape, split
from listbackup.connectors.engine.reading import Ground, State, can_filter
from listbackup.connectors.engine.record import Json, KeyPart
from listbackup.connectors.engine.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancestor:
    """A record that has children, or only a place between two (``raw`` None)."""

    values: Mapping[str, KeyPart]  # what its own ancestors fill in
    raw: bytes | None
    mark: Mapping[str, Json]
    after: Mapping[str, Json]


class ChildrenRead(PartsRead):
    """For each record of the parent stream, its children."""

    def __init__(
        self,
        ground: Ground,
        facts: StreamFacts,
        mode: Mode,
        cursor: State | None,
        resume: State | None,
        *,
        parent: StreamFacts,
        count_of: Callable[[Mapping[str, KeyPart]], int | None] | None = None,
        above: Sequence[StreamFacts] = (),
    ) -> None:
        super().__init__(ground, facts, mode, cursor, resume)
        self._of, self._count_of = parent, count_of
        self._line = [parent, *above]  # nearest first; the last one is listed by itself
        declared = facts.parent
        assert declared is not None
        self._parent: Parent = declared
        self._asking = {one.name: _Asking(one.parent) for one in (facts, *self._line) if one.parent is not None}
        with_parent = declared.changed_with_parent and can_filter(parent) and self._since is not None and mode is Mode.INCREMENTAL
        self._narrow_parents = with_parent
        self._incremental = self._incremental or with_parent

    def _part_extra(self) -> tuple[Extra, dict[str, object]]:
        if can_filter(self._facts):
            return self._extra()
        return Extra(), {}

    def _parts(self) -> Iterator[Part]:
        for one in self._records(0, self._resume):
            if one.raw is None:
                yield Part(mark=one.after, after=one.after, values={}, is_mark=True)
            elif (part := self._part(one)) is not None:
                yield part

    def _records(self, level: int, resume: Mapping[str, Json]) -> Iterator[Ancestor]:
        """The records of an ancestor stream in order, each with where reading goes on at it and behind it."""
        if level + 1 == len(self._line):
            yield from self._listed(level, {}, {}, resume)
            return
        up = resume.get("up")
        inside: Mapping[str, Json] = resume
        of = self._line[level]
        for above in self._records(level + 1, up if isinstance(up, Mapping) else {}):
            if above.raw is None:
                yield Ancestor(values={}, raw=None, mark={"up": dict(above.after)}, after={"up": dict(above.after)})
                continue
            found = self._placeholders(of, self._line[level + 1], above)
            if found is None:
                continue
            values = found[0]
            try:
                yield from self._listed(level, values, {"up": dict(above.mark)}, inside)
            except PlatformError as error:
                reason = reason_of(error)
                if reason is None:
                    raise
                self._note(reason, error.message, key="/".join(str(value) for value in values.values()))
            inside = {}
            yield Ancestor(values={}, raw=None, mark={"up": dict(above.after)}, after={"up": dict(above.after)})

    def _listed(self, level: int, above: Mapping[str, KeyPart], up: Mapping[str, Json], resume: Mapping[str, Json]) -> Iterator[Ancestor]:
        """The records of one listing of an ancestor stream; ``above`` fills the places of its own ancestors."""
        of, narrow = self._line[level], level == 0 and self._narrow_parents
        extra, values = _filtered(of, self._since) if narrow else (Extra(), {})
        transport = self._ground.transport
        listing = Listing(transport, of, {**transport.values, **values, **above}, self._ground.error, extra)
        at, skip, before = resume.get("parent"), resume.get("skip"), resume.get("tally")
        state = dict(at) if isinstance(at, Mapping) else listing.paging.first()
        tally = Tally(before=before if isinstance(before, Mapping) else None)
        first = skip if isinstance(skip, int) else 0
        names = KeyReader(of)
        for page, following in pages(listing, self._ground.crew, state):
            kept: dict[str, Json] = {**up, "parent": dict(listing.kept(page.at)), "tally": tally.state()}
            read = names.read(page.raws, page.mended, above)
            for reason, message in read.faults:
                self._note(reason, message)
            tally.add(page, [*read.keys, *read.gone], read.created, last=following is None)
            if level == 0:
                self._see(read, page)
            for number, raw in enumerate(read.raws):
                if number >= first:
                    yield Ancestor(values=above, raw=raw, mark={**kept, "skip": number}, after={**kept, "skip": number + 1})
            first = 0
            if following is not None:
                after: dict[str, Json] = {**up, "parent": dict(listing.kept(following)), "tally": tally.state(), "skip": 0}
                yield Ancestor(values=above, raw=None, mark=after, after=after)
        self._notes(
            tally.verdict(
                positions=listing.paging.positions,
                empty_pages=False,
                distinct=not narrow,
                totals=not narrow or of.changed is None or of.changed.total,
                promised=of.total is not None,
            )
        )

    def _see(self, read: Read, page: Page) -> None:
        """A child that changes its parent takes its cursor from the parent."""
        if self._parent.changed_with_parent and not can_filter(self._facts):
            self._date = self._date or read_instant(page.headers.get("date"))
            self._see_changed(read)

    def _placeholders(self, child: StreamFacts, of: StreamFacts, one: Ancestor) -> tuple[Mapping[str, KeyPart], int | None] | None:
        """What a record of ``of`` and its ancestors fill in where ``child`` is asked for, and how many there are; None where none is to be asked for."""
        declared = child.parent
        assert declared is not None
        assert one.raw is not None
        found = self._asking[child.name].read(one.raw)
        if found is None:
            self._note(Reason.MISSING_KEY, f"a record of {of.name} has not the fields that its {child.name} are asked for with")
            return None
        values, count = found
        return None if count == 0 and declared.skip_empty else ({**one.values, **values}, count)

    def _part(self, one: Ancestor) -> Part | None:
        found = self._placeholders(self._facts, self._of, one)
        if found is None:
            return None
        values, expected = found
        count_of = self._count_of
        recount = None if count_of is None else (lambda: count_of(values))
        return Part(mark=one.mark, after=one.after, values=values, parent=values, expected=expected, recount=recount)


class _Asking:
    """What a parent's record says for asking for its children."""

    def __init__(self, declared: Parent) -> None:
        self._paths = {name: split(path) for name, path in declared.fields.items()}
        self._count = split(declared.count) if declared.count else None
        leaves: dict[tuple[str, ...], tuple[Any, Any]] = dict.fromkeys(self._paths.values(), (str | int, msgspec.NODEFAULT))
        if self._count is not None:
            leaves[self._count] = (int | None, None)
        self._shape = Shape(leaves)
        self._decode: Any = json_decoder(self._shape.type).decode

    def read(self, raw: bytes) -> tuple[Mapping[str, KeyPart], int | None] | None:
        """The placeholders that the record fills, and how many children it counts; None where it has not the fields."""
        try:
            seen = self._decode(mend(raw))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None
        values = {name: self._shape.getters[path](seen) for name, path in self._paths.items()}
        return values, self._shape.getters[self._count](seen) if self._count is not None else None


def _filtered(facts: StreamFacts, since: datetime | None) -> tuple[Extra, dict[str, object]]:
    changed = facts.changed
    assert changed is not None
    assert since is not None
    value = write_instant(since - timedelta(seconds=changed.lookback_seconds), changed.format)
    return Extra(params=changed.params, headers=changed.headers, body=changed.body), {"since": value}
