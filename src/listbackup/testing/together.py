"""Work done by several threads at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

HURRIED = 1e-6
"""How long a thread runs before the next may [s]: the interpreter's own 5 ms would let most of them end before the others begin."""


def in_threads(work: Callable[[], None], count: int) -> None:
    """Run the same work in several threads; raise what any of them raised."""
    in_threads_each(*[work] * count)


def in_threads_each(*works: Callable[[], None]) -> None:
    """Run each in a thread of its own, changing between them as often as can be; raise what any of them raised."""
    raised: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    with _hurried():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if raised:
        raise raised[0]


@contextmanager
def _hurried() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(HURRIED)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
