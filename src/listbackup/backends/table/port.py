"""The table port: small mutable items by partition and sort key, as DynamoDB can do and SQLite too.

Contract
- An item is a flat mapping of attribute name to str | int | bool | bytes | None, at most 400 KB together; an int fits into 64 bits. ``pk`` and ``sk`` (str, not
  empty, at most 2,048 and 1,024 bytes as UTF-8) name it, and so it is for the attributes of an index. What breaks this is refused with InputError.
- A write is durable when the call returns (SQLite: WAL with ``synchronous=FULL``). A transaction happens whole or not at all, and
  holds at most 100 writes (on DynamoDB also 4 MB).
- A write's ``if_`` condition is judged in the same step as the write. A failed one raises ``ConditionFailed`` and changes nothing.
- A read by key sees every write that returned before it (strongly consistent).
- Queries list one partition (of the table or of a declared index) in the order of the sort key as UTF-8 bytes, by pages with an opaque cursor. An item
  without the index's attributes is not in the index; equal sort keys of an index come in an order of the ground's own, always the same.
- A query of a table sees every write that returned before it. A query of an index may be a moment behind (on DynamoDB): who must not be wrong reads the key, or writes under a condition.
- ``expires_at`` (declared by ``TableSpec.ttl``; whole seconds [s since 1970 UTC]) makes an item absent to every read and condition from that instant on; it is removed some time later.
- Who retries: nobody below ``base.retry``; ``BackendError.retryable`` says whether to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

from listbackup.base.errors import Conflict
from listbackup.base.paging import Page

Scalar: TypeAlias = str | int | bool | bytes | None
Item: TypeAlias = Mapping[str, Scalar]

MAX_TRANSACTION = 100
MAX_ITEM_BYTES = 400 * 1024
MAX_PK_BYTES = 2048
MAX_SK_BYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSpec:
    """A second order of the same items: by the attributes named ``pk`` and ``sk`` (both str)."""

    name: str
    pk: str
    sk: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """A table, declared once: the SQLite schema, the cloud's tables and the docs come from this."""

    name: str
    indexes: tuple[IndexSpec, ...] = ()
    ttl: str | None = None  # the attribute that holds the expiry, if any
    about: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """Holds when there is no item of that key."""


@dataclass(frozen=True, slots=True)
class Exists:
    """Holds when there is an item of that key."""


@dataclass(frozen=True, slots=True)
class Equals:
    """Holds when there is an item and each of these attributes has exactly this value (None: is None or missing)."""

    attributes: Mapping[str, Scalar]


Condition: TypeAlias = Absent | Exists | Equals


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Write the whole item, replacing what was there."""

    item: Item
    if_: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Change these attributes of an existing item (None removes one), and add these numbers; creates no item: a missing one is ``ConditionFailed``."""

    pk: str
    sk: str
    set: Mapping[str, Scalar] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    if_: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Remove the item; removing an absent one is no error unless the condition says so."""

    pk: str
    sk: str
    if_: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Write nothing, but fail the transaction unless the condition holds."""

    pk: str
    sk: str
    if_: Condition


Write: TypeAlias = Put | Update | Delete | Check


class ConditionFailed(Conflict):
    """The condition of the write at ``position`` (0-based) did not hold; nothing was written."""

    def __init__(self, position: int = 0) -> None:
        super().__init__(f"the condition of write {position} did not hold")
        self.position = position


class Table(Protocol):
    """One declared table."""

    @property
    def spec(self) -> TableSpec:
        """The declaration this table was opened with."""
        ...

    def find(self, pk: str, sk: str) -> Item | None:
        """The item of this key, or None."""
        ...

    def put(self, item: Item, *, if_: Condition | None = None) -> None:
        """``Put`` alone. Raises ConditionFailed."""
        ...

    def update(self, write: Update) -> Item:
        """``Update`` alone; returns the whole item as it is afterwards. Raises ConditionFailed."""
        ...

    def delete(self, pk: str, sk: str, *, if_: Condition | None = None) -> None:
        """``Delete`` alone. Raises ConditionFailed."""
        ...

    def query(
        self,
        pk: str,
        *,
        index: str | None = None,
        prefix: str = "",
        after: str | None = None,
        before: str | None = None,
        reverse: bool = False,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Item]:
        """A page of one partition in sort-key order.

        ``prefix`` keeps sort keys that begin so; ``after``/``before`` are exclusive bounds on the sort key; ``limit`` counts items.
        """
        ...


@runtime_checkable
class Stamped(Protocol):
    """Tables that can say cheaply whether anything in them has changed."""

    def stamp(self) -> tuple[int, int]:
        """Equal to an earlier one only if nothing was committed in between, by whichever thread or process."""
        ...


@runtime_checkable
class Swept(Protocol):
    """Tables whose expired items stay where they are, unseen, until somebody takes them away."""

    def sweep(self, *, limit: int) -> int:
        """Removes up to so many expired items of each table that was ever declared; how many, 0 when none is left."""
        ...


class Tables(Protocol):
    """All tables of one ground; a transaction may span them."""

    def open(self, spec: TableSpec) -> Table:
        """The table of this declaration, created when missing; opening it twice gives the same table."""
        ...

    def transact(self, writes: Sequence[tuple[Table, Write]]) -> None:
        """All writes or none, at most ``MAX_TRANSACTION``, no two of the same item. Raises ConditionFailed."""
        ...
