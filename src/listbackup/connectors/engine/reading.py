"""A stream being read: batches with exact bytes, and at the end an honest word on whether that was everything."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from listbackup.base.clock import iso, parse_iso
from listbackup.base.errors import InputError, PlatformError
from listbackup.connectors.engine.connector import Mode
from listbackup.connectors.engine.deletions import gone_since
from listbackup.connectors.engine.facts import DeletionFeed, FlaggedDeletion, StreamFacts, TrashDeletion
from listbackup.connectors.engine.faults import BadAnswer, Reason, reason_of
from listbackup.connectors.engine.instants import newest, read_instant, write_instant
from listbackup.connectors.engine.keys import KeyReader, Read
from listbackup.connectors.engine.listing import Crew, Extra, Listing, pages
from listbackup.connectors.engine.page import Page
from listbackup.connectors.engine.recognise import KnownPages, Recognised, encode_told, fingerprint
from listbackup.connectors.engine.record import AttachmentRef, Batch, Evidence, Json, Key, KnownBatch, Outcome, PageMark, Problem
from listbackup.connectors.engine.tally import Fault, Tally
from listbackup.connectors.engine.transport import Transport

MAX_PASSES = 3
MAX_PROBLEMS = 50
State = Mapping[str, Json]
Attachments = Callable[[Key, bytes], Sequence[AttachmentRef]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a reading stands on: the way to the platform, threads, and how attachments are found."""

    transport: Transport
    crew: Crew
    error: str | None
    attachments: Attachments | None


class StreamRead(ABC):
    """One stream being read. The base of the ways to read: it keeps the clock, the cursor and the problems."""

    def __init__(self, ground: Ground, facts: StreamFacts, mode: Mode, cursor: State | None, resume: State | None) -> None:
        self._ground, self._facts = ground, facts
        self._cursor, self._resume = dict(cursor or {}), dict(resume or {})
        self._since = _instant(self._cursor.get("since"))
        self._incremental = mode is Mode.INCREMENTAL and self._since is not None and can_filter(facts)
        clock = ground.transport.clock
        self._started = _instant(self._resume.get("started")) or clock.now()
        self._started_text = iso(self._started)
        self._newest = _instant(self._resume.get("newest"))
        self._date = _instant(self._resume.get("date"))  # the platform's time at the first answer
        self._gone_at = _instant(self._cursor.get("gone"))
        self._problems = [_problem(one, facts.name) for one in _list(self._resume.get("problems"))]
        self._outcome: Outcome | None = None
        self._names = KeyReader(facts, with_changed=can_filter(facts))
        self._like: Listing | None = None
        self._closed = False

    def __iter__(self) -> Iterator[Batch]:
        """The batches, once. Raises PlatformError when the platform cannot go on at all, Interrupted."""
        if self._closed:
            raise InputError("this reading was iterated or closed before")
        self._closed = True
        whole = False
        try:
            if self._resume.get("phase") != "gone":
                yield from self._batches()
            whole = True
            yield from self._gone()
        except PlatformError as error:
            reason = reason_of(error)
            if reason is None:
                raise
            self._note(reason, error.message)
        complete = whole and not self._problems
        self._outcome = Outcome(
            complete=complete,
            listing=not self._incremental,
            cursor=self._next_cursor() if complete else None,
            problems=tuple(self._problems),
        )

    @property
    def outcome(self) -> Outcome:
        """How it ended. Raises InputError before the end."""
        if self._outcome is None:
            raise InputError("the outcome is known when everything was read")
        return self._outcome

    def close(self) -> None:
        """Nothing is fetched unless it is iterated; whoever stops iterating stops the fetching."""
        self._closed = True

    @abstractmethod
    def _batches(self) -> Iterator[Batch]:
        """The records."""

    def _gone(self) -> Iterator[Batch]:
        """After the records of an incremental reading: what the platform says is gone."""
        if not self._incremental or not isinstance(self._facts.deletions, TrashDeletion | DeletionFeed):
            return
        since = self._gone_at or self._since
        assert since is not None
        latest: datetime | None = None
        ground = self._ground
        try:
            for told in gone_since(ground.transport, ground.crew, self._facts, since, ground.error):
                latest = max(filter(None, (latest, told.latest)), default=None)
                yield Batch(
                    keys=(),
                    raws=(),
                    resume=self._marked({"phase": "gone"}),
                    gone=[(key, Evidence.VENDOR_TOMBSTONE) for key in told.keys],
                    received_bytes=told.page.received_bytes,
                )
        except PlatformError as error:
            if reason_of(error) is None:
                raise
            self._note(Reason.DELETIONS_UNREAD, f"what was deleted could not be read: {error.message}")
        if latest is not None:
            self._gone_at = self._safely(latest)

    def _extra(self) -> tuple[Extra, dict[str, object]]:
        """What the listing is asked with for this mode, and the values for it."""
        changed, extra = self._facts.changed, Extra()
        values: dict[str, object] = {}
        if self._incremental and changed is not None and self._since is not None:
            since = self._since - timedelta(seconds=changed.lookback_seconds)
            values["since"] = write_instant(since, changed.format)
            extra = Extra(params=changed.params, headers=changed.headers, body=changed.body)
        if isinstance(self._facts.deletions, FlaggedDeletion):
            extra = Extra(params={**self._facts.deletions.params, **extra.params}, headers=extra.headers, body=extra.body)
        return extra, values

    def _listing(self, extra: Extra, values: Mapping[str, object]) -> Listing:
        transport = self._ground.transport
        made = Listing(transport, self._facts, {**transport.values, **values}, self._ground.error, extra, like=self._like)
        self._like = made
        return made

    def _named(self, page: Page, parent: Mapping[str, str | int] | None = None, *, copied: bool = True) -> Read:
        """The page's records, named; notes what is wrong with them and when the latest changed."""
        if self._date is None:
            self._date = read_instant(page.headers.get("date"))
        read = self._names.read(page.raws, page.mended, parent or {}, copied=copied)
        for reason, message in read.faults:
            self._note(reason, message)
        if can_filter(self._facts):
            self._see_changed(read)
        return read

    def _see_changed(self, read: Read) -> None:
        """Remember the newest change: from here the next run's "changed since" follows."""
        latest = newest(read.changed)
        if latest is not None:
            self._see_latest(latest)

    def _see_latest(self, latest: datetime) -> None:
        if self._newest is None or latest > self._newest:
            self._newest = latest

    def _batch(self, read: Read, page: Page, resume: dict[str, Json]) -> Batch:
        evidence = Evidence.VENDOR_TOMBSTONE
        if isinstance(self._facts.deletions, FlaggedDeletion):
            evidence = Evidence(self._facts.deletions.evidence)
        return Batch(
            keys=read.keys,
            raws=read.raws,
            resume=self._marked(resume),
            gone=[(key, evidence) for key in read.gone],
            attachments=self._attachments(read),
            received_bytes=page.received_bytes,
            total=page.total,
        )

    def _attachments(self, read: Read) -> Sequence[tuple[Key, AttachmentRef]]:
        find = self._ground.attachments
        if find is None:
            return ()
        return [(key, ref) for key, raw in zip(read.keys, read.raws, strict=True) for ref in find(key, raw)]

    def _marked(self, resume: dict[str, Json]) -> dict[str, Json]:
        resume["started"] = self._started_text
        if self._newest is not None:
            resume["newest"] = self._newest.isoformat()
        if self._date is not None:
            resume["date"] = self._date.isoformat()
        if self._problems:
            resume["problems"] = [[one.reason, one.message, one.key] for one in self._problems]
        return resume

    def _note(self, reason: Reason, message: str, key: str | None = None) -> None:
        problem = Problem(reason=str(reason), message=message, stream=self._facts.name, key=key)
        if len(self._problems) < MAX_PROBLEMS and not (reason is Reason.SCHEMA_DRIFT and problem in self._problems):
            self._problems.append(problem)

    def _notes(self, faults: Sequence[Fault]) -> None:
        for reason, message in faults:
            self._note(reason, message)

    def _next_cursor(self) -> State | None:
        """Where "changed since" begins next time: never later than when this reading began on the platform's clock.

        A record that changed while we read may have come in its old form, so the newest change that was seen is too late. The platform's own time at
        the first answer is right; where it does not tell, the newest change less the time that reading took is before it.
        """
        if self._newest is None:
            return None
        since = self._safely(self._newest)
        cursor: dict[str, Json] = {**self._cursor, "since": max(since, self._since or since).isoformat()}
        if self._gone_at is not None:
            cursor["gone"] = self._gone_at.isoformat()
        return cursor if cursor != self._cursor else None

    def _safely(self, latest: datetime) -> datetime:
        began = self._date
        if began is None:
            began = min(latest - (self._ground.transport.clock.now() - self._started), self._started)
        return min(latest, began)  # the newest change may lie in the future: a scheduled post of WordPress


class ListingRead(StreamRead):
    """A stream that is one listing. A listing that moved under our hands is read again, at most twice."""

    _known: KnownPages | None = None

    @property
    def fingerprint(self) -> str | None:
        """See ``Recognises``: only whole listings come again, and where records bring files each is looked at."""
        if self._incremental or self._ground.attachments is not None or not self._facts.key or self._facts.single:
            return None
        return fingerprint(self._facts, self._ground.error)

    def recognise(self, pages: KnownPages) -> None:
        """See ``Recognises``."""
        self._known = pages

    def _batches(self) -> Iterator[Batch]:
        number = _int(self._resume.get("pass"))
        at = self._resume.get("at")
        before = self._resume.get("tally")
        while True:
            extra, values = self._extra()
            listing = self._listing(extra, values)
            listing.known = self._known
            state = dict(at) if isinstance(at, Mapping) else listing.paging.first()
            known = self._known if self._known is not None and not self._known.is_empty else None
            tally = Tally(before=before if isinstance(before, Mapping) else None, known=known)
            if at is not None or not isinstance(before, Mapping):  # otherwise it was interrupted behind the last page
                yield from self._pass(listing, state, tally, number)
            faults = self._verdict(listing, tally)
            number += 1
            if not faults:
                return
            if number >= MAX_PASSES or not all(reason in _AGAIN for reason, _ in faults) or self._problems:
                self._notes(faults)
                return
            # times have whole seconds: what was made in this one is neither before nor after it
            self._ground.transport.clock.sleep(_NEXT_SECOND)
            at, before = None, None

    def _pass(self, listing: Listing, state: State, tally: Tally, number: int) -> Iterator[Batch]:
        previous: Page | None = None
        for page, following in pages(listing, self._ground.crew, state):
            self._no_repeat(previous, page)
            previous = page
            last = following is None
            if page.known is not None and tally.can_recognise(page.known.told, page) and self._names.agrees(page.known.told.kinds):
                batch = self._recognised(page, page.known, tally, last)
            else:
                batch = self._read(page, tally, last)
            resume: dict[str, Json] = {"pass": number, "tally": tally.state()}
            resume["at"] = dict(listing.kept(following)) if following is not None else None
            batch.resume = self._marked(resume)
            yield batch

    def _read(self, page: Page, tally: Tally, last: bool) -> Batch:
        """A page, record by record; and how it is known when it comes again, if nothing about it is odd."""
        read = self._named(page, copied=not page.is_tight)
        tally.add(page, [*read.keys, *read.gone] if read.gone else read.keys, read.created, last=last)
        batch = self._batch(read, page, {})
        if self._known is not None:
            batch.pages = [self._lesson(page, read)]
        return batch

    def _lesson(self, page: Page, read: Read) -> PageMark:
        count = len(read.keys)
        if not page.mark or read.faults or count != len(page.raws):
            return PageMark(count)
        latest = newest(read.changed) if can_filter(self._facts) else None
        told = encode_told(read.keys, latest, newest(read.created))
        return PageMark(count, page.mark, told)

    def _recognised(self, page: Page, known: Recognised, tally: Tally, last: bool) -> Batch:
        """A page that is known, as it was told."""
        if self._date is None:
            self._date = read_instant(page.headers.get("date"))
        if known.told.newest is not None and can_filter(self._facts):
            self._see_latest(known.told.newest)
        tally.recognise(page, known, last=last)
        kept = KnownBatch(known.number, len(page.raws), lambda: self._opened(page))
        return Batch(keys=(), raws=(), resume={}, received_bytes=page.received_bytes, total=page.total, known=kept)

    def _opened(self, page: Page) -> tuple[Sequence[Key], Sequence[bytes]]:
        read = self._names.read(page.raws, None, {})
        return read.keys, read.raws

    def _no_repeat(self, previous: Page | None, page: Page) -> None:
        """A platform that ignores the page param sends the same page for ever."""
        if previous is None or not page.raws or len(previous.raws) != len(page.raws):
            return
        if self._known is not None and previous.known is not None and page.known is not None:
            repeated = self._known.is_same(previous.known.number, page.known.number)
        else:
            repeated = bytes(previous.raws[0]) == bytes(page.raws[0]) and list(map(bytes, previous.raws)) == list(map(bytes, page.raws))
        if repeated:
            raise BadAnswer(
                Reason.PAGE_LOOP,
                "the same page came twice: the platform does not seem to heed the page that is asked for",
                again=False,
            )

    def _verdict(self, listing: Listing, tally: Tally) -> Sequence[Fault]:
        changed = self._facts.changed
        return tally.verdict(
            positions=listing.paging.positions,
            empty_pages=bool(getattr(self._facts.paging, "empty_pages", False)),
            distinct=not self._incremental and bool(self._facts.key) and not self._facts.repeats,
            totals=not self._incremental or changed is None or changed.total,
            promised=self._facts.total is not None,
        )


_NEXT_SECOND = 1.1
_AGAIN = (Reason.TOTAL_MISMATCH, Reason.CHANGED_MEANWHILE, Reason.REPEATED_RECORDS)


def can_filter(facts: StreamFacts) -> bool:
    """Whether the platform can be asked for what changed since."""
    changed = facts.changed
    return changed is not None and bool(changed.params or changed.headers or changed.body)


def _instant(value: object) -> datetime | None:
    try:
        return parse_iso(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _problem(value: object, stream: str) -> Problem:
    reason, message, key = [*_list(value), None, None, None][:3]
    return Problem(reason=str(reason), message=str(message), stream=stream, key=key if isinstance(key, str) else None)


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
