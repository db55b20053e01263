"""Deterministic interleaving of real code: every storage call of every actor is one atomic step, and a seeded scheduler chooses whose comes next.

Each actor runs unchanged code in a thread of its own, over gated adapters. At a gate the actor hands the baton back and waits; so exactly one thread
runs at any time, and the same seed gives the same history. An actor can be stalled at a gate (a paused machine) or killed there: then this call and every
later one of its raises ``Killed``, which no handler for errors catches and no clean-up can get past.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

from listbackup.backends.objects.port import ObjectInfo, Objects
from listbackup.backends.table.port import Condition, Item, Table, TableSpec, Update
from listbackup.base.paging import Page


class Killed(BaseException):
    """SIGKILL of one actor: not an Exception, so nothing tidies up after it."""


class Actor:
    """One program being interleaved. ``outcome`` is the exception it ended with, if any (``Killed`` included)."""

    def __init__(self, name: str, program: Callable[[], None], back: threading.Lock) -> None:
        self.name = name
        self.asleep_until = 0
        self.stalled = False
        self.finished = False
        self.outcome: BaseException | None = None
        self._program = program
        self._killed = False
        self._back = back
        self._turn = threading.Lock()
        self._turn.acquire()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Make ready; nothing runs before the first step."""
        self._thread.start()

    def step(self) -> None:
        """Let it run up to its next storage call, or to its end."""
        self._turn.release()
        self._back.acquire()
        if self.finished:
            self._thread.join()

    def kill(self) -> None:
        """End it at the gate where it stands, without letting it touch storage again."""
        self._killed = True
        while not self.finished:
            self.step()

    def is_here(self) -> bool:
        """Whether this is the actor's own thread."""
        return threading.current_thread() is self._thread

    def pause(self) -> None:
        """Called at a gate in the actor's own thread: hand the baton back, go on when it comes again."""
        if self._killed:
            raise Killed
        self._back.release()
        self._turn.acquire()
        if self._killed:
            raise Killed

    def _run(self) -> None:
        self._turn.acquire()
        try:
            if not self._killed:
                self._program()
        except BaseException as error:  # noqa: BLE001 - kept as the outcome, judged by whoever runs the interleaving
            self.outcome = error
        finally:
            self.finished = True
            self._back.release()


class Interleaving:
    """The actors that are alive and the gate they all pass."""

    def __init__(self) -> None:
        self._back = threading.Lock()
        self._back.acquire()
        self._running: Actor | None = None
        self.actors: list[Actor] = []

    def add(self, name: str, program: Callable[[], None]) -> Actor:
        """A new actor, standing before its first instruction."""
        actor = Actor(name, program, self._back)
        actor.start()
        self.actors.append(actor)
        return actor

    def step(self, actor: Actor) -> None:
        """One step of this actor; it leaves the list when it has ended."""
        self._running = actor
        actor.step()
        self._running = None
        if actor.finished:
            self.actors.remove(actor)

    def kill(self, actor: Actor) -> None:
        """Kill this actor where it stands."""
        self._running = actor
        actor.kill()
        self._running = None
        self.actors.remove(actor)

    def kill_all(self) -> None:
        """Kill whoever is left."""
        for actor in list(self.actors):
            self.kill(actor)

    def gate(self) -> None:
        """Before every storage call: wait for the next turn. Threads that an actor starts, and who stands outside, pass at once."""
        if self._running is not None and self._running.is_here():
            self._running.pause()


class GatedObjects:
    """The objects port with a gate before every call; a listing is one step."""

    def __init__(self, inner: Objects, gate: Callable[[], None]) -> None:
        self._inner = inner
        self._gate = gate

    def put(self, name: str, data: bytes | Iterable[bytes]) -> None:
        """See the port."""
        whole = data if isinstance(data, bytes) else b"".join(data)
        self._gate()
        self._inner.put(name, whole)

    def replace(self, name: str, data: bytes) -> None:
        """See the port."""
        self._gate()
        self._inner.replace(name, data)

    def get(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """See the port."""
        self._gate()
        return self._inner.get(name, start, length)

    def get_tail(self, name: str, length: int) -> tuple[bytes, int]:
        """See the port."""
        self._gate()
        return self._inner.get_tail(name, length)

    def find(self, name: str) -> ObjectInfo | None:
        """See the port."""
        self._gate()
        return self._inner.find(name)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See the port."""
        self._gate()
        return iter(list(self._inner.list(prefix)))

    def delete(self, name: str) -> None:
        """See the port."""
        self._gate()
        self._inner.delete(name)


class GatedTable:
    """The table port with a gate before every call."""

    def __init__(self, inner: Table, gate: Callable[[], None]) -> None:
        self._inner = inner
        self._gate = gate

    @property
    def spec(self) -> TableSpec:
        """See the port."""
        return self._inner.spec

    def find(self, pk: str, sk: str) -> Item | None:
        """See the port."""
        self._gate()
        return self._inner.find(pk, sk)

    def put(self, item: Item, *, if_: Condition | None = None) -> None:
        """See the port."""
        self._gate()
        self._inner.put(item, if_=if_)

    def update(self, write: Update) -> Item:
        """See the port."""
        self._gate()
        return self._inner.update(write)

    def delete(self, pk: str, sk: str, *, if_: Condition | None = None) -> None:
        """See the port."""
        self._gate()
        self._inner.delete(pk, sk, if_=if_)

    def query(
        self,
        pk: str,
        *,
        index: str | None = None,
        prefix: str = "",
        after: str | None = None,
        before: str | None = None,
        reverse: bool = False,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Item]:
        """See the port."""
        self._gate()
        return self._inner.query(pk, index=index, prefix=prefix, after=after, before=before, reverse=reverse, limit=limit, cursor=cursor)
