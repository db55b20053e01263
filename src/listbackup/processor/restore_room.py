"""What planning, carrying out and undoing a restore have in common: two views, a session, and a way to say whether two records mean the same."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from listbackup.base.canonical import comparable
from listbackup.base.clock import iso
from listbackup.base.decode import readable
from listbackup.base.errors import InputError, Interrupted, PlatformError, PlatformFault
from listbackup.base.numbers import whole
from listbackup.connectors.engine.connector import Session, StreamInfo
from listbackup.connectors.engine.quota import KnowsQuota, QuotaLeft
from listbackup.connectors.engine.record import Key
from listbackup.processor.fields import FieldPath, find_field, with_fields
from listbackup.processor.restore_model import RESERVE_CALLS, IdMap
from listbackup.store import SnapshotInfo

if TYPE_CHECKING:
    from listbackup.store import View


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRoom:
    """``view`` is the snapshot that is given back, ``latest`` the newest one: what differs from it on the platform is in no snapshot."""

    session: Session
    view: View
    latest: View
    snapshot: SnapshotInfo
    infos: Mapping[str, StreamInfo]
    ids: IdMap
    secret: bytes  # the account's id key: digests of records lie in tables in the clear
    should_stop: Callable[[], bool]
    fields: tuple[FieldPath, ...] = ()  # only these fields go back; none: whole records

    def info(self, stream: str) -> StreamInfo:
        """The stream as the platform shows it. Raises InputError when it does not any more."""
        found = self.infos.get(stream)
        if found is None:
            raise InputError(f"the platform does not show the stream {stream!r} any more", field="stream")
        return found

    def check_stop(self) -> None:
        """Raises Interrupted when it is time to stop."""
        if self.should_stop():
            raise Interrupted("stopped as asked", hint="the same restore can be gone on with; nothing will be written twice")

    def quota_left(self) -> QuotaLeft | None:
        """What is left of our share of the platform's calls, where a quota is known."""
        return self.session.quota_left() if isinstance(self.session, KnowsQuota) else None

    def check_calls(self) -> None:
        """Raises PlatformError (quota_reached) when there are not calls enough left to write one record and its files, and to take that back."""
        left = self.quota_left()
        if left is None or left.calls >= min(RESERVE_CALLS, left.of // 2):
            return
        message = f"{left.calls:,} calls are left of our share of the {left.of:,} a {left.per} that the platform grants"
        hint = f"go on with the restore after {iso(left.enough_at)}; nothing will be written twice"
        raise PlatformError(message, fault=PlatformFault.QUOTA_REACHED, hint=hint)

    def digest(self, stream: str, raw: bytes) -> str:
        """Equal for records that mean the same: without the key, without "changed at", without what changes by itself."""
        info = self.info(stream)
        ignored = [*map(tuple, info.volatile), *((name,) for name in info.key)]
        if info.cursor is not None:
            ignored.append(tuple(info.cursor.split(".")))
        return hmac.new(self.secret, b"listbackup/restore/" + comparable(raw, ignored), hashlib.sha256).hexdigest()[:32]

    def parts(self, stream: str, raw: bytes) -> tuple[str | None, ...]:
        """One for each chosen field: equal for values that mean the same, None where the record has no such field."""
        found = (find_field(raw, path) for path in self.fields)
        return tuple(
            self.digest(stream, with_fields(b"{}", raw, [path])) if one is not None else None
            for path, one in zip(self.fields, found, strict=True)
        )

    def kept(self, stream: str, key: Key) -> bytes | None:
        """The record of the snapshot with its references turned to where restored records live now; None when the snapshot has none."""
        record = self.view.get(stream, key)
        return self.rewritten(stream, record.raw) if record is not None else None

    def wanted(self, stream: str, key: Key, before: bytes | None) -> bytes | None:
        """What is to be written in place of ``before``: the record that is kept, or what is there with the chosen fields of it; None where there is nothing to write."""
        kept = self.kept(stream, key)
        if kept is None or not self.fields:
            return kept
        return with_fields(before, kept, self.fields) if before is not None else None

    def rewritten(self, stream: str, raw: bytes) -> bytes:
        """The record with its references turned to new ids; the very same bytes when none has to be."""
        references = self.info(stream).references
        if not references:
            return raw
        value = json.loads(readable(raw), parse_float=_as_written, parse_int=_as_written)
        turned = [self._turn(value, _parts(path), to) for path, to in references.items()]
        return msgspec.json.encode(value) if any(turned) else raw

    def in_order(self, streams: Sequence[str]) -> Sequence[str]:
        """These streams, each after those that its records refer to; a circle is cut where it is met."""
        ordered: list[str] = []
        visiting: set[str] = set()

        def visit(name: str) -> None:
            if name in ordered or name in visiting or name not in self.infos:
                return
            visiting.add(name)
            info = self.infos[name]
            for above in sorted({*info.references.values(), *([info.parent] if info.parent else [])}):
                visit(above)
            visiting.discard(name)
            ordered.append(name)

        for name in sorted(streams):
            visit(name)
        return [name for name in ordered if name in streams]

    def refers_to(self, stream: str, raw: bytes) -> Sequence[tuple[str, Key]]:
        """(stream, key) of every record that this one refers to, as far as the connector declares it; a number also as the text that may be its key."""
        found = [(to, key) for _, to, key in references_in(self.info(stream).references, raw)]
        return [*found, *((to, (str(part),)) for to, (part,) in found if isinstance(part, int))]

    def _turn(self, value: Any, path: Sequence[str], to: str) -> bool:
        """Turn the reference at this path, a single one or a list of them; ``*`` stands for every element of an array."""
        if not path:
            return False
        if isinstance(value, list):
            rest = path[1:] if path[0] == "*" else path
            if rest:
                return any([self._turn(one, rest, to) for one in value])  # noqa: C419  every element is turned, not only the first
            return self._turn_all(value, to)
        if not isinstance(value, dict) or path[0] not in value:
            return False
        inner = value[path[0]]
        if len(path) > 1 and path[1:] != ["*"]:
            return self._turn(inner, path[1:], to)
        if isinstance(inner, list):
            return self._turn_all(inner, to)
        new = new_reference(self.ids, to, inner)
        if new is None:
            return False
        value[path[0]] = new
        return True

    def _turn_all(self, values: list[Any], to: str) -> bool:
        turned = False
        for place, one in enumerate(values):
            new = new_reference(self.ids, to, one)
            if new is not None:
                values[place], turned = new, True
        return turned


def new_reference(ids: IdMap, to: str, value: Any) -> str | int | None:
    """What names the record of stream ``to`` since it was written back, spelled as ``value`` names it; None where it goes by that name still.

    A number may name a record whose key is text, and the other way round.
    """
    old = _plain(value)
    if old is None:
        return None
    number = whole(old) if isinstance(old, str) else None
    other = str(old) if isinstance(old, int) else number
    for part in (old, other) if other is not None else (old,):
        restored = ids.find(to, (part,))
        if restored is not None and restored.target != (part,):
            new = restored.target[-1]
            if isinstance(old, str):
                return str(new)
            digits = whole(new) if isinstance(new, str) else None
            return new if digits is None else digits
    return None


def references_in(references: Mapping[str, str], raw: bytes) -> Sequence[tuple[str, str, Key]]:
    """(path, stream, key) of every record that this one refers to; ``references`` are declared paths and the streams they lead to."""
    if not references:
        return ()
    value = json.loads(readable(raw), parse_int=_id_or_none)
    found = [(path, to, one) for path, to in references.items() for one in _all_at(value, _parts(path))]
    return [(path, to, (one,)) for path, to, one in found if isinstance(one, str | int) and not isinstance(one, bool)]


def _as_written(text: str) -> Any:
    return msgspec.Raw(text.encode())


def _id_or_none(text: str) -> int | None:
    return int(text) if whole(text.removeprefix("-")) is not None else None


def _plain(value: Any) -> str | int | None:
    if isinstance(value, str):
        return value
    if isinstance(value, msgspec.Raw):
        return _id_or_none(bytes(value).decode())
    return None


def _parts(path: str) -> Sequence[str]:
    return path.lstrip("/").replace("/", ".").split(".")


def _all_at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _all_at(one, path[1:] if path and path[0] == "*" else path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _all_at(value[path[0]], path[1:])
