"""Grounds that fail on purpose: at a step, at random by a seed, before or after the effect, torn, slow, or killed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar, cast

from listbackup.backends.objects.port import ObjectInfo, Objects
from listbackup.base.clock import Clock, SystemClock
from listbackup.base.errors import BackendError, OutOfSpace

T = TypeVar("T")


class Killed(BaseException):
    """The process died here. Not an Exception: nothing that tidies up after errors may see it."""


class Fault(StrEnum):
    """What goes wrong with one call."""

    BEFORE = "before"  # nothing happened; a retryable error
    LOST_ANSWER = "lost_answer"  # it happened; a retryable error
    REFUSED = "refused"  # nothing happened; an error that is not retryable
    FULL = "full"  # nothing happened; OutOfSpace
    TORN = "torn"  # a put leaves the beginning of its bytes and raises; a read returns the beginning of its bytes, silently
    KILL = "kill"  # the process dies before it happens
    KILL_AFTER = "kill_after"  # the process dies when it has happened


class Faults:
    """Which call meets which fault; ``calls`` lists the calls so far, so that a first quiet run tells how many steps there are to fail at."""

    def __init__(self, decide: Callable[[int, str], Fault | None]) -> None:
        self._decide = decide
        self._lock = threading.Lock()
        self.calls: list[str] = []
        self.met: list[tuple[int, str, Fault]] = []
        self.armed = True

    @classmethod
    def none(cls) -> Faults:
        """No fault: it only counts."""
        return cls(lambda _step, _call: None)

    @classmethod
    def at(cls, step: int, fault: Fault) -> Faults:
        """This fault at the call number ``step`` (0-based), none else."""
        return cls(lambda now, _call: fault if now == step else None)

    @classmethod
    def random(cls, seed: int, share: float, kinds: Sequence[Fault], *, calls: Collection[str] | None = None) -> Faults:
        """Any of ``kinds`` at this share of the calls (of those named), the same for the same seed."""
        dice = random.Random(seed)

        def decide(_step: int, call: str) -> Fault | None:
            struck = dice.random() < share and (calls is None or call in calls)
            return dice.choice(kinds) if struck else None

        return cls(decide)

    def next(self, call: str) -> Fault | None:
        """The fault that this call meets."""
        with self._lock:
            step = len(self.calls)
            self.calls.append(call)
            fault = self._decide(step, call) if self.armed else None
            if fault is not None:
                self.met.append((step, call, fault))
            return fault

    def around(self, call: str, act: Callable[[], T]) -> T:
        """What ``act`` returns, unless this call's fault says otherwise."""
        fault = self.next(call)
        raise_before(fault, call)
        result = act()
        raise_after(fault, call)
        return result


def raise_before(fault: Fault | None, call: str) -> None:
    """Raises what a fault raises before the effect."""
    if fault is Fault.BEFORE:
        raise BackendError(f"{call} failed on purpose", retryable=True)
    if fault is Fault.REFUSED:
        raise BackendError(f"{call} was refused on purpose")
    if fault is Fault.FULL:
        raise OutOfSpace(f"{call} found the disk full on purpose", hint="free some space and run the same again")
    if fault is Fault.KILL:
        raise Killed(call)


def raise_after(fault: Fault | None, call: str) -> None:
    """Raises what a fault raises after the effect."""
    if fault in (Fault.LOST_ANSWER, Fault.TORN):
        raise BackendError(f"the answer to {call} was lost on purpose", retryable=True)
    if fault is Fault.KILL_AFTER:
        raise Killed(call)


class FaultyObjects:
    """The objects below with faults, and with a latency [of ``clock``] before every call."""

    def __init__(
        self, inner: Objects, faults: Faults | None = None, *, latency: timedelta = timedelta(0), clock: Clock | None = None
    ) -> None:
        self._inner = inner
        self.faults = faults or Faults.none()
        self._latency_seconds = latency.total_seconds()
        self._clock = clock or SystemClock()

    def put(self, name: str, data: bytes | Iterable[bytes]) -> None:
        """See the port."""
        self._write("put", data, lambda torn: self._inner.put(name, torn))

    def replace(self, name: str, data: bytes) -> None:
        """See the port."""
        self._write("replace", data, lambda torn: self._inner.replace(name, _whole(torn)))

    def get(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """See the port."""
        return self._read("get", lambda: self._inner.get(name, start, length), _torn)

    def get_tail(self, name: str, length: int) -> tuple[bytes, int]:
        """See the port."""
        return self._read("get_tail", lambda: self._inner.get_tail(name, length), lambda answer: (_torn(answer[0]), answer[1]))

    def find(self, name: str) -> ObjectInfo | None:
        """See the port."""
        return self._read("find", lambda: self._inner.find(name), lambda answer: answer)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See the port. A fault after the effect breaks the listing off half-way."""
        fault = self._begin("list")
        infos = list(self._inner.list(prefix))
        yield from infos[: len(infos) // 2]
        raise_after(fault, "list")
        yield from infos[len(infos) // 2 :]

    def delete(self, name: str) -> None:
        """See the port."""
        fault = self._begin("delete")
        self._inner.delete(name)
        raise_after(fault, "delete")

    def _begin(self, call: str) -> Fault | None:
        if self._latency_seconds:
            self._clock.sleep(self._latency_seconds)
        fault = self.faults.next(call)
        raise_before(fault, call)
        return fault

    def _write(self, call: str, data: bytes | Iterable[bytes], act: Callable[[bytes | Iterable[bytes]], None]) -> None:
        fault = self._begin(call)
        act(_torn(_whole(data)) if fault is Fault.TORN else data)
        raise_after(fault, call)

    def _read(self, call: str, act: Callable[[], T], tear: Callable[[T], T]) -> T:
        fault = self._begin(call)
        answer = act()
        if fault is Fault.TORN:
            return tear(answer)
        raise_after(fault, call)
        return answer


def faulty(target: T, faults: Faults) -> T:
    """Any port with faults around each of its methods: a keyring, a table, tables (and the tables they open). TORN is a lost answer here."""
    return cast(T, _Faulty(target, faults))


class _Faulty:
    def __init__(self, target: Any, faults: Faults) -> None:
        self._target = target
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if not callable(found):
            return found

        def call(*args: Any, **named: Any) -> Any:
            result = self._faults.around(name, lambda: found(*map(_bare, args), **named))
            return _Faulty(result, self._faults) if name == "open" else result

        return call


def _bare(argument: Any) -> Any:
    """The real table inside ``transact([(table, write), …])``."""
    if isinstance(argument, _Faulty):
        return argument._target
    return [tuple(map(_bare, part)) if isinstance(part, tuple) else part for part in argument] if isinstance(argument, list) else argument


def _whole(data: bytes | Iterable[bytes]) -> bytes:
    return data if isinstance(data, bytes) else b"".join(data)


def _torn(data: bytes) -> bytes:
    return data[: len(data) // 2]
