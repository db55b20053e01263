"""Loading code without looking for garbage in it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """The cyclic collector rests inside: of what modules, classes and clients are made nothing is garbage, and it would walk through all of it again and again.

    Measured: 60 of the 460 ms that a function's first answer took.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
