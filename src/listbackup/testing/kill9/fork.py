"""One child: forked, given work, and killed without warning when its time has come."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from listbackup.testing.kill9.wire import Desk

Tell = Callable[[str], None]
NEVER = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of a child: the lines it told, whether it was killed, how long it lived."""

    said: Sequence[str]
    killed: bool
    took_seconds: float

    def learnt(self, usual_seconds: float) -> float:
        """How long such a child usually takes, after this one: moments are drawn over that, so that few get to their end unkilled."""
        return max(usual_seconds, self.took_seconds) if self.killed else 0.8 * usual_seconds + 0.2 * self.took_seconds


def live(work: Callable[[Tell], None], patience_seconds: float, *, desk: Desk | None = None, requests: int = NEVER) -> Ended:
    """Let a child work until it is done, its time is over, or it has sent more requests than these to the desk."""
    reading, writing = os.pipe()
    began = time.perf_counter()
    pid = os.fork()
    if not pid:
        _be_child(work, writing)
    os.close(writing)
    ended = os.pidfd_open(pid)
    done = _wait(ended, began + patience_seconds, desk, requests)
    if not done:
        os.kill(pid, signal.SIGKILL)
    took = time.perf_counter() - began
    os.waitpid(pid, 0)
    os.close(ended)
    with os.fdopen(reading) as pipe:
        return Ended(said=pipe.read().splitlines(), killed=not done, took_seconds=took)


def _wait(ended: int, until: float, desk: Desk | None, requests: int) -> bool:
    """Whether the child ended by itself before the moment came."""
    waiting = select.poll()
    waiting.register(ended, select.POLLIN)
    if desk is not None:
        waiting.register(desk.fileno(), select.POLLIN)
    while True:
        found = {number for number, _ in waiting.poll(max(0.0, until - time.perf_counter()) * 1000)}
        if ended in found:
            return True
        if desk is None or not found or desk.served >= requests:
            return False
        desk.serve()


def _be_child(work: Callable[[Tell], None], writing: int) -> NoReturn:
    def tell(line: str) -> None:
        os.write(writing, line.encode() + b"\n")

    try:
        work(tell)
    except Exception as error:  # noqa: BLE001  (told to the parent, which counts it as a violation)
        tell(f"failed: {type(error).__name__}: {error}")
    finally:
        os._exit(0)
