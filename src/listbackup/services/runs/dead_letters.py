"""Dead letters: messages that were delivered too often without an end, because they took their workers down with them. Looked at, and sent anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from listbackup.backends.queue.port import DeadLetter, Queue
from listbackup.base.errors import NotFound
from listbackup.base.paging import Page
from listbackup.processor.messages import RunMessage, decode
from listbackup.services.desk import Desk, Fact
from listbackup.services.scope import Scope

_CHUNK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadRun:
    """A message that was given up, and the run it was sent for; both None when it cannot be read."""

    id: str
    died_at: datetime
    receives: int
    account: str | None
    run: str | None
    job: str | None


class DeadLetters:
    """The dead letters of the run queue, each account's own; ``everybody`` is for the operator."""

    def __init__(self, desk: Desk, queue: Queue) -> None:
        self._desk, self._queue = desk, queue

    def list(self, scope: Scope, *, everybody: bool = False, limit: int = 100, cursor: str | None = None) -> Page[DeadRun]:
        """In the order they were given up."""
        found: list[DeadRun] = []
        for letter in self._iter(cursor):
            if len(found) == limit:
                return Page(items=found, next_cursor=found[-1].id)
            if everybody or letter.account == scope.account:
                found.append(letter)
        return Page(items=found, next_cursor=None)

    def redrive(self, scope: Scope, ids: Sequence[str] | None = None, *, everybody: bool = False) -> Sequence[DeadRun]:
        """Send these anew, or all. Raises NotFound for one that is not there or another account's; then none was sent."""
        there = {letter.id: letter for letter in self._iter(None) if everybody or letter.account == scope.account}
        missing = [one for one in ids or () if one not in there]
        if missing:
            raise NotFound(f"there is no dead letter {missing[0]!r}")
        chosen = list(there.values()) if ids is None else [there[one] for one in dict.fromkeys(ids)]
        return [letter for letter in chosen if self._sent(scope, letter)]

    def _sent(self, scope: Scope, letter: DeadRun) -> bool:
        try:
            self._queue.redrive(letter.id)
        except NotFound:  # somebody else was quicker
            return False
        self._desk.commit(scope, [], Fact(name="dead_letter.redriven", subject=letter.id, about={"run": letter.run, "job": letter.job}))
        return True

    def _iter(self, after: str | None) -> Iterator[DeadRun]:
        while True:
            letters = self._queue.list_dead(limit=_CHUNK, after=after)
            yield from map(_shown, letters)
            if len(letters) < _CHUNK:
                return
            after = letters[-1].id


def _shown(letter: DeadLetter) -> DeadRun:
    order = _order(letter.body)
    account, run, job = (order.account, order.run, order.job) if order is not None else (None, None, None)
    return DeadRun(id=letter.id, died_at=letter.died_at, receives=letter.receives, account=account, run=run, job=job)


def _order(body: bytes) -> RunMessage | None:
    try:
        return decode(body)
    except msgspec.DecodeError:
        return None
