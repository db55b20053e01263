"""Many expiries of one connection's tokens, with processes that die at any step: what becomes of a connection whose platform ends everything on reuse.

The real ``Renewal`` runs over tables that die at a chosen call, against a platform that rotates refresh tokens and kills the grant when one comes twice. A dead
process leaves everything as it is, its lease too; the next one comes after the lease.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from listbackup.backends.events.outbox import OutboxEvents
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import Table, Tables, TableSpec, Write
from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.base.ids import AccountId
from listbackup.base.secret import Secret
from listbackup.connectors.engine.oauth import NotGranted, Outcome
from listbackup.services.connections import LEASE, Renewal, Vault, forget_renewal
from listbackup.services.desk import Desk
from listbackup.services.scope import Scope
from listbackup.testing.clock import ManualClock
from listbackup.testing.system import MemoryKeys

CONNECTION = "con_00000000000000000000000000"
SCOPE = Scope(account=AccountId("acc_00000000000000000000000000"), actor="worker")


class Died(Exception):
    """The process is no more."""


class MortalTables:
    """Tables of a process that dies before or after its n-th write."""

    def __init__(self, inner: Tables) -> None:
        self._inner = inner
        self.die_at: int | None = None  # counts from 1; negative: after that write instead of before it
        self.writes = 0

    def open(self, spec: TableSpec) -> Table:
        """See the port. What is written to a table directly (leases) counts as well."""
        return _MortalTable(self, self._inner.open(spec))  # type: ignore[return-value]

    def transact(self, writes: Sequence[tuple[Table, Write]]) -> None:
        """See the port."""
        self.step(
            lambda: self._inner.transact([(table.inner if isinstance(table, _MortalTable) else table, write) for table, write in writes])
        )

    def step(self, write: Callable[[], object]) -> object:
        """A write that the process may not survive."""
        self.writes += 1
        if self.die_at == self.writes:
            raise Died
        done = write()
        if self.die_at == -self.writes:
            raise Died
        return done


class _MortalTable:
    def __init__(self, owner: MortalTables, inner: Table) -> None:
        self.owner, self.inner = owner, inner

    def __getattr__(self, name: str) -> object:
        found = getattr(self.inner, name)
        if name not in ("put", "update", "delete"):
            return found
        return lambda *args, **named: self.owner.step(lambda: found(*args, **named))


@dataclass(slots=True, kw_only=True)
class Platform:
    """Rotates; ends the grant on reuse; now and then its answer is lost or it does not answer at all."""

    dice: random.Random
    lost_share: float = 0.0
    down_share: float = 0.0
    good: str = "rt-0"
    dead: bool = False
    sent: Counter[str] = field(default_factory=Counter)
    at_once: int = 0
    answered: Callable[[], None] = lambda: None
    pause: Callable[[], None] = lambda: None  # before it answers
    _flying: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def grant(self) -> str:
        """A person agrees anew."""
        self.good, self.dead = f"rt-{self.dice.getrandbits(64):x}", False
        return self.good

    def refresh(self, token: Secret | None) -> Mapping[str, Secret]:
        """The token endpoint."""
        given = token.reveal() if token is not None else ""
        with self._lock:
            self.at_once += given in self._flying
            self._flying.add(given)
            self.sent[given] += 1
        try:
            self.pause()
            return self._answer(given)
        finally:
            with self._lock:
                self._flying.discard(given)

    def _answer(self, given: str) -> Mapping[str, Secret]:
        if self.dice.random() < self.down_share:
            raise NotGranted("no", Outcome.NOT_NOW, hint="later", status=503)
        if self.dead or given != self.good:
            self.dead = True
            raise NotGranted("no", Outcome.REFUSED, hint="again", status=400)
        self.good = f"rt-{self.dice.getrandbits(64):x}"
        if self.dice.random() < self.lost_share:
            raise NotGranted("silence", Outcome.UNKNOWN, hint="later")
        self.answered()
        return {"access_token": Secret(f"at-{self.good}"), "refresh_token": Secret(self.good)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What came of it."""

    expiries: int
    crashes: int
    lost_answers: int
    after_answer: int  # crashes between the platform's answer and the durable write
    needed_person: int
    sent_at_once: int
    most_often_sent: int
    calls: int


def live_through(expiries: int, *, seed: int, crash_share: float = 0.2, lost_share: float = 0.0, down_share: float = 0.02) -> Figures:
    """One connection through so many expiries; a connection that needs a person gets one at once."""
    dice, clock = random.Random(seed), ManualClock()
    tables = MortalTables(MemoryTables(clock))
    desk = Desk(tables, OutboxEvents(tables), clock)
    vault = Vault(desk, MemoryKeys())
    platform = Platform(dice=dice, lost_share=lost_share, down_share=down_share)
    crashes = after_answer = persons = calls = lost = 0
    told: list[str] = []
    access = _agree(desk, vault, platform)
    for _ in range(expiries):
        for _try in range(50):
            calls += 1
            answered: list[bool] = []
            platform.answered = lambda answered=answered: answered.append(True)  # type: ignore[misc]
            tables.writes, tables.die_at = 0, dice.choice((1, 2, 3, -1, -2, -3)) if dice.random() < crash_share else None
            try:
                renewal = Renewal(desk, vault, SCOPE, CONNECTION, refused=told.append)
                access = renewal(access, platform.refresh)["access_token"].reveal()
                break
            except Died:
                crashes += 1
                after_answer += bool(answered) and _unkept(tables, vault, access)
                clock.advance(LEASE + timedelta(seconds=1))
            except PlatformError as error:
                if error.fault is PlatformFault.NEEDS_REAUTH:
                    persons += 1
                    tables.die_at = None
                    access = _agree(desk, vault, platform)
                    break
                lost += isinstance(error.__context__, NotGranted) and error.__context__.outcome is Outcome.UNKNOWN
                clock.advance(timedelta(minutes=16))
        else:
            raise AssertionError("it never ended")
    return Figures(
        expiries=expiries,
        crashes=crashes,
        lost_answers=lost,
        after_answer=after_answer,
        needed_person=persons,
        sent_at_once=platform.at_once,
        most_often_sent=max(platform.sent.values()),
        calls=calls,
    )


def _unkept(tables: MortalTables, vault: Vault, access: str) -> bool:
    tables.die_at = None
    kept = vault.read(SCOPE, CONNECTION).secrets["access_token"].reveal()
    return kept == access


def _agree(desk: Desk, vault: Vault, platform: Platform) -> str:
    """A person connects again."""

    refresh = platform.grant()
    secrets = {"access_token": Secret(f"at-{refresh}"), "refresh_token": Secret(refresh)}
    kept = vault.read(SCOPE, CONNECTION)
    writes = [*vault.write(SCOPE, CONNECTION, secrets, after=kept.version), *forget_renewal(desk, SCOPE, CONNECTION)]
    desk.commit(SCOPE, writes)
    return f"at-{refresh}"
