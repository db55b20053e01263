"""Work done by several threads at once."""

from __future__ import annotations

import threading
from collections.abc import Callable


def in_threads(work: Callable[[], None], count: int) -> None:
    """Run the same work in several threads; raise what any of them raised."""
    in_threads_each(*[work] * count)


def in_threads_each(*works: Callable[[], None]) -> None:
    """Run each in a thread of its own; raise what any of them raised."""
    raised: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
