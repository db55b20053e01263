"""A queue in memory: the fake that passes the same suite as the real ones."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from listbackup.backends.queue.port import DeadLetter, Message
from listbackup.backends.queue.rules import DEDUP_WINDOW, MAX_RECEIVES, check_lease, check_receive, check_send, lease_lost
from listbackup.base.clock import Clock, SystemClock, from_unix_ms, unix_ms
from listbackup.base.errors import NotFound
from listbackup.base.ids import new_id


@dataclass(slots=True, kw_only=True)
class _Kept:
    id: str
    group: str
    body: bytes
    sent_at: int  # [ms]
    visible_at: int  # [ms]; while leased: when the lease ends
    receipt: str | None = None
    receives: int = 0


class MemoryQueue:
    """One queue of one process, gone with it; safe to share between threads."""

    def __init__(self, clock: Clock | None = None, *, max_receives: int = MAX_RECEIVES) -> None:
        self._clock = clock or SystemClock()
        self._max_receives = max_receives
        self._lock = threading.Lock()
        self._kept: dict[int, _Kept] = {}  # by sequence: in the order they were sent
        self._dead: dict[str, DeadLetter] = {}
        self._seen: dict[str, tuple[int, str]] = {}  # dedup_id -> when [ms], message id
        self._sequence = itertools.count()

    def send(self, group: str, body: bytes, *, dedup_id: str | None = None, delay: timedelta = timedelta()) -> str:
        """See the port."""
        check_send(group, body, delay)
        with self._lock:
            now = self._now()
            if dedup_id is not None:
                self._seen = {key: seen for key, seen in self._seen.items() if seen[0] + _ms(DEDUP_WINDOW) > now}
                if dedup_id in self._seen:
                    return self._seen[dedup_id][1]
            message = _Kept(id=new_id("msg", now), group=group, body=body, sent_at=now, visible_at=now + _ms(delay))
            self._kept[next(self._sequence)] = message
            if dedup_id is not None:
                self._seen[dedup_id] = (now, message.id)
            return message.id

    def receive(self, *, limit: int = 1, lease: timedelta) -> Sequence[Message]:
        """See the port."""
        check_receive(limit, lease)
        with self._lock:
            now = self._now()
            self._bury(now)
            heads: dict[str, _Kept] = {}
            for message in self._kept.values():
                heads.setdefault(message.group, message)
            ready = [head for head in heads.values() if head.visible_at <= now]
            return [self._deliver(head, now + _ms(lease)) for head in ready[:limit]]

    def extend(self, receipt: str, lease: timedelta) -> None:
        """See the port."""
        check_lease(lease)
        with self._lock:
            self._leased(receipt)[1].visible_at = self._now() + _ms(lease)

    def ack(self, receipt: str) -> None:
        """See the port."""
        with self._lock:
            del self._kept[self._leased(receipt)[0]]

    def release(self, receipt: str, *, delay: timedelta = timedelta()) -> None:
        """See the port."""
        with self._lock:
            message = self._leased(receipt)[1]
            message.receipt, message.visible_at = None, self._now() + _ms(delay)

    def depth(self) -> int:
        """See the port."""
        with self._lock:
            self._bury(self._now())
            return len(self._kept)

    def list_dead(self, *, limit: int = 100, after: str | None = None) -> Sequence[DeadLetter]:
        """See the port."""
        with self._lock:
            self._bury(self._now())
            start = list(self._dead).index(after) + 1 if after in self._dead else 0
            return list(self._dead.values())[start : start + limit]

    def redrive(self, message_id: str) -> None:
        """See the port."""
        with self._lock:
            self._bury(self._now())
            dead = self._dead.pop(message_id, None)
            if dead is None:
                raise NotFound(f"there is no dead letter {message_id}")
            now = self._now()
            self._kept[next(self._sequence)] = _Kept(id=dead.id, group=dead.group, body=dead.body, sent_at=now, visible_at=now)

    def _deliver(self, message: _Kept, until: int) -> Message:
        message.receives += 1
        message.receipt, message.visible_at = new_id("rcp", self._now()), until
        return Message(
            id=message.id,
            group=message.group,
            body=message.body,
            receipt=message.receipt,
            receives=message.receives,
            sent_at=from_unix_ms(message.sent_at),
        )

    def _bury(self, now: int) -> None:
        """Move what was delivered too often to the dead letters; the next of its group may be so too."""
        for sequence, message in list(self._kept.items()):
            if message.receives < self._max_receives or message.visible_at > now:
                continue
            del self._kept[sequence]
            self._dead[message.id] = DeadLetter(
                id=message.id, group=message.group, body=message.body, receives=message.receives, died_at=from_unix_ms(now)
            )

    def _leased(self, receipt: str) -> tuple[int, _Kept]:
        now = self._now()
        for sequence, message in self._kept.items():
            if message.receipt == receipt and message.visible_at > now:
                return sequence, message
        raise lease_lost()

    def _now(self) -> int:
        return unix_ms(self._clock.now())


def _ms(duration: timedelta) -> int:
    return max(0, int(duration / timedelta(milliseconds=1)))
