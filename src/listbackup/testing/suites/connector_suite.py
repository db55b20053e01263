"""What every connector must do, whatever its platform: told once, run against each platform's recorded answers.

A connector's test says where its recording lies and how to build credentials; everything else comes from here::

    class TestWordPress(ConnectorSuite):
        connector = WordPress(page_size=3)
        recording = Path("…/recorded/site.json")

        def credentials(self, base_url: str) -> Credentials: ...
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from listbackup.base.errors import Interrupted, PlatformError, PlatformFault
from listbackup.connectors.engine.connector import Connector, Credentials, Ground, Mode, Session, StreamInfo
from listbackup.connectors.engine.record import Batch, Json, Key, Outcome
from listbackup.processor.backup import BackupOrder, StreamOrder, run_backup
from listbackup.processor.checkpoint import Cadence
from listbackup.processor.progress import BackupResult, Listen, MustStop, Progress, RunState, Stop, silent, unnoted
from listbackup.testing.clock import ManualClock
from listbackup.testing.replay import Exchange, Replay, load
from listbackup.testing.stores import Rig

SECRETS = {
    "a bearer token": r"[Bb]earer [A-Za-z0-9._~+/-]{8,}",
    "basic credentials": r"[Bb]asic [A-Za-z0-9+/]{16,}={0,2}",
    "a JSON web token": r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.",
    "a password hash": r"\$(?:[0-9a-z]{1,2}|P|wp|argon2id)\$[./A-Za-z0-9$=,]{20,}",
    "a long hexadecimal key": r"(?:key|token|secret|password)[\"=:\\ ]{1,4}[0-9a-f]{32,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
}
LIMIT = 3  # requests in flight that the suite grants


class Reading:
    """One stream read to its end, or to where it was interrupted."""

    def __init__(self, session: Session, stream: str, *, resume: Mapping[str, Json] | None = None, pages: int | None = None) -> None:
        self.batches: list[Batch] = []
        self.failed: PlatformError | None = None
        self.outcome: Outcome | None = None
        reading = session.read(stream, Mode.FULL, resume=resume)
        try:
            for batch in reading:
                self.batches.append(batch)
                if pages is not None and len(self.batches) == pages:
                    return
            self.outcome = reading.outcome
        except PlatformError as error:
            self.failed = error
        finally:
            reading.close()

    @property
    def records(self) -> dict[Key, bytes]:
        """What was read and not said to be gone; of a key that came twice, the later."""
        found: dict[Key, bytes] = {}
        for batch in self.batches:
            found.update(zip(batch.keys, batch.raws, strict=True))
            for key, _ in batch.gone:
                found.pop(key, None)
        return found

    @property
    def complete(self) -> bool:
        """Whether it claims to have everything."""
        return self.outcome is not None and self.outcome.complete


class ConnectorSuite:
    """Inherit, and fill in the first four."""

    connector: Connector
    recording: Path
    ignore: Sequence[str] = ()  # query parameters whose value the recording need not match: the time of the last run
    unreadable: Sequence[str] = ()  # streams that the recorded credentials may not read

    def credentials(self, base_url: str) -> Credentials:
        """Credentials for a platform at this address, with any secrets: the replay asks for none."""
        raise AssertionError("a connector's test says how to build credentials")

    def exchanges(self) -> list[Exchange]:
        """The recorded answers."""
        return load(self.recording)

    # the stage ------------------------------------------------------------------------------------------------------

    @contextmanager
    def played(self, changed: Mapping[str, Exchange] | None = None, *, concurrency: int = LIMIT) -> Iterator[tuple[Session, Replay]]:
        """A session on the replayed platform, with other answers to the questions named in ``changed``."""
        exchanges = [(changed or {}).get(self.key_of(one), one) for one in self.exchanges()]
        server = Replay(exchanges, ignore=self.ignore)
        server.start()
        session = self.connector.open(
            self.credentials(server.base_url), Ground(clock=ManualClock(), allow_loopback=True, concurrency=concurrency)
        )
        try:
            yield session, server
        finally:
            session.close()
            server.stop()

    def streams(self, session: Session) -> list[StreamInfo]:
        """Those that can be read."""
        return [info for info in session.discover() if info.name not in self.unreadable]

    def pages_of(self, stream: str) -> list[str]:
        """The questions that reading this stream asks, in order, one at a time."""
        with self.played(concurrency=1) as (session, server):
            server.asked.clear()
            Reading(session, stream)
            return list(dict.fromkeys(server.asked))

    # the promises ---------------------------------------------------------------------------------------------------

    def test_a_stream_has_one_name_and_a_key_and_its_parent_and_references_exist(self) -> None:
        with self.played() as (session, _):
            infos = session.discover()
        names = [info.name for info in infos]
        assert len(set(names)) == len(names)
        assert all(info.key for info in infos if not info.append_only)
        assert {info.parent for info in infos if info.parent} <= set(names)
        assert {target for info in infos for target in info.references.values()} <= set(names)

    def test_the_connection_says_whom_it_opens(self) -> None:
        with self.played() as (session, server):
            site = session.test()
        assert site.name
        assert server.base_url.removeprefix("http://") in site.url

    def test_every_stream_is_read_to_a_positive_end(self) -> None:
        with self.played() as (session, server):
            for info in self.streams(session):
                reading = Reading(session, info.name)
                assert reading.failed is None, info.name
                assert reading.outcome is not None
                assert (reading.outcome.complete, list(reading.outcome.problems)) == (True, []), info.name
            assert server.unknown == []

    def test_keys_are_unique_and_the_same_when_read_again(self) -> None:
        with self.played() as (session, _):
            for info in self.streams(session):
                first, second = Reading(session, info.name), Reading(session, info.name)
                keys = [key for batch in first.batches for key in batch.keys]
                assert len(keys) == len(set(keys)), info.name
                assert first.records == second.records, info.name

    def test_records_are_kept_as_the_platform_wrote_them(self) -> None:
        """Each record is a slice of an answer's body, to the byte."""
        with self.played() as (session, server):
            for info in self.streams(session):
                records = Reading(session, info.name).records
                bodies = [one.body(server.base_url.removeprefix("http://")) for one in self.exchanges() if one.status == 200]
                assert all(any(raw in body for body in bodies) for raw in records.values()), info.name

    def test_interrupted_after_every_page_and_resumed_it_reads_the_same(self) -> None:
        with self.played() as (session, _):
            for info in self.streams(session):
                whole = Reading(session, info.name)
                for pages in range(1, len(whole.batches) + 1):
                    before = Reading(session, info.name, pages=pages)
                    resume = msgspec.json.decode(msgspec.json.encode(before.batches[-1].resume))
                    after = Reading(session, info.name, resume=resume)
                    assert {**before.records, **after.records} == whole.records, (info.name, pages)
                    assert after.complete, (info.name, pages)

    def test_a_run_interrupted_after_every_page_makes_the_same_snapshot(self) -> None:
        """The run is told to stop after each checkpoint, and carried on by the next worker, until it is through."""
        with self.played() as (session, _):
            whole, broken = Rig(), Rig()
            self.backed_up(whole, session, "run_whole")
            for _ in range(500):
                if self.stopped_at_once(broken, session, "run_broken") is False:
                    break
            assert _contents(broken) == _contents(whole)

    def test_a_second_run_without_changes_writes_no_pack(self) -> None:
        with self.played() as (session, _):
            rig = Rig()
            first = self.backed_up(rig, session, "run_first")
            before = _packs(rig)
            second = self.backed_up(rig, session, "run_second")
        assert [(one.added, one.changed, one.gone) for one in second.streams] == [(0, 0, 0)] * len(second.streams)
        assert sum(one.unchanged for one in second.streams) == sum(one.added for one in first.streams) > 0
        assert _packs(rig) == before

    def test_no_more_requests_fly_than_were_granted(self) -> None:
        for granted in (1, LIMIT):
            with self.played(concurrency=granted) as (session, server):
                for info in self.streams(session):
                    Reading(session, info.name)
                assert server.busiest <= granted

    def test_told_to_wait_it_waits_and_misses_nothing(self) -> None:
        """Every first question is answered 429 with 30 seconds: nobody asks again before they are over."""
        with self.played() as (session, _):
            expected = {info.name: list(Reading(session, info.name).records) for info in self.streams(session)}
        clock = ManualClock()
        server = Replay(self.exchanges(), ignore=self.ignore, busy_first=30, clock=clock)
        server.start()
        session = self.connector.open(self.credentials(server.base_url), Ground(clock=clock, allow_loopback=True, concurrency=1))
        try:
            for name, keys in expected.items():
                reading = Reading(session, name)
                said = reading.failed or reading.outcome
                assert (reading.complete, list(reading.records)) == (True, keys), (name, said)
            assert server.impatient == 0
        finally:
            session.close()
            server.stop()

    def test_pages_that_go_in_a_circle_are_never_complete(self) -> None:
        """The second page of a listing is the first one again: to its end, or for ever."""
        for stream, pages in self.paged():
            known = self.answers()
            second = known[pages[1]]
            circle = msgspec.structs.replace(known[pages[0]], method=second.method, path=second.path, query=second.query)
            with self.played({pages[1]: circle}) as (session, _):
                assert not Reading(session, stream).complete, stream

    def test_a_page_cut_short_is_never_complete(self) -> None:
        for stream, pages in self.paged():
            whole_pages = [page for page in pages if self.answers()[page].status == 200]
            for page in (whole_pages[0], whole_pages[-1]):
                whole = self.answers()[page]
                cut = msgspec.structs.replace(whole, text=(whole.text or "")[: len(whole.text or "") // 2])
                with self.played({page: cut}) as (session, _):
                    assert not Reading(session, stream).complete, stream

    def test_a_stream_that_may_not_be_seen_is_not_an_empty_one(self) -> None:
        with self.played() as (session, _):
            streams = [info.name for info in self.streams(session)]
        for stream in streams:
            question = self.pages_of(stream)[0]
            for status in (401, 403, 500):
                with self.played({question: _refused(self.answers()[question], status)}) as (session, _):
                    assert not Reading(session, stream).complete, (stream, status)

    def test_credentials_that_are_refused_ask_for_new_ones(self) -> None:
        refused = {question: _refused(one, 401) for question, one in self.answers().items()}
        with self.played(refused) as (session, _), pytest.raises(PlatformError) as raised:
            session.test()
        assert raised.value.fault is PlatformFault.NEEDS_REAUTH

    def test_no_secret_stands_in_the_recording(self) -> None:
        text = self.recording.read_text()
        found = {what: re.findall(pattern, text)[:1] for what, pattern in SECRETS.items() if re.search(pattern, text)}
        assert found == {}
        assert "authorization" not in {name.lower() for one in self.exchanges() for name in one.headers}

    def stopped_at_once(self, rig: Rig, session: Session, run: str) -> bool:
        """Carry a run on until its next checkpoint; False if it went through."""
        told: list[Progress] = []
        try:
            self.backed_up(rig, session, run, must_stop=lambda: Stop.PAUSE if told else None, listen=told.append)
        except Interrupted:
            return True
        return False

    def backed_up(
        self, rig: Rig, session: Session, run: str, *, must_stop: MustStop = lambda: None, listen: Listen = silent
    ) -> BackupResult:
        """A full run into the rig's store, with a checkpoint after every batch. Raises Interrupted when it must stop."""
        order = BackupOrder(
            run=run,
            owner="test",
            streams=[StreamOrder(info=info) for info in self.streams(session)],
            full_every=timedelta(0),
            cadence=Cadence(every=timedelta(0)),
            take_over=True,
        )
        ended = run_backup(order, store=rig.store(), session=session, clock=rig.clock, must_stop=must_stop, listen=listen, note=unnoted)
        assert ended.state is RunState.SUCCEEDED, ended.message
        return ended

    # helpers --------------------------------------------------------------------------------------------------------

    def key_of(self, one: Exchange) -> str:
        """The question that this exchange answers."""
        return one.question(self.ignore)

    def answers(self) -> dict[str, Exchange]:
        """What was recorded, by question."""
        return {self.key_of(one): one for one in self.exchanges()}

    def paged(self) -> list[tuple[str, list[str]]]:
        """Streams without a parent that were recorded with at least two pages, with their questions."""
        with self.played() as (session, _):
            names = [info.name for info in self.streams(session) if info.parent is None]
        found = [(name, self.pages_of(name)) for name in names]
        return [(name, pages) for name, pages in found if len(pages) > 1]


def _contents(rig: Rig) -> dict[str, dict[object, bytes]]:
    store = rig.store()
    latest = store.latest()
    assert latest is not None
    view = store.at(latest.seq)
    return {stream: {record.key: record.raw for record in view.scan(stream)} for stream in view.streams()}


def _packs(rig: Rig) -> list[str]:
    return [found.name for found in rig.objects.list("") if "/p/" in found.name]


def _refused(one: Exchange, status: int) -> Exchange:
    return msgspec.structs.replace(one, status=status, text='{"error":"no"}', base64=None)
