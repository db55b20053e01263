"""The sealed list of what is to be erased: written once, read in pieces, deleted when it is over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.backends.table.port import Scalar, Table, Write
from listbackup.base.decode import from_msgpack
from listbackup.base.errors import NotFound
from listbackup.services.desk import Desk
from listbackup.services.erasures.model import Named, Order
from listbackup.services.erasures.table import ERASURE_LISTS
from listbackup.services.rows import Writes
from listbackup.services.scope import Scope
from listbackup.services.stores import Keys

PIECE = 500
_ORDER = "order"


class Lists:
    """The list of one erasure."""

    def __init__(self, desk: Desk, scope: Scope, keys: Keys, erasure: str) -> None:
        self._desk, self._scope, self._erasure = desk, scope, erasure
        self._keys = keys.for_account(scope.account)
        self._table = desk.open(ERASURE_LISTS, scope)

    def put_order(self, order: Order) -> Writes:
        """The write that keeps what was asked."""
        return [self._put(_ORDER, msgspec.msgpack.encode(order))]

    def order(self) -> Order:
        """What was asked. Raises NotFound once it is over."""
        return from_msgpack(self._get(_ORDER), Order)

    def write(self, found: Sequence[Named]) -> int:
        """Keep the list, replacing an earlier one; how many pieces it has."""
        starts = range(0, len(found), PIECE)
        for number, start in enumerate(starts):
            self._desk.commit(self._scope, [self._put(_name(number), msgspec.msgpack.encode(found[start : start + PIECE]))])
        return len(starts)

    def read(self, number: int) -> Sequence[Named]:
        """One piece of the list."""
        return from_msgpack(self._get(_name(number)), list[Named])

    def iter(self, pieces: int) -> Iterator[Named]:
        """The whole list."""
        for number in range(pieces):
            yield from self.read(number)

    def clear(self) -> None:
        """Forget everything; idempotent."""
        while rows := self._table.query(part=self._erasure, limit=100).items:
            self._desk.commit(self._scope, [self._table.delete(str(row["sk"]), part=self._erasure) for row in rows])

    def _put(self, name: str, plain: bytes) -> tuple[Table, Write]:
        sealed: dict[str, Scalar] = {"sealed": seal_field(self._keys, plain, context=self._context(name))}
        return self._table.put(name, sealed, part=self._erasure)

    def _get(self, name: str) -> bytes:
        row = self._table.find(name, part=self._erasure)
        if row is None:
            raise NotFound("the list of this erasure is gone: it is over")
        sealed = row["sealed"]
        assert isinstance(sealed, bytes)
        return open_field(self._keys, sealed, context=self._context(name))

    def _context(self, name: str) -> tuple[str, ...]:
        return (ERASURE_LISTS.name, self._erasure, name)


def _name(number: int) -> str:
    return f"{number:08d}"
