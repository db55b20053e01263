"""The feed: what happens in an account, told at once to whoever listens. One thread of a process reads for all of its listeners.

What this process writes is read when it was written; what other processes write (a worker beside the server, the command line) within a second. A listener
keeps nothing but its place: what it has not fetched yet stands in the account's ring, and behind that in the trail. So a slow one costs nothing and loses
nothing. How far runs are is told by the newest word only; it has no place in the trail and is not repeated to who comes back.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from listbackup.base.clock import Clock
from listbackup.base.errors import BusyError, ListBackupError
from listbackup.base.ids import AccountId
from listbackup.services.activity.model import Activity
from listbackup.services.activity.service import Activities
from listbackup.services.scope import Scope

MOST_LISTENERS = 5000  # of one process
_RING = 1000  # lines of an account that are kept in memory while somebody listens
_LOOK_EVERY_SECONDS = 1.0
_log = logging.getLogger(__name__)

Wake: TypeAlias = Callable[[], None]
Underway: TypeAlias = Callable[[Scope], Iterable[tuple[str, bytes]]]  # runs that go on: id, and how far each is, as JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that happened: ``id`` is the number of its line, None for what is not in the trail; ``data`` is JSON."""

    id: int | None
    event: str
    data: bytes

    def as_sse(self) -> bytes:
        """Source: HTML Living Standard, "Server-sent events"."""
        place = f"id: {self.id}\n".encode() if self.id is not None else b""
        return place + f"event: {self.event}\ndata: ".encode() + self.data + b"\n\n"

    def as_message(self) -> str:
        """The text of a WebSocket message: ``{"id", "event", "data"}``."""
        return f'{{"id":{self.id if self.id is not None else "null"},"event":"{self.event}","data":{self.data.decode()}}}'


@dataclass(slots=True, kw_only=True)
class _Channel:
    """An account that somebody listens to."""

    scope: Scope
    newest: int
    ring: deque[Notice] = field(default_factory=lambda: deque(maxlen=_RING))
    progress: dict[str, tuple[int, Notice]] = field(default_factory=dict)  # run -> tick of the change, the word
    tick: int = 0
    listeners: set[Listener] = field(default_factory=set)


class Listener:
    """Somebody who listens to one account. ``wake`` is called, from the feed's thread, whenever there may be something to ``take``."""

    def __init__(self, feed: Feed, channel: _Channel, behind: int, wake: Wake) -> None:
        self._feed, self._channel, self.behind, self.wake = feed, channel, behind, wake
        self._tick = channel.tick

    @property
    def place(self) -> int:
        """The number of the line that was told last."""
        return self.behind

    def is_behind(self) -> bool:
        """Whether the next line stands in the trail only: ``catch_up`` has to read."""
        return self.behind < self._channel.newest - len(self._channel.ring)

    def take(self) -> Sequence[Notice]:
        """What happened since the last time, as far as memory has it; never waits."""
        with self._feed.lock:
            if self.is_behind():
                return []
            missing = max(0, self._channel.newest - self.behind)  # who caught up may be ahead of the ring
            lines = list(itertools.islice(reversed(self._channel.ring), missing))
            words = [notice for tick, notice in self._channel.progress.values() if tick > self._tick]
            self._tick, self.behind = self._channel.tick, self.behind + missing
        return [*reversed(lines), *words]

    def catch_up(self) -> Sequence[Notice]:
        """The next lines of the trail, for who is behind; reads, and so waits."""
        found = self._feed.read(self._channel.scope, self.behind)
        if found and found[-1].id is not None:
            self.behind = found[-1].id
        return found

    @property
    def is_over(self) -> bool:
        """Whether the feed was closed: this process is being stopped."""
        return self._feed.is_closed

    def close(self) -> None:
        """Listen no more; idempotent."""
        self._feed.leave(self, self._channel)


class Feed:
    """The listeners of this process and the thread that reads for them; it runs while there is one."""

    def __init__(self, activities: Activities, clock: Clock, *, underway: Underway = lambda _: ()) -> None:
        self._activities, self._clock, self._underway = activities, clock, underway
        self.lock = threading.RLock()
        self._channels: dict[AccountId, _Channel] = {}
        self._changed: set[AccountId] = set()
        self._news = threading.Event()
        self._thread: threading.Thread | None = None
        self.is_closed = False
        activities.tell(self._written)

    def listen(self, scope: Scope, wake: Wake, *, behind: int | None = None) -> Listener:
        """A listener of this account for what comes behind this line (None: from now on). Raises BusyError when too many listen."""
        with self.lock:
            if self.is_full():
                raise BusyError("too many listen to this server", hint="come back later")
            channel = self._channels.get(scope.account)
            if channel is None:
                channel = self._channels[scope.account] = _Channel(scope=scope, newest=self._activities.last(scope))
            listener = Listener(self, channel, channel.newest if behind is None else min(behind, channel.newest), wake)
            channel.listeners.add(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._read_on, name="feed", daemon=True)
                self._thread.start()
        return listener

    def leave(self, listener: Listener, channel: _Channel) -> None:
        """Forget the listener; an account that nobody listens to is not read."""
        with self.lock:
            channel.listeners.discard(listener)
            if not channel.listeners and self._channels.get(channel.scope.account) is channel:
                del self._channels[channel.scope.account]

    def read(self, scope: Scope, behind: int) -> Sequence[Notice]:
        """The lines behind this one as notices, oldest first, some hundreds at most."""
        return [notice_of(line) for line in self._activities.after(scope, behind, limit=500)]

    def is_full(self) -> bool:
        """Whether nobody else can listen now."""
        return self.is_closed or self.count() >= MOST_LISTENERS

    def count(self) -> int:
        """How many listen."""
        return sum(len(channel.listeners) for channel in self._channels.values())

    def close(self) -> None:
        """End all listening: every listener is woken and finds that it is over."""
        with self.lock:
            self.is_closed = True
            listeners = [one for channel in self._channels.values() for one in channel.listeners]
        self._news.set()
        for listener in listeners:
            listener.wake()

    def _written(self, account: AccountId) -> None:
        if account in self._channels:
            self._changed.add(account)
            self._news.set()

    def _read_on(self) -> None:
        looked_at = self._clock.monotonic()
        while True:
            self._news.wait(_LOOK_EVERY_SECONDS)
            self._news.clear()
            with self.lock:
                if self.is_closed or not self._channels:
                    self._thread = None
                    return
                changed, self._changed = self._changed, set()
            is_time = self._clock.monotonic() - looked_at >= _LOOK_EVERY_SECONDS
            looked_at = self._clock.monotonic() if is_time else looked_at
            for channel in self._chosen(None if is_time else changed):
                self._refresh(channel, progress=is_time)

    def _chosen(self, accounts: set[AccountId] | None) -> list[_Channel]:
        with self.lock:
            return [channel for account, channel in self._channels.items() if accounts is None or account in accounts]

    def _refresh(self, channel: _Channel, *, progress: bool) -> None:
        try:
            found = self.read(channel.scope, channel.newest)
            words = list(self._underway(channel.scope)) if progress else None
        except ListBackupError as error:
            _log.warning("the feed goes on after: %s", error)
            return
        except Exception:  # noqa: BLE001  one thread reads for everybody: a bug must not end it
            _log.exception("the feed goes on after what nobody thought of")
            return
        with self.lock:
            news = bool(found)
            channel.ring.extend(found)
            if found and found[-1].id is not None:
                channel.newest = found[-1].id
            if words is not None:
                news = _note_progress(channel, words) or news
            listeners = list(channel.listeners) if news else []
        for listener in listeners:
            listener.wake()
        if len(found) >= 500:
            self._written(channel.scope.account)


def _note_progress(channel: _Channel, words: Sequence[tuple[str, bytes]]) -> bool:
    """Whether any run is further than before; runs that no longer go on are forgotten."""
    tick, changed = channel.tick + 1, False
    kept: dict[str, tuple[int, Notice]] = {}
    for run, word in words:
        before = channel.progress.get(run)
        if before is not None and before[1].data == word:
            kept[run] = before
        else:
            kept[run], changed = (tick, Notice(id=None, event="run.progress", data=word)), True
    channel.progress = kept
    channel.tick = tick if changed else channel.tick
    return changed


def notice_of(line: Activity) -> Notice:
    """A line of the trail as it is told."""
    return Notice(id=line.seq, event=line.action.removeprefix("account:").replace(":", "."), data=msgspec.json.encode(line))
