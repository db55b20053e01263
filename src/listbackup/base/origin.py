"""Where a request came from: remembered for as long as it is worked on, so that every line of the trail can say it."""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_LONGEST = 200  # characters of a user agent that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The caller's address and what its program calls itself; both are what was said, proven by nothing."""

    address: str | None = None
    agent: str | None = None


_origin: contextvars.ContextVar[Origin | None] = contextvars.ContextVar("origin", default=None)


@contextmanager
def coming_from(address: str | None, agent: str | None) -> Iterator[None]:
    """Everything done inside the block was asked for from there; threads that the block starts with its context know it too."""
    said = "".join(c for c in agent[:_LONGEST] if c.isprintable()) if agent else None
    token = _origin.set(Origin(address=address, agent=said or None))
    try:
        yield
    finally:
        _origin.reset(token)


def current_origin() -> Origin | None:
    """Where what is done now was asked for; None for the scheduler, a worker or the command line."""
    return _origin.get()
