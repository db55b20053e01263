"""Opaque cursors of queries: where to go on, tied to the query they came from."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from listbackup.base.decode import from_msgpack
from listbackup.base.errors import InputError

_TAG_BYTES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryShape:
    """What makes two queries the same listing; a cursor of one is no cursor of another."""

    table: str
    index: str | None
    pk: str
    prefix: str
    after: str | None
    before: str | None
    reverse: bool

    def check(self, limit: int) -> None:
        """Raises InputError where a part of the query cannot be one."""
        if limit < 1:
            raise InputError("a page holds at least one item", field="limit")
        for name in ("pk", "prefix", "after", "before"):
            try:
                (getattr(self, name) or "").encode()
            except UnicodeEncodeError:
                raise InputError(f"{name} holds half a surrogate pair, which no encoding keeps", field=name) from None

    def cursor(self, position: Sequence[str]) -> str:
        """The cursor that goes on behind ``position`` (the sort values of the last item)."""
        body = msgspec.msgpack.encode(list(position))
        return base64.urlsafe_b64encode(self._tag(body) + body).decode().rstrip("=")

    def position(self, cursor: str, length: int) -> list[str]:
        """The ``length`` sort values that ``cursor`` holds. Raises InputError when it is none of this query's."""
        try:
            sealed = base64.urlsafe_b64decode((cursor + "=" * (-len(cursor) % 4)).encode("ascii"))
            tag, body = sealed[:_TAG_BYTES], sealed[_TAG_BYTES:]
            if tag == self._tag(body) and cursor == base64.urlsafe_b64encode(sealed).decode().rstrip("="):
                position = from_msgpack(body, list[str])
                if len(position) == length:
                    return position
        except (binascii.Error, UnicodeEncodeError, ValueError, msgspec.DecodeError):
            pass
        raise InputError("the cursor does not belong to this listing", field="cursor", hint="start again without a cursor")

    def _tag(self, body: bytes) -> bytes:
        shape = msgspec.msgpack.encode([self.table, self.index, self.pk, self.prefix, self.after, self.before, self.reverse])
        return hashlib.blake2b(body, digest_size=_TAG_BYTES, key=hashlib.sha256(shape).digest(), person=b"table cursor").digest()
