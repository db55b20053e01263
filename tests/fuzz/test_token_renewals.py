"""Abuse 7 of TRUST.md: a rotated refresh token is never sent twice at once; after a crash with unknown outcome one retry, then a person is asked.

`make trust-long` runs 100,000 expiries; the figures are printed with `-s`.
"""

from __future__ import annotations

import multiprocessing
import random
import threading
from contextlib import suppress
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from listbackup.backends.events.outbox import OutboxEvents
from listbackup.backends.sqlite_file import SqliteFile
from listbackup.backends.table.lease import Lease
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.clock import SystemClock
from listbackup.base.errors import PlatformError
from listbackup.base.secret import Secret
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.session import FactsConnector
from listbackup.services.connections import LEASE, Renewal, Vault
from listbackup.services.desk import Desk
from listbackup.testing.renewing import CONNECTION, SCOPE, Platform, live_through
from listbackup.testing.saas import Options, serve
from listbackup.testing.system import MemoryKeys, Rooms, rooms


def test_abuse_7_through_crashes_at_every_step_only_answers_that_died_with_their_process_need_a_person() -> None:
    found = live_through(3_000, seed=7)
    assert found.crashes > 500
    assert found.sent_at_once == 0
    assert found.after_answer <= found.needed_person <= found.after_answer + found.expiries // 200  # more only where two died in a row
    assert found.calls < 2 * found.expiries  # no storm


def test_abuse_7_a_lost_answer_is_followed_by_one_question_and_then_by_a_person() -> None:
    found = live_through(1_000, seed=3, crash_share=0, lost_share=0.05, down_share=0)
    assert found.needed_person == found.lost_answers > 20
    assert (found.most_often_sent, found.sent_at_once) == (2, 0)
    assert found.calls == found.expiries + found.lost_answers


def test_abuse_7_a_platform_that_is_down_costs_no_connection() -> None:
    found = live_through(500, seed=4, crash_share=0, down_share=0.6)
    assert (found.needed_person, found.sent_at_once) == (0, 0)


@pytest.mark.long
def test_abuse_7_a_hundred_thousand_expiries() -> None:
    found = live_through(100_000, seed=11, crash_share=0.01, lost_share=0.0005)
    print(found)
    assert found.sent_at_once == 0
    assert found.needed_person <= found.after_answer + found.lost_answers + 10


class Careless(Renewal):
    """A planted mistake: the lease is taken from whoever holds it."""

    def _enter(self, stale: str) -> tuple[Lease | None, Any]:
        kept = self._vault.read(self._scope, self._connection)
        if kept.secrets["access_token"].reveal() != stale:
            return None, kept
        name = f"tokens/{self._scope.account}/{self._connection}"
        return self._leases.acquire(name, self._desk.new_id("hld"), LEASE, take_over=True), kept


def test_abuse_7_of_64_threads_one_renews_at_each_expiry() -> None:
    got, platform = _crowd(Renewal, rounds=20)
    assert got == 64 * 20
    assert set(platform.sent.values()) == {1}
    assert (len(platform.sent), platform.at_once, platform.dead) == (20, 0, False)


def test_without_its_lease_the_same_crowd_ends_the_grant() -> None:
    _, platform = _crowd(Careless, rounds=1)
    assert platform.dead
    assert max(platform.sent.values()) > 1


def _crowd(kind: type[Renewal], *, rounds: int) -> tuple[int, Platform]:
    """64 threads that want another token at once, so often; how many got one, and the platform afterwards."""
    clock = SystemClock()
    desk = Desk(tables := MemoryTables(clock), OutboxEvents(tables), clock)
    vault, platform = Vault(desk, MemoryKeys()), Platform(dice=random.Random(5), pause=lambda: clock.sleep(0.02))
    first = {"access_token": Secret("at-0"), "refresh_token": Secret(platform.good)}
    desk.commit(SCOPE, vault.write(SCOPE, CONNECTION, first, after=0))
    gate = threading.Barrier(64)
    got: list[str] = []

    def work() -> None:
        access = "at-0"
        for _ in range(rounds):
            gate.wait()
            with suppress(PlatformError):
                access = kind(desk, vault, SCOPE, CONNECTION, refused=lambda _: None)(access, platform.refresh)["access_token"].reveal()
                got.append(access)
            gate.wait()

    crew = [threading.Thread(target=work) for _ in range(64)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    return len(got), platform


ROUNDS, THREADS, PROCESSES = 6, 4, 3


def test_abuse_7_processes_over_one_table_renew_once_between_them(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES * THREADS + 1)
    with serve(Options(records=20)) as crm:
        crm.sign_in.agree = True
        house = over(tmp_path)
        _connect(house, crm.base_url, crm.sign_in.client_secret)
        workers = [context.Process(target=_work, args=(tmp_path, barrier)) for _ in range(PROCESSES)]
        for one in workers:
            one.start()
        for _ in range(ROUNDS):
            crm.sign_in.end_access()
            barrier.wait(60)
            barrier.wait(60)
        for one in workers:
            one.join(30)
        assert [one.exitcode for one in workers] == [0] * PROCESSES
        assert (len(crm.sign_in.sent), set(crm.sign_in.sent.values())) == (ROUNDS, {1})
        assert crm.sign_in.living_grants() == 1


def over(folder: Path) -> Rooms:
    clock = SystemClock()
    tables = SqliteTables(SqliteFile(folder / "tables.sqlite", clock=clock), clock=clock)
    return rooms([FactsConnector(api=api())], clock=clock, tables=tables)


def _connect(house: Rooms, url: str, client_secret: str) -> None:
    """As if somebody had agreed a moment ago."""
    from listbackup.services.connections import BroughtBack
    from listbackup.services.integrations import Wanted

    house.integrations.set(house.scope, "demo-crm", Wanted(client_id="demo-app"), client_secret=Secret(client_secret))
    begun = house.consents.start(house.scope, "demo-crm", holder="me", values={"url": url}, name="shop")
    told = agree(begun.url)
    back = BroughtBack(state=told["state"], code=told["code"], issuer=told["iss"])
    house.consents.finish(back, holder="me", enter=lambda _: house.scope)


def agree(url: str) -> dict[str, str]:
    """The parameters of the way back."""
    import http.client
    from urllib.parse import parse_qsl, urlsplit

    at = urlsplit(url)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=10)
    connection.request("GET", f"{at.path}?{at.query}")
    location = connection.getresponse().getheader("Location") or ""
    connection.close()
    return dict(parse_qsl(urlsplit(location).query))


def _work(folder: Path, barrier: Barrier) -> None:
    house = over(folder)
    failed: list[Exception] = []

    def one() -> None:
        for _ in range(ROUNDS):
            barrier.wait(60)
            session = house.connections.open(house.scope, "shop")
            try:
                session.test()
            except Exception as error:  # noqa: BLE001  the barrier must be reached
                failed.append(error)
            finally:
                session.close()
            barrier.wait(60)

    crew = [threading.Thread(target=one) for _ in range(THREADS)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    if failed:
        raise failed[0]
