"""Streams that are read in parts, side by side: the children of each parent record, or windows of time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from listbackup.base.errors import InputError, PlatformError, PlatformFault
from listbackup.connectors.engine.connector import Mode
from listbackup.connectors.engine.facts import Parent, Slices, StreamFacts
from listbackup.connectors.engine.faults import Reason, reason_of
from listbackup.connectors.engine.instants import read_instant, write_instant
from listbackup.connectors.engine.keys import KeyReader, Read
from listbackup.connectors.engine.listing import Extra, Listing, pages
from listbackup.connectors.engine.page import Page, mend
from listbackup.connectors.engine.places import Shape, split
from listbackup.connectors.engine.reading import Ground, State, StreamRead, can_filter
from listbackup.connectors.engine.record import Batch, Json, KeyPart
from listbackup.connectors.engine.tally import Fault, Tally
from listbackup.connectors.engine.template import fill

BATCH_RECORDS = 200
BATCH_MARKS = 25  # pages of parents, most of them without children
PAGES_PER_CALL = 8  # of one part, fetched by one thread before the others wait too long


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part: what its listing is asked with, and where it stands among the parts."""

    mark: Mapping[str, Json]  # resuming here begins with this part
    after: Mapping[str, Json]  # resuming here begins with the next
    values: Mapping[str, object]
    parent: Mapping[str, KeyPart] = field(default_factory=dict)
    expected: int | None = None
    recount: Callable[[], int | None] | None = None
    is_mark: bool = False  # nothing to fetch: all parts before it were


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancestor:
    """A record that has children, or only a place between two (``raw`` None)."""

    values: Mapping[str, KeyPart]  # what its own ancestors fill in
    raw: bytes | None
    mark: Mapping[str, Json]
    after: Mapping[str, Json]


@dataclass(slots=True, kw_only=True)
class Fetched:
    """What one thread brought of a part: its first pages, and where it goes on if that was not all."""

    part: Part
    got: list[tuple[Page, State | None]]
    listing: Listing | None = None
    error: PlatformError | None = None


class PartsRead(StreamRead):
    """Reads parts in order, with many in flight. Resumes at a part, and inside a large one at a page."""

    @abstractmethod
    def _parts(self) -> Iterator[Part]:
        """The parts, in the order in which they are read."""

    def _part_extra(self) -> tuple[Extra, dict[str, object]]:
        return self._extra()

    def _batches(self) -> Iterator[Batch]:
        extra, values = self._part_extra()
        calls = (self._call(part, extra, values, self._inside(part)) for part in self._parts())
        gathered = _Gathered()
        try:
            for fetched in self._ground.crew.in_order(calls, _bytes):
                if fetched.error is not None and not self._forgiven(fetched):
                    continue
                yield from self._take(fetched, gathered)
                if len(gathered.read.keys) >= BATCH_RECORDS or gathered.marks >= BATCH_MARKS:
                    yield self._flush(gathered)
        except PlatformError:
            if gathered.resume:  # what came is kept, and the next reading goes on behind it
                yield self._flush(gathered)
            raise
        if gathered.calls:
            yield self._flush(gathered)

    def _inside(self, part: Part) -> object:
        """Where inside this part reading goes on, if it was interrupted there."""
        return self._resume.get("inside") if part.mark == _mark(self._resume) else None

    def _call(self, part: Part, extra: Extra, values: Mapping[str, object], inside: object) -> Callable[[], Fetched]:
        def fetch() -> Fetched:
            if part.is_mark:
                return Fetched(part=part, got=[])
            listing = self._listing(extra, {**values, **part.values})
            state = dict(inside) if isinstance(inside, Mapping) else listing.paging.first()
            fetched = Fetched(part=part, listing=listing, got=[])
            try:
                following: State | None = state
                while following is not None and len(fetched.got) < PAGES_PER_CALL:
                    page = listing.fetch(following)
                    following = listing.paging.after(page)
                    fetched.got.append((page, following))
            except PlatformError as error:
                if reason_of(error) is None:
                    raise
                fetched.error = error
            return fetched

        return fetch

    def _take(self, fetched: Fetched, gathered: _Gathered) -> Iterator[Batch]:
        """Adds a part's pages to what is gathered; large parts give batches of their own."""
        part, listing = fetched.part, fetched.listing
        if listing is None:
            gathered.mark(part.after)
            return
        tally = Tally()
        states: set[bytes] = set()
        count = 0
        for page, following in self._all(fetched, states):
            read = self._named(page, part.parent)
            tally.add(page, [*read.keys, *read.gone], read.created, last=following is None)
            count += len(read.keys) + len(read.gone)
            inside = {**part.mark, "inside": dict(listing.kept(following))} if following is not None else dict(part.after)
            gathered.add(read, page, inside)
            if following is not None and len(gathered.read.keys) >= BATCH_RECORDS:
                yield self._flush(gathered)
        if self._inside(part) is None:
            self._judge(part, listing, tally, count)

    def _all(self, fetched: Fetched, states: set[bytes]) -> Iterator[tuple[Page, State | None]]:
        following: State | None = None
        for page, following in fetched.got:
            if following is not None:
                told = msgspec.json.encode(following)
                if told in states:
                    self._note(Reason.PAGE_LOOP, "the platform names a page as the next that came before")
                    return
                states.add(told)
            yield page, following
        if following is None or fetched.listing is None:
            return
        try:
            yield from pages(fetched.listing, self._ground.crew, following)
        except PlatformError as error:
            reason = reason_of(error)
            if reason is None:
                raise
            self._note(reason, error.message)

    def _judge(self, part: Part, listing: Listing, tally: Tally, count: int) -> None:
        faults: list[Fault] = list(
            tally.verdict(
                positions=listing.paging.positions,
                empty_pages=bool(getattr(self._facts.paging, "empty_pages", False)),
                distinct=bool(self._facts.key) and not self._facts.repeats and not self._incremental,
                totals=not self._incremental or self._facts.changed is None or self._facts.changed.total,
                promised=self._facts.total is not None,
            )
        )
        filtered = self._incremental and can_filter(self._facts)  # otherwise all children of a parent came, even if not all parents did
        if part.expected is not None and not filtered and count != part.expected:
            now = part.recount() if part.recount else part.expected
            if count != now:
                faults.append((Reason.CHILD_COUNT, f"the parent counts {part.expected} and {count} came"))
        self._notes(faults)

    def _forgiven(self, fetched: Fetched) -> bool:
        """Notes what went wrong with a part; the others go on."""
        error, part = fetched.error, fetched.part
        assert error is not None
        if error.fault is PlatformFault.GONE and part.recount is not None and part.recount() is None:
            return bool(fetched.got)  # the parent itself is gone by now, and its children with it
        reason = reason_of(error)
        assert reason is not None
        key = "/".join(str(value) for value in part.parent.values())
        self._note(reason, error.message, key=key or None)
        return bool(fetched.got)

    def _flush(self, gathered: _Gathered) -> Batch:
        batch = self._batch(gathered.read, gathered.page(), dict(gathered.resume))
        batch.calls = gathered.calls
        gathered.clear()
        return batch


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


class SlicesRead(PartsRead):
    """Windows of time from the declared beginning until now."""

    def _part_extra(self) -> tuple[Extra, dict[str, object]]:
        slices = self._facts.slices
        assert slices is not None
        return Extra(params=slices.params), {}

    def _parts(self) -> Iterator[Part]:
        slices = self._facts.slices
        assert slices is not None
        first = self._resume.get("slice")
        for number, (since, until) in enumerate(windows(slices, self._ground.transport.values, self._started)):
            if isinstance(first, int) and number < first:
                continue
            values = {"since": write_instant(since, slices.format), "until": write_instant(until, slices.format)}
            yield Part(mark={"slice": number}, after={"slice": number + 1}, values=values)


def windows(slices: Slices, values: Mapping[str, object], now: datetime) -> Sequence[tuple[datetime, datetime]]:
    """Half-open windows; the last ends a day after now, because two clocks never agree. Raises InputError for a beginning that is no instant."""
    text = fill(slices.start, values)
    since = read_instant(text)
    if since is None:
        raise InputError(f"{text!r} is not a date to begin at", hint="write it as 2020-01-31", field="start")
    step, end = timedelta(days=slices.days), now.astimezone(UTC) + timedelta(days=1)
    cut: list[tuple[datetime, datetime]] = []
    while since < end:
        cut.append((since, min(since + step, end)))
        since += step
    return cut


def _filtered(facts: StreamFacts, since: datetime | None) -> tuple[Extra, dict[str, object]]:
    changed = facts.changed
    assert changed is not None
    assert since is not None
    value = write_instant(since - timedelta(seconds=changed.lookback_seconds), changed.format)
    return Extra(params=changed.params, headers=changed.headers, body=changed.body), {"since": value}


class _Asking:
    """What a parent's record says for asking for its children."""

    def __init__(self, declared: Parent) -> None:
        self._paths = {name: split(path) for name, path in declared.fields.items()}
        self._count = split(declared.count) if declared.count else None
        leaves: dict[tuple[str, ...], tuple[Any, Any]] = dict.fromkeys(self._paths.values(), (str | int, msgspec.NODEFAULT))
        if self._count is not None:
            leaves[self._count] = (int | None, None)
        self._shape = Shape(leaves)
        self._decode: Any = msgspec.json.Decoder(self._shape.type).decode

    def read(self, raw: bytes) -> tuple[Mapping[str, KeyPart], int | None] | None:
        """The placeholders that the record fills, and how many children it counts; None where it has not the fields."""
        try:
            seen = self._decode(mend(raw))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None
        values = {name: self._shape.getters[path](seen) for name, path in self._paths.items()}
        return values, self._shape.getters[self._count](seen) if self._count is not None else None


class _Gathered:
    """Records of several parts on their way into one batch."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.read = Read([], [], (), (), [])
        self.resume: Mapping[str, Json] = {}
        self.calls = self.received = self.marks = 0

    def mark(self, resume: Mapping[str, Json]) -> None:
        self.resume = resume
        self.marks += 1

    def add(self, read: Read, page: Page, resume: Mapping[str, Json]) -> None:
        self.read.keys += read.keys
        self.read.raws += read.raws
        self.read.gone += read.gone
        self.resume = resume
        self.calls += 1
        self.received += page.received_bytes

    def page(self) -> Page:
        return Page([], {}, None, {}, self.received, {})


def _bytes(fetched: Fetched) -> int:
    return sum(page.received_bytes for page, _ in fetched.got)


def _mark(resume: Mapping[str, Json]) -> Mapping[str, Json]:
    return {name: resume[name] for name in ("up", "parent", "tally", "skip", "slice") if name in resume}
