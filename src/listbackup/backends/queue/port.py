"""The queue port: commands, delivered at least once, in order within a group.

Contract
- A message that was sent is delivered until it is acknowledged, at least once, to one receiver at a time while that one's lease holds.
- Within a group, messages come in the order they were sent, and the next is not given out while one is leased.
  A message sent or released with a delay holds up those behind it in its group.
- Groups do not wait for each other; one ``receive`` gives at most one message of each, the longest sent first.
- A lease that runs out makes the message visible again; an old receipt then raises ``LeaseLost`` on ``extend`` and ``ack``.
- After ``max_receives`` deliveries without an ack the message goes to the dead letters and the group moves on.
- The same ``dedup_id`` within 5 minutes is sent once (the second send is swallowed, also when the first was acknowledged meanwhile).
- A body holds at most 256 KiB. A redriven message goes to the end of its group.
- Leases and delays are measured by the wall clock, to the millisecond: a clock that jumps ahead ends leases early, which costs work and harms nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from listbackup.base.errors import Conflict


class LeaseLost(Conflict):
    """The message went to another receiver; stop working on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One delivery of one message."""

    id: str
    group: str
    body: bytes
    receipt: str
    receives: int  # 1 at the first delivery
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that was given up."""

    id: str
    group: str
    body: bytes
    receives: int
    died_at: datetime


class Queue(Protocol):
    """One named queue with its dead letters."""

    def send(self, group: str, body: bytes, *, dedup_id: str | None = None, delay: timedelta = timedelta()) -> str:
        """The id of the message now on the queue (of the earlier one where ``dedup_id`` swallowed it)."""
        ...

    def receive(self, *, limit: int = 1, lease: timedelta) -> Sequence[Message]:
        """Up to ``limit`` messages, leased to the caller; empty when nothing is visible."""
        ...

    def extend(self, receipt: str, lease: timedelta) -> None:
        """Keep the message for this long from now. Raises LeaseLost."""
        ...

    def ack(self, receipt: str) -> None:
        """Done: the message is gone. Raises LeaseLost."""
        ...

    def release(self, receipt: str, *, delay: timedelta = timedelta()) -> None:
        """Give it back to be delivered again after ``delay``. Raises LeaseLost."""
        ...

    def depth(self) -> int:
        """How many messages wait or are leased."""
        ...

    def list_dead(self, *, limit: int = 100, after: str | None = None) -> Sequence[DeadLetter]:
        """The dead letters, in the order they died; with ``after`` those behind this one (all of them when it is no longer there)."""
        ...

    def redrive(self, message_id: str) -> None:
        """Put a dead letter back on the queue with its count at zero. Raises NotFound."""
        ...
