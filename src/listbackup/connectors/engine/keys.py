"""What is read of each record on its way through: its key, when it changed, whether it is flagged as gone. The rest stays bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import msgspec

from listbackup.base.decode import json_decoder
from listbackup.connectors.engine.facts import FlaggedDeletion, StreamFacts
from listbackup.connectors.engine.faults import Reason
from listbackup.connectors.engine.places import ABSENT, Shape, split
from listbackup.connectors.engine.record import Key, KeyPart

PARENT = "parent."
MAX_KEY_TEXT = 900  # a key's code in the store holds 1,024 bytes
Raw = bytes | msgspec.Raw
_KINDS: Mapping[str, type] = {"int": int, "str": str}
_NO = (b"", b"null", b"false", b"0", b'""', b"[]", b"{}")


@dataclass(slots=True)
class Read:
    """A page's records, named. The columns are parallel; records without a key are left out and noted. ``raws`` are pieces of the page where that was asked for."""

    keys: list[Key]
    raws: list[bytes]
    changed: Sequence[object]
    created: Sequence[object]
    gone: list[Key]  # flagged as deleted; they are in no other column
    faults: list[tuple[Reason, str]] = field(default_factory=list)


class KeyReader:
    """Names the records of one stream; reads when each changed only where somebody wants to know (``with_changed``)."""

    def __init__(self, facts: StreamFacts, *, with_changed: bool = True) -> None:
        self._facts = facts
        self._changed = split(facts.changed.field) if facts.changed and with_changed else None
        self._created = split(facts.created) if facts.created else None
        self._own = [split(path) for path in facts.key if not path.startswith(PARENT)]
        self._parts = [path.removeprefix(PARENT) if path.startswith(PARENT) else None for path in facts.key]
        self._flag = facts.deletions if isinstance(facts.deletions, FlaggedDeletion) else None
        self._gone_values = frozenset(msgspec.json.encode(value) for value in self._flag.values) if self._flag else frozenset()
        self._fast = self._shape(int | str, msgspec.NODEFAULT, str | int | float | None)
        self._slow = self._shape(msgspec.Raw, ABSENT, msgspec.Raw)
        self._decode: Any = json_decoder(self._fast.type).decode
        self._decode_slow: Any = json_decoder(self._slow.type).decode
        self._kinds: tuple[type, ...] | None = None  # of the key's parts, as first seen
        self._as = facts.key_as
        self._told_of_drift = ""  # said once, however many pages it is true of

    def agrees(self, kinds: Sequence[str]) -> bool:
        """Whether keys of these types are like those that came; from now on they are, where none came."""
        if self._as == "mixed":
            return True
        if self._kinds is None:
            self._kinds = tuple(_KINDS[kind] for kind in kinds)
        return kinds_of(self._kinds) == tuple(kinds)

    def _shape(self, key: Any, key_default: Any, instant: Any) -> Shape:
        leaves: dict[tuple[str, ...], tuple[Any, Any]] = {}
        absent = ABSENT if instant is msgspec.Raw else None
        for path in (self._changed, self._created):
            if path is not None:
                leaves[path] = (instant, absent)
        if self._flag:
            leaves[split(self._flag.field)] = (msgspec.Raw, ABSENT)
        leaves.update(dict.fromkeys(self._own, (key, key_default)))
        return Shape(leaves)

    def read(self, raws: Sequence[Raw], mended: Sequence[Raw] | None, parent: Mapping[str, KeyPart], *, copied: bool = True) -> Read:
        """The records of a page, named; ``parent`` fills the key parts that a child has from its parent. ``copied``: not as pieces that keep the whole page."""
        source = raws if mended is None else mended
        try:
            seen = list(map(self._decode, source))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return self._one_by_one(raws, source, parent)
        kept: list[Any] = list(map(bytes, raws)) if copied else list(raws)
        columns = self._columns(seen, parent)
        keys: list[Key] = list(zip(*columns, strict=True)) if columns else [content_key(bytes(raw)) for raw in raws]
        found = Read(keys, kept, self._instants(self._changed, seen), self._instants(self._created, seen), [])
        if columns and seen:
            self._check(found, columns)
        return self._without_gone(found, seen) if self._flag else found

    def _columns(self, seen: Sequence[Any], parent: Mapping[str, KeyPart]) -> list[list[Any]]:
        """The parts of the keys, each part a column; none where records have no key."""
        columns: list[list[Any]] = []
        own = iter(self._own)
        for placeholder in self._parts:
            if placeholder is not None:
                columns.append([parent[placeholder]] * len(seen))
            else:
                columns.append(list(map(self._fast.getters[next(own)], seen)))
        return [list(map(str, column)) for column in columns] if self._as == "text" else columns

    def _instants(self, path: tuple[str, ...] | None, seen: Sequence[Any]) -> Sequence[object]:
        return list(map(self._fast.getters[path], seen)) if path is not None else ()

    def _check(self, found: Read, columns: Sequence[Sequence[Any]]) -> None:
        """Notes keys whose type is not the one seen before, and keys too long to keep."""
        if self._kinds is None:
            self._kinds = tuple(map(type, found.keys[0]))
        for place, (kind, column) in enumerate(zip(self._kinds, columns, strict=True)):
            kinds = set(map(type, column))
            if kinds != {kind} and self._as == "same":
                found.faults.append((Reason.SCHEMA_DRIFT, self._drift(place, kind, column)))
            if str in kinds and max(map(len, column if len(kinds) == 1 else map(str, column))) > MAX_KEY_TEXT:
                self._drop_long(found)
                return

    def _drift(self, place: int, kind: type, column: Sequence[KeyPart]) -> str:
        """Both records are kept, and it is for a person to say whether 1 and "1" are one."""
        if not self._told_of_drift:
            odd = next(part for part in column if type(part) is not kind)
            first, other = ("text", "a number") if kind is str else ("a number", "text")
            self._told_of_drift = (
                f"the key {self._facts.key[place]!r} of {self._facts.name} is {first} at first and later {other} ({msgspec.json.encode(odd).decode()[:60]}); "
                'where 1 and "1" are one record, declare the stream with `key_as: text`, where they are two, with `key_as: mixed`'
            )
        return self._told_of_drift

    def _drop_long(self, found: Read) -> None:
        keep = [sum(len(str(part)) for part in key) <= MAX_KEY_TEXT for key in found.keys]
        found.faults.append((Reason.MISSING_KEY, f"{keep.count(False)} records have a key longer than {MAX_KEY_TEXT} characters"))
        _select(found, keep)

    def _without_gone(self, found: Read, seen: Sequence[Any]) -> Read:
        flag = self._flag
        assert flag is not None
        get = self._fast.getters[split(flag.field)]
        marks = [bytes(get(one)) for one in seen]
        if self._gone_values:
            keep = [mark not in self._gone_values for mark in marks]
        else:
            keep = [mark in _NO for mark in marks]
        if not all(keep) and len(keep) == len(found.keys):
            found.gone = [key for key, live in zip(found.keys, keep, strict=True) if not live]
            _select(found, keep)
        return found

    def _one_by_one(self, raws: Sequence[Raw], source: Sequence[Raw], parent: Mapping[str, KeyPart]) -> Read:
        """Some record is not as expected: each is read by itself, and those without a usable key are noted."""
        good, faults = [], []
        for raw, text in zip(raws, source, strict=True):
            try:
                self._decode(text)
                good.append((raw, text))
            except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
                mended = self._mended(text)
                if mended is None:
                    faults.append((Reason.MISSING_KEY, self._without_key()))
                else:
                    good.append((raw, mended))
        found = self.read([raw for raw, _ in good], [text for _, text in good], parent) if good else Read([], [], (), (), [])
        found.faults[:0] = faults
        return found

    def _without_key(self) -> str:
        if not self._own:
            return f"a record of {self._facts.name} is no object"
        where = ", ".join(self._facts.key)
        return (
            f"a record of {self._facts.name} has no key at {where} and is not kept; "
            "in the description of the API, `key` says what names a record, `key: []` that nothing does"
        )

    def _mended(self, text: Raw) -> bytes | None:
        """A record that is odd only where it does not matter, with just its key and flag; None if its key cannot be used."""
        try:
            slow = self._decode_slow(text)
            kept: dict[str, Any] = {}
            wanted = [*self._own, *([split(self._flag.field)] if self._flag else [])]
            for path in wanted:
                raw = bytes(self._slow.getters[path](slow))
                if path in self._own:
                    value = msgspec.json.decode(raw) if raw else None
                    if isinstance(value, bool) or not isinstance(value, str | int):
                        return None
                if raw:
                    _put(kept, path, msgspec.Raw(raw))
            return msgspec.json.encode(kept)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None if self._own else b"{}"


def kinds_of(kinds: Sequence[type]) -> tuple[str, ...]:
    """Types of a key's parts, by name."""
    return tuple(kind.__name__ for kind in kinds)


def content_key(raw: bytes) -> Key:
    """The key of a record in a stream that has none: its content's digest."""
    return (blake2b(raw, digest_size=16).hexdigest(),)


def _put(tree: dict[str, Any], path: Sequence[str], value: object) -> None:
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
    tree[path[-1]] = value


def _select(found: Read, keep: Sequence[bool]) -> None:
    found.keys = [one for one, good in zip(found.keys, keep, strict=True) if good]
    found.raws = [one for one, good in zip(found.raws, keep, strict=True) if good]
    found.changed = [one for one, good in zip(found.changed, keep, strict=True) if good] if found.changed else ()
    found.created = [one for one, good in zip(found.created, keep, strict=True) if good] if found.created else ()
