"""Knowing whole pages again changes nothing but the work: two backups of one platform, of which one recognises pages, tell and keep the same, whatever the platform delivers."""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from listbackup.base.errors import Interrupted
from listbackup.connectors.engine import page as pages_of_engine
from listbackup.connectors.engine.client import Answer, Client, Request
from listbackup.connectors.engine.connector import Credentials, Ground, Mode, Session
from listbackup.connectors.engine.facts import Api, Changed, FlaggedDeletion, StreamFacts
from listbackup.connectors.engine.facts_paging import Cursor, Keyset, Offset, PageNumber
from listbackup.connectors.engine.keys import KeyReader
from listbackup.connectors.engine.listing import Crew
from listbackup.connectors.engine.reading import Ground as ReadingGround
from listbackup.connectors.engine.reading import ListingRead
from listbackup.connectors.engine.record import Json, Key
from listbackup.connectors.engine.session import stream_info
from listbackup.connectors.engine.tally import Tally
from listbackup.connectors.engine.transport import Transport
from listbackup.processor.backup import BackupOrder, Cadence, StreamOrder, run_backup
from listbackup.processor.progress import BackupResult, Stop, silent, unnoted
from listbackup.store import Counts, SnapshotInfo, StreamWriter
from listbackup.store import pages as pages_of_store
from listbackup.store.detect import Positions, Prior
from listbackup.store.erase import erase
from listbackup.store.pages import Leaves
from listbackup.testing.clock import ManualClock
from listbackup.testing.stores import Rig, content_of

SIZE = 3
FACTS = {
    "page": StreamFacts(name="rows", path="/rows", records="data", total="total", paging=PageNumber(param="n", size=SIZE)),
    "bare": StreamFacts(name="rows", path="/rows", records="data", paging=PageNumber(param="n", size=SIZE), created="made"),
    "offset": StreamFacts(name="rows", path="/rows", records="data", total="header:x-total", paging=Offset(param="n", size=SIZE)),
    "cursor": StreamFacts(name="rows", path="/rows", records="data", paging=Cursor(param="n", token="next"), volatile=(("seen",),)),
    "keyset": StreamFacts(name="rows", path="/rows", records="data", paging=Keyset(param="n", field="id")),
    "flag": StreamFacts(
        name="rows",
        path="/rows",
        records="data",
        total="total",
        paging=PageNumber(param="n", size=SIZE),
        deletions=FlaggedDeletion(field="gone"),
        changed=Changed(field="at", params={"since": "{since}"}),
        created="made",
    ),
}


@dataclass
class Platform:
    """A listing in pages of raw records, served as it stands."""

    clock: ManualClock
    kind: str
    pages: list[list[bytes]] = field(default_factory=list)
    total_off: int = 0
    noise: int = 0  # something in every envelope that is not the records'

    def send(self, request: Request) -> Answer:
        """The page that is asked for."""
        asked = parse_qs(urlsplit(request.url.target).query).get("n", ["0"])[0]
        number = self._number(asked)
        rows = self.pages[number] if 0 <= number < len(self.pages) else []
        told: dict[str, object] = {"total": self.total, "next": str(number + 1) if number + 1 < len(self.pages) else None}
        if self.noise:
            told["noise"] = [self.noise] * (self.noise % 3) or self.noise
        body = b'{"data":[' + b",".join(rows) + b"]," + json.dumps(told).encode()[1:]
        headers = {"x-total": str(self.total), "date": self.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT")}
        return Answer(status=200, headers=headers, body=body, received_bytes=len(body))

    @property
    def total(self) -> int:
        """What the platform says it has."""
        return len({key_of(raw) for page in self.pages for raw in page}) + self.total_off

    def fetch(self, key: Key) -> bytes | None:
        """The record as it was delivered last."""
        return next((raw for page in reversed(self.pages) for raw in page if key_of(raw) == key[0]), None)

    def _number(self, asked: str) -> int:
        if self.kind == "offset":
            ends = [sum(map(len, self.pages[:number])) for number in range(len(self.pages))]
            return ends.index(int(asked)) if int(asked) in ends else -1
        if self.kind == "keyset":
            last = [str(key_of(page[-1])) for page in self.pages if page]
            return last.index(asked) + 1 if asked in last else 0
        return int(asked) - (self.kind in ("page", "bare", "flag"))


def key_of(raw: bytes) -> object:
    """What the record calls itself."""
    return cast(dict[str, object], json.loads(raw)).get("id")


def comparable(done: BackupResult, together: bool) -> BackupResult:
    """What must be the same: not the size of packs, in which ids are random; nor, where what comes together is judged together, how often a record counts that came in two versions."""
    streams = [replace(one, added=0, changed=0, unchanged=0) if together else one for one in done.streams]
    return replace(done, written_bytes=min(done.written_bytes, 1), streams=streams)


@dataclass
class Visit:
    """A session at the platform, over no network."""

    platform: Platform
    facts: StreamFacts
    calls: int = 0

    def read(
        self, stream: str, mode: Mode, *, cursor: Mapping[str, Json] | None = None, resume: Mapping[str, Json] | None = None
    ) -> ListingRead:
        """The one stream."""
        ground = Ground(clock=self.platform.clock, allow_loopback=True)
        api = Api(platform="test", base_url="http://127.0.0.1:80", streams=(self.facts,))
        transport = Transport(api, Credentials(values={}, secrets={}), ground, cast(Client, self.platform))
        return ListingRead(
            ReadingGround(transport=transport, crew=Crew(transport, 1), error=None, attachments=None), self.facts, mode, cursor, resume
        )

    def fetch(self, stream: str, key: Key) -> bytes | None:
        """The record as it is now."""
        return self.platform.fetch(key)

    def fetch_attachment(self, ref: object) -> Iterator[bytes]:
        """No record here has a file."""
        raise AssertionError(ref)


class Pair:
    """One platform, backed up by two stores: one that knows pages again and one that does not."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.clock, self.facts = ManualClock(), FACTS[kind]
        self.platform = Platform(self.clock, kind)
        self.rigs = [Rig(clock=self.clock, cache=folder / "one"), Rig(clock=self.clock, cache=folder / "other")]
        self.runs = 0

    def back_up(self, *, full: bool = True, stop_after: int | None = None, together: bool = True) -> Sequence[BackupResult | None]:
        """A run of each, on the same day; told to stop after so many steps if it comes so far."""
        self.runs += 1
        now = self.clock.now()
        ended = []
        for rig, recognises in zip(self.rigs, (True, False), strict=True):
            self.clock.jump(now)
            ended.append(self._run(rig, recognises, full, stop_after, together))
        one, other = (done and comparable(done, together) for done in ended)
        assert one == other
        self.clock.jump(now + timedelta(hours=1))
        return ended

    def _run(self, rig: Rig, recognises: bool, full: bool, stop_after: int | None, together: bool) -> BackupResult | None:
        steps = 0

        def must_stop() -> Stop | None:
            nonlocal steps
            steps += 1
            return Stop.PAUSE if stop_after is not None and steps > stop_after else None

        one = StreamOrder(info=stream_info(self.facts), is_barred=None if recognises else lambda _: False)
        order = BackupOrder(
            run=f"run_{self.runs}",
            owner="test",
            streams=[one],
            full_every=timedelta(0) if full else timedelta(days=7),
            cadence=Cadence(every=timedelta(seconds=10 if together else 0)),
        )
        session = cast(Session, Visit(self.platform, self.facts))
        ends: list[Callable[[], Stop | None]] = [must_stop] * (stop_after is not None) + [lambda: None]
        for stop in ends:
            try:
                return run_backup(order, store=rig.store(), session=session, clock=self.clock, must_stop=stop, listen=silent, note=unnoted)
            except Interrupted:
                continue
        return None

    def check(self) -> None:
        """Both keep the same."""
        one, other = (self._kept(rig) for rig in self.rigs)
        assert one == other

    def _kept(self, rig: Rig) -> object:
        store = rig.store()
        head, latest = store.head(), store.latest()
        kept = {} if latest is None else content_of(store, latest.seq)
        snapshots: list[SnapshotInfo] = [replace(info, id="", written_bytes=0) for info in store.snapshots()]
        return [(name, state.live, state.digest) for name, state in head.streams.items()], kept, snapshots

    def erase(self, key: Key) -> None:
        """Every version of a record vanishes."""
        for rig in self.rigs:
            if "rows" in rig.store().head().streams:
                erase(rig.store(), [("rows", key)], self.clock.now())

    def lose_cache(self, rng: random.Random) -> None:
        """What the first store has on the local disk is gone, or damaged."""
        for file in sorted(self.rigs[0].cache.rglob("*")) if self.rigs[0].cache else []:
            if file.is_file() and rng.random() < 0.5:
                body = file.read_bytes()
                file.write_bytes(body[: rng.randrange(len(body) + 1)]) if rng.random() < 0.5 else file.unlink()


class Story:
    """What may happen to a listing between two runs."""

    def __init__(self, pair: Pair, rng: random.Random) -> None:
        self.pair, self.rng, self.made = pair, rng, 0
        self.lay(rng.randrange(2, 15))

    def lay(self, count: int) -> None:
        """Everything anew."""
        rows = [self.record() for _ in range(count)]
        self.pair.platform.pages = [rows[start : start + SIZE] for start in range(0, count, SIZE)]

    def record(self, key: object = None) -> bytes:
        """A record; of one that exists already, another version."""
        self.made += 1
        now = self.pair.clock.now()
        fields: dict[str, object] = {"id": key if key is not None else self.made, "v": self.rng.randrange(3), "seen": self.rng.randrange(9)}
        fields["at"] = now.isoformat()
        fields["made"] = (now + timedelta(hours=self.rng.choice([-5, -5, -5, 2]))).isoformat()
        return json.dumps(fields).encode()

    def happen(self) -> None:
        """One thing."""
        things = [
            self.change,
            self.change,
            self.add,
            self.remove,
            self.repeat,
            self.swap,
            self.shift,
            self.lie,
            self.odd,
            self.nothing,
            self.nothing,
        ]
        self.rng.choice(things)()

    def nothing(self) -> None:
        """The platform rests."""

    def place(self) -> tuple[list[bytes], int] | None:
        filled = [page for page in self.pair.platform.pages if page]
        if not filled:
            return None
        page = self.rng.choice(filled)
        return page, self.rng.randrange(len(page))

    def change(self) -> None:
        """A record changes; a copy of it on another page does not."""
        if (found := self.place()) is not None:
            page, at = found
            page[at] = self.record(key_of(page[at]))

    def add(self) -> None:
        self.pair.platform.pages.append([self.record()])

    def remove(self) -> None:
        if (found := self.place()) is not None:
            del found[0][found[1]]

    def repeat(self) -> None:
        """A record, in this or another version, on a second page; or a whole page again."""
        pages, found = self.pair.platform.pages, self.place()
        if found is None:
            return
        page, at = found
        if self.rng.random() < 0.5:
            self.rng.choice(pages).append(page[at] if self.rng.random() < 0.5 else self.record(key_of(page[at])))
        else:
            pages.insert(self.rng.randrange(len(pages) + 1), list(page))

    def swap(self) -> None:
        self.rng.shuffle(self.pair.platform.pages)

    def shift(self) -> None:
        """A record in front moves all others on."""
        rows = [self.record(), *(raw for page in self.pair.platform.pages for raw in page)]
        self.pair.platform.pages = [rows[start : start + SIZE] for start in range(0, len(rows), SIZE)]

    def lie(self) -> None:
        platform = self.pair.platform
        platform.total_off = self.rng.choice([0, 0, 1, -1])
        platform.noise = self.rng.choice([0, 0, self.made])

    def odd(self) -> None:
        """A record that cannot be read as the others are."""
        if (found := self.place()) is None:
            return
        page, at = found
        fields = json.loads(page[at])
        how = self.rng.randrange(4)
        if how == 0:
            fields["id"] = str(fields.get("id"))
        elif how == 1:
            fields.pop("id", None)
        elif how == 2:
            fields["v"] = "\ud800"
        else:
            fields["gone"] = True
        page[at] = json.dumps(fields).encode()


@contextmanager
def pair_of(kind: str) -> Iterator[Pair]:
    with tempfile.TemporaryDirectory() as folder:
        yield Pair(kind, Path(folder))


def tell(kind: str, rng: random.Random, turns: int) -> None:
    """A story of some runs, looked at after each."""
    with pair_of(kind) as pair:
        story = Story(pair, rng)
        for _ in range(turns):
            for _ in range(rng.choice([0, 0, 1, 3])):
                story.happen()
            if rng.random() < 0.1:
                pair.lose_cache(rng)
            if rng.random() < 0.1 and (found := story.place()) is not None and isinstance(key := key_of(found[0][found[1]]), int):
                pair.erase((key,))
            stop_after = rng.randrange(1, 7) if rng.random() < 0.3 else None
            pair.back_up(full=rng.random() < 0.8, stop_after=stop_after, together=rng.random() < 0.5)
            pair.check()


@pytest.mark.parametrize("kind", FACTS)
def test_who_knows_pages_again_keeps_and_tells_the_same(kind: str) -> None:
    for seed in range(8):
        tell(kind, random.Random(seed), 6)


@pytest.mark.long
@pytest.mark.parametrize("kind", FACTS)
def test_pages_for_long(kind: str) -> None:
    """2,000 stories of each kind."""
    for seed in range(2000):
        tell(kind, random.Random(seed), 8)


@pytest.mark.parametrize("kind", FACTS)
def test_an_unchanged_listing_is_neither_cut_nor_named_nor_written(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pair_of(kind) as pair:
        rng = random.Random(1)
        story = Story(pair, rng)
        story.lay(30)
        old = b'"made": "2020-01-01T00:00:00+00:00"'
        pair.platform.pages = [[re.sub(rb'"made": "[^"]*"', old, raw) for raw in page] for page in pair.platform.pages]
        pair.back_up()  # the first, which learns its pages
        pair.platform.noise = 6  # what stands around the records is no part of it
        cut: list[int] = []
        whole = pages_of_engine.Slicer.cut

        def counted(self: pages_of_engine.Slicer, answer: Answer, at: Mapping[str, Json]) -> pages_of_engine.Page:
            page = whole(self, answer, at)
            cut.append(len(page.raws))
            return page

        monkeypatch.setattr(pages_of_engine.Slicer, "cut", counted)
        (result, _) = pair.back_up()
        assert result is not None
        assert (result.streams[0].records, result.streams[0].unchanged, result.written_bytes) == (30, 30, 0)
        ours = [count for count in cut if count][:-10]  # the other store's come last
        assert ours == ([SIZE] * 10 if kind == "keyset" else [])  # where the last record says how to go on


def _believing(prior: Prior, leaves: Leaves) -> tuple[Positions, list[bool]]:
    """A planted mistake: pages are believed whatever became of their records."""
    return _found(prior, leaves)[0], [True] * len(leaves.ids)


def _hasty(self: StreamWriter, numbers: Sequence[int]) -> Counts | None:
    """A planted mistake: nobody asks whether the run has staged something for a record of a page."""
    staged, self.prior.staged = self.prior.staged, np.zeros(len(self.prior), np.bool_)
    try:
        return _recall(self, numbers)
    finally:
        self.prior.staged = staged


def _always(*_: object) -> bool:
    """A planted mistake: every known page is counted as it was told."""
    return True


_found, _recall = pages_of_store._found, StreamWriter.recall
MISTAKES: Mapping[str, tuple[object, str, object, str]] = {
    "believed": (pages_of_store, "_found", _believing, "page"),
    "hasty": (StreamWriter, "recall", _hasty, "bare"),
    "drift": (KeyReader, "agrees", _always, "page"),
    "seams": (Tally, "can_recognise", _always, "flag"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_stories_notice(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, planted, kind = MISTAKES[mistake]
    monkeypatch.setattr(where, name, planted)
    noticed = None
    for seed in range(100):
        try:
            tell(kind, random.Random(seed), 6)
        except (AssertionError, ValueError, IndexError):
            noticed = seed
            break
    assert noticed is not None
