"""The objects port: large immutable bytes by name.

Contract
- Names are ``/``-separated, each part of ``[A-Za-z0-9._-]`` (never ``.`` or ``..``), at most 512 characters.
- No name is a folder of another's (``a`` and ``a/b``): files cannot keep both and refuse the second with InputError; callers do not rely on either.
- ``put`` creates once: bytes are durable and whole when it returns, or the name stays absent. An existing name is left as it is and raises ``ObjectExists``
  (a retried put whose first answer was lost is the caller's to recognise: read it and compare).
- ``replace`` overwrites atomically; only mirrors of mutable state use it.
- A reader sees all bytes of an object or none. List-after-write: a listing that starts after ``put`` returned names the object.
- A failed listing raises; it is never an empty one.
- ``delete`` is idempotent.
- Who retries: ``RetryingObjects`` (a decorator, composed in ``bootstrap``); adapters do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from listbackup.base.errors import Conflict, NotFound


class ObjectMissing(NotFound):
    """No object of that name."""


class ObjectExists(Conflict):
    """The name is taken; the bytes that were there are untouched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectInfo:
    """What a listing tells of an object."""

    name: str
    size_bytes: int
    modified_at: datetime


class Objects(Protocol):
    """Immutable bytes by name."""

    def put(self, name: str, data: bytes | Iterable[bytes]) -> None:
        """Create the object. Raises ObjectExists, OutOfSpace, BackendError."""
        ...

    def replace(self, name: str, data: bytes) -> None:
        """Create or overwrite, atomically."""
        ...

    def get(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """The bytes of the half-open range ``[start, start + length)``, cut at the end; all from ``start`` when ``length`` is None. Raises ObjectMissing."""
        ...

    def get_tail(self, name: str, length: int) -> tuple[bytes, int]:
        """The last ``length`` bytes (fewer if it is shorter) and the whole size [bytes], in one round trip. Raises ObjectMissing."""
        ...

    def find(self, name: str) -> ObjectInfo | None:
        """What is known of the object, or None."""
        ...

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Every object whose name begins with ``prefix``, in order of name."""
        ...

    def delete(self, name: str) -> None:
        """Remove the object if it is there."""
        ...
