"""No lie becomes "complete": every lie, in every way of paging that can tell it, two hundred times each."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence

import pytest

from listbackup.base.clock import SystemClock
from listbackup.base.errors import PlatformError
from listbackup.connectors.engine.client import Client, Request
from listbackup.connectors.engine.connector import Credentials, Ground, Mode
from listbackup.connectors.engine.egress import parse_url
from listbackup.connectors.engine.recognise import Recognises
from listbackup.connectors.engine.record import Batch, Key
from listbackup.connectors.engine.session import FactsConnector
from listbackup.testing.clock import ManualClock
from listbackup.testing.liar import KINDS, LyingApi, kinds_for, on_the_wire
from listbackup.testing.saas.lies import WIRE, Lie
from listbackup.testing.saas.wire import Response, WireServer

RUNS = 200
HARMLESS = (Lie.GZIP_MULTI_MEMBER, Lie.DUPLICATE_JSON_KEYS)
LIES = [lie for lie in Lie if lie is not Lie.EMPTY_INSTEAD_OF_FORBIDDEN]  # that one needs a parent: tests/connectors/test_lies.py


class Switch:
    """A server whose answers can be exchanged."""

    def __init__(self) -> None:
        self.answer = lambda request: Response(status=404)
        self.server = WireServer(lambda request: self.answer(request))


@pytest.fixture(scope="module")
def switch() -> Iterator[Switch]:
    made = Switch()
    made.server.start()
    yield made
    made.server.stop()


class Recollection:
    """Remembers pages as plainly as can be. See ``KnownPages``."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._pages: list[tuple[bytes, list[tuple[Key, bytes]]]] = []
        self.recalled = 0

    def mark(self, listed: bytes | memoryview) -> bytes:
        """The list's digest."""
        return hashlib.sha256(listed).digest()

    def find(self, mark: bytes) -> int | None:
        """See ``KnownPages``."""
        return self._numbers.get(mark)

    @property
    def is_empty(self) -> bool:
        """See ``KnownPages``."""
        return not self._pages

    def count(self, number: int) -> int:
        """See ``KnownPages``."""
        return len(self._pages[number][1])

    def told(self, number: int) -> bytes:
        """See ``KnownPages``."""
        return self._pages[number][0]

    def is_same(self, one: int, other: int) -> bool:
        """See ``KnownPages``."""
        return self._pages[one][1] == self._pages[other][1]

    def hashes(self, keys: Sequence[Key]) -> bytes:
        """See ``KnownPages``."""
        return b"".join(hashlib.sha256(repr(key).encode()).digest()[:8] for key in keys)

    def hashes_of(self, number: int) -> bytes:
        """See ``KnownPages``."""
        return self.hashes([key for key, _ in self._pages[number][1]])

    def learn(self, batch: Batch) -> None:
        """Every page of this batch that is to be known again."""
        start = 0
        for page in batch.pages:
            stop = start + page.count
            if page.mark and page.mark not in self._numbers:
                self._numbers[page.mark] = len(self._pages)
                self._pages.append((page.told, list(zip(batch.keys[start:stop], map(bytes, batch.raws[start:stop]), strict=True))))
            start = stop


def read(api: LyingApi, switch: Switch, known: Recollection | None = None) -> tuple[bool, dict[int, bytes], tuple[str, ...]]:
    """Whether it says complete, what came, and what it complains about."""
    switch.answer = api.answer
    ground = Ground(clock=ManualClock(), allow_loopback=True, concurrency=3)
    session = FactsConnector(api=api.api(switch.server.url)).open(Credentials(values={}, secrets={}), ground)
    got: dict[int, bytes] = {}
    reading = session.read("rows", Mode.FULL)
    if known is not None:
        assert isinstance(reading, Recognises)
        reading.recognise(known)
    try:
        for batch in reading:
            if known is not None:
                known.learn(batch)
            if known is not None and batch.known is not None:
                known.recalled += 1
                batch.keys, batch.raws = batch.known.open()
            got.update((int(key[0]), bytes(raw)) for key, raw in zip(batch.keys, batch.raws, strict=True))
        return reading.outcome.complete, got, tuple(problem.reason for problem in reading.outcome.problems)
    except PlatformError as error:
        return False, got, (error.fault.value,)
    finally:
        session.close()


def lost(api: LyingApi, got: dict[int, bytes]) -> list[int]:
    """The records that were there all the time and did not come as they are."""
    return [number for number, raw in api.truth.items() if got.get(number) not in (raw, api.sent.get(number, raw))]


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_never_taken_for_the_whole_truth(lie: Lie, switch: Switch) -> None:
    told = 0
    for seed in range(RUNS):
        dice = random.Random(seed)
        kind = dice.choice(kinds_for(lie))
        api = LyingApi(kind, lie, seed=seed, records=dice.randrange(8, 40), on=dice.randrange(3), times=dice.choice((1, 2, 1_000_000)))
        complete, got, reasons = read(api, switch)
        told += bool(api.told)
        if complete:
            assert lost(api, got) == [], (lie, kind, seed)
        if lie in HARMLESS:
            assert (complete, reasons) == (True, ()), (lie, kind, seed)
            assert api.sent.items() <= got.items() or not api.told
    assert told > RUNS // 4


@pytest.mark.parametrize("lie", [None, *LIES])
def test_a_lie_is_told_from_the_truth_as_well_by_who_knows_its_pages_already(lie: Lie | None, switch: Switch) -> None:
    recalled = 0
    for seed in range(RUNS // 10):
        dice = random.Random(seed)
        kind = dice.choice(kinds_for(lie) if lie is not None else tuple(KINDS))
        records, on, times = dice.randrange(8, 40), dice.randrange(3), dice.choice((1, 2, 1_000_000))
        plainly = read(LyingApi(kind, lie, seed=seed, records=records, on=on, times=times), switch)
        known = Recollection()
        for _ in range(2):
            api = LyingApi(kind, lie, seed=seed, records=records, on=on, times=times)
            assert read(api, switch, known) == plainly, (lie, kind, seed)
        recalled += known.recalled
    assert recalled


@pytest.mark.parametrize("kind", KINDS)
def test_an_honest_listing_is_complete_in_every_way_of_paging(kind: str, switch: Switch) -> None:
    for records in (0, 1, 6, 7, 8, 13, 14, 15, 70):
        api = LyingApi(kind, None, seed=records, records=records)
        assert read(api, switch) == (True, api.truth, ()), records


@pytest.mark.parametrize("lie", sorted(WIRE))
def test_a_body_is_whole_or_an_error(lie: Lie, switch: Switch) -> None:
    """The client alone: what it returns as a body is the body that was meant, byte for byte."""
    client = Client(SystemClock(), allow_loopback=True)
    url = parse_url(switch.server.url + "/", allow_loopback=True)
    whole = 0
    for seed in range(RUNS):
        dice = random.Random(f"{lie}/{seed}")
        body = b'{"data":[' + b",".join(b'{"id":%d}' % dice.randrange(10**9) for _ in range(dice.randrange(1, 200))) + b"]}"
        wire = on_the_wire(lie, body, dice)
        switch.answer = lambda request, wire=wire: Response(wire=wire)
        try:
            answer = client.send(Request(url=url))
        except PlatformError:
            continue
        if answer.status == 200 and answer.framed and lie not in (Lie.LOGIN_PAGE, Lie.EMPTY_BODY):
            assert answer.body == body, seed
            whole += 1
    client.close()
    assert whole == (RUNS if lie is Lie.GZIP_MULTI_MEMBER else 0)
