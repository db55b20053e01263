"""Pages whose records come again byte for byte: what the engine remembers of a page, and who keeps it.

A page is known by its list of records, from the first byte of the first to the last byte of the last. Where the same list came before and every record in it is still what
it was, nothing in it needs to be cut out, named or compared: what a reading wants to know of it was *told* when it was learnt. What stands around the list, and the
headers, are read anew. Whoever wants the records after all (``Page.raws``) gets them cut then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, overload, runtime_checkable

import msgspec

from listbackup import __version__
from listbackup.base.decode import json_decoder
from listbackup.connectors.engine.facts import StreamFacts
from listbackup.connectors.engine.record import Key

VERSION = 1  # of what is told, and of how pages are cut and records named: raised with them, so that what was learnt before is not used
Raws = Sequence[bytes | msgspec.Raw]


class KnownPages(Protocol):
    """The pages of a stream as earlier runs met them. ``mark``, ``find``, ``count`` and ``told`` may be called from any thread."""

    def mark(self, listed: bytes | memoryview) -> bytes:
        """By what a page is known again: equal for equal lists of records, and for no others."""
        ...

    @property
    def is_empty(self) -> bool:
        """Whether no page is known yet: this reading only learns."""
        ...

    def find(self, mark: bytes) -> int | None:
        """The number of the page with this mark, if it is known and all its records are what they were."""
        ...

    def count(self, number: int) -> int:
        """How many records the page holds."""
        ...

    def told(self, number: int) -> bytes:
        """What was told of the page when it was learnt."""
        ...

    def is_same(self, one: int, other: int) -> bool:
        """Whether two pages hold the same records in the same order."""
        ...

    def hashes(self, keys: Sequence[Key]) -> bytes:
        """Eight bytes for each key, which tell keys apart."""
        ...

    def hashes_of(self, number: int) -> bytes:
        """The same for the keys of a page."""
        ...


@runtime_checkable
class Recognises(Protocol):
    """A reading that need not cut what it is known to hold. Asked before it is iterated."""

    @property
    def fingerprint(self) -> str | None:
        """What pages were learnt under another fingerprint must not be used; None: no page of this reading can be known."""
        ...

    def recognise(self, pages: KnownPages) -> None:
        """Use these pages, and say of those that can be learnt how they are known again. Records are then handed out as pieces of their page (``msgspec.Raw``) where
        they are most of it: whoever keeps few of a page for long copies them."""
        ...


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of a page."""

    edge: tuple[Key, ...]  # the last keys
    kinds: tuple[str, ...]  # the types of the key's parts
    newest: datetime | None = None  # of the changes
    made: datetime | None = None  # the newest creation


@dataclass(frozen=True, slots=True)
class Recognised:
    """A page that is known: its number, and what was told of it."""

    number: int
    told: Told


class LaterRaws(Sequence[bytes | msgspec.Raw]):
    """The records of a page that is known, cut when somebody looks at them."""

    def __init__(self, count: int, cut: Callable[[], Raws]) -> None:
        self._count, self._cut = count, cut
        self._raws: Raws | None = None

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> bytes | msgspec.Raw: ...
    @overload
    def __getitem__(self, at: slice) -> Raws: ...
    def __getitem__(self, at: int | slice) -> bytes | msgspec.Raw | Raws:
        return self._all()[at]

    def __iter__(self) -> Iterator[bytes | msgspec.Raw]:
        return iter(self._all())

    def _all(self) -> Raws:
        if self._raws is None:
            self._raws = self._cut()
        return self._raws


def fingerprint(facts: StreamFacts, error: str | None) -> str:
    """The print of everything that decides what is read in a page."""
    return hashlib.sha256(msgspec.json.encode([VERSION, __version__, facts, error])).hexdigest()


def encode_told(keys: Sequence[Key], newest: datetime | None, made: datetime | None) -> bytes:
    """What is remembered of the page with these keys."""
    return msgspec.json.encode(Told(tuple(keys[-2:]), tuple(type(part).__name__ for part in keys[0]), newest, made))


decode_told: Callable[[bytes], Told] = json_decoder(Told).decode
