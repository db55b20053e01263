"""Health: each part of the ground asked a small question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.objects.port import Objects
from listbackup.backends.queue.port import Queue
from listbackup.backends.table.port import Tables
from listbackup.base.clock import Clock
from listbackup.base.errors import ListBackupError
from listbackup.services.accounts import ACCOUNTS, Account
from listbackup.services.stores import Keys

FRESH_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part and whether it answered; ``took_ms`` is how long that took [ms]."""

    name: str
    ok: bool
    took_ms: int


class Health:
    """The parts that everything stands on."""

    def __init__(
        self, clock: Clock, *, tables: Tables, objects: Objects, queue: Queue, keys: Keys, account: Callable[[], Account | None]
    ) -> None:
        self._clock, self._tables, self._objects, self._queue, self._keys, self._account = clock, tables, objects, queue, keys, account
        self._known: tuple[float, Sequence[Part]] | None = None

    def parts(self) -> Sequence[Part]:
        """Every part, asked within the last few seconds: whoever asks often must not become a load."""
        now = self._clock.monotonic()
        if self._known is None or now - self._known[0] >= FRESH_SECONDS:
            self._known = (now, [self._ask(name, question) for name, question in self._questions()])
        return self._known[1]

    def depth(self) -> int:
        """Messages on the queue."""
        return self._queue.depth()

    def dead(self) -> int:
        """Messages that were given up, a hundred at most."""
        return len(self._queue.list_dead(limit=100))

    def _questions(self) -> Sequence[tuple[str, Callable[[], object]]]:
        return [
            ("tables", lambda: self._tables.open(ACCOUNTS).find("installation", "default")),
            ("objects", lambda: next(iter(self._objects.list("objects/")), None)),
            ("queue", self._queue.depth),
            ("keys", self._open_key),
        ]

    def _open_key(self) -> KeyScope | None:
        account = self._account()
        return self._keys.for_account(account.id) if account is not None else None

    def _ask(self, name: str, question: Callable[[], object]) -> Part:
        begun = self._clock.monotonic()
        try:
            question()
        except ListBackupError:
            return Part(name=name, ok=False, took_ms=int((self._clock.monotonic() - begun) * 1000))
        return Part(name=name, ok=True, took_ms=int((self._clock.monotonic() - begun) * 1000))
