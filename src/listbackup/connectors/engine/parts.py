"""Streams that are read in parts, side by side: the children of each parent record, or windows of time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from listbackup.base.errors import InputError, PlatformError, PlatformFault
from listbackup.connectors.engine.facts import Slices
from listbackup.connectors.engine.faults import Reason, reason_of
from listbackup.connectors.engine.instants import read_instant, write_instant
from listbackup.connectors.engine.keys import Read
from listbackup.connectors.engine.listing import Extra, Listing, pages
from listbackup.connectors.engine.page import Page
from listbackup.connectors.engine.reading import State, StreamRead, can_filter
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
