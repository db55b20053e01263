"""Tables in DynamoDB: one table per declared table, an item's attributes as they are, a global secondary index per declared index.

What the port promises holds, and so does this, which the embedded tables do better:

- A query of an *index* is eventually consistent: it may miss what was written in the last moment (usually well under a second), or show it as it was. Who must not
  be wrong reads the key itself, or writes under a condition.
- A query that meets a transaction while it is being written may show a part of it; a read by key never does.
- Items with equal sort keys of an index come in an order that DynamoDB chooses and keeps.
- ``forget`` reads every table from end to end: DynamoDB has no order of partitions.

A write that is asked again after a lost answer happens once: a transaction carries a token that DynamoDB remembers for ten minutes; a single conditional Put or an Update
leaves a token in the item, by which the second try sees that the first was done; a conditional Delete goes as a transaction; what is left may happen twice without harm.
Source: AWS, "Read consistency", "Amazon DynamoDB Transactions: How it works" (read 2026-11-21).
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from listbackup.backends.aws_client import Aws, AwsRefused
from listbackup.backends.table.cursor import QueryShape
from listbackup.backends.table.dynamodb_calls import Calls, failed_items
from listbackup.backends.table.dynamodb_forget import forget_owner
from listbackup.backends.table.dynamodb_item import WRITE, is_alive, new_token, unpack_item
from listbackup.backends.table.dynamodb_query import SortRange, query_request
from listbackup.backends.table.dynamodb_schema import check_declared, create_table, table_name
from listbackup.backends.table.dynamodb_write import transact_item, write_request
from listbackup.backends.table.port import Condition, ConditionFailed, Delete, Item, Put, Scalar, Table, TableSpec, Update, Write
from listbackup.backends.table.rules import check_key, check_transaction, find_index, key_of, outcome
from listbackup.base.clock import Clock
from listbackup.base.errors import InputError
from listbackup.base.paging import Page


class DynamodbTables:
    """All tables of one deployment, named ``<prefix>-<table>``; safe to share between threads. Opening one asks nothing of AWS.

    ``create`` makes a table that is missing when it is opened. ``declared`` are tables that ``forget`` looks into beside those that were opened here.
    """

    def __init__(
        self,
        aws: Aws,
        prefix: str,
        clock: Clock,
        *,
        create: bool = False,
        declared: Sequence[TableSpec] = (),
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self.aws = aws
        self.calls = Calls(aws, clock)
        self.prefix = prefix
        self._clock = clock
        self._create = create
        self._declared = declared
        self._tags = {"app": "listbackup", **(tags or {})}
        self._tables: dict[str, DynamodbTable] = {}
        self._lock = threading.Lock()

    def open(self, spec: TableSpec) -> Table:
        """See the port. A table that is missing is found missing by the first read or write."""
        with self._lock:
            table = self._tables.get(spec.name)
            if table is None:
                check_declared(spec)
                if self._create:
                    create_table(self.calls, self.prefix, spec, self._tags, self._clock)
                table = self._tables[spec.name] = DynamodbTable(self, spec)
            elif table.spec != spec:
                raise InputError(f"the table {spec.name} is open with another declaration", field="spec")
            return table

    def transact(self, writes: Sequence[tuple[Table, Write]]) -> None:
        """See the port."""
        owned = [(self._own(table), write) for table, write in writes]
        keys = [key_of(write) for _, write in owned]
        check_transaction([(table.spec.name, *key) for (table, _), key in zip(owned, keys, strict=True)])
        if not owned:
            return
        now = self.now()
        items = [transact_item(table.spec, table.name, write, now) for table, write in owned]
        try:
            self.calls("transact_write_items", TransactItems=items, ClientRequestToken=secrets.token_hex(16))
        except AwsRefused as refused:
            for position, packed in failed_items(refused) or ():
                table, write = owned[position]
                raise table.failed(write, packed, position, now) from refused
            raise

    def forget(self, owner: str, *, spare: str = "") -> int:
        """Removes items whose partition is the owner's, or begins with it and a slash, but for those of one table; how many, 0 when none is left."""
        specs = {spec.name: spec for spec in (*self._declared, *(table.spec for table in self._tables.values()))}
        return sum(forget_owner(self.calls, table_name(self.prefix, spec), owner) for name, spec in specs.items() if name != spare)

    def again(self, clock: Clock) -> DynamodbTables:
        """The same tables as another process opens them."""
        return DynamodbTables(self.aws, self.prefix, clock, create=self._create, declared=self._declared, tags=self._tags)

    def now(self) -> int:
        """Whole seconds [s since 1970 UTC, rounded down]: what expires at a whole second has expired then, and not before."""
        return int(self._clock.now().timestamp() // 1)

    def _own(self, table: Table) -> DynamodbTable:
        if self._tables.get(table.spec.name) is not table or not isinstance(table, DynamodbTable):
            raise InputError("a transaction stays within the tables of one ground", field="writes")
        return table


class DynamodbTable:
    """One table of ``DynamodbTables``."""

    def __init__(self, tables: DynamodbTables, spec: TableSpec) -> None:
        self._tables = tables
        self._spec = spec
        self.name = table_name(tables.prefix, spec)

    @property
    def spec(self) -> TableSpec:
        """See the port."""
        return self._spec

    def find(self, pk: str, sk: str) -> Item | None:
        """See the port."""
        check_key(pk, sk)
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        return self._alive(
            self._tables.calls("get_item", TableName=self.name, Key=key, ConsistentRead=True).get("Item"), self._tables.now()
        )

    def put(self, item: Item, *, if_: Condition | None = None) -> None:
        """See the port."""
        self._write("put_item", Put(item=item, if_=if_), token=new_token() if if_ is not None else None)

    def update(self, write: Update) -> Item:
        """See the port."""
        check_key(write.pk, write.sk)
        packed = self._write("update_item", write, token=new_token(), ReturnValues="ALL_NEW")
        return unpack_item(self._spec, packed)

    def delete(self, pk: str, sk: str, *, if_: Condition | None = None) -> None:
        """See the port."""
        check_key(pk, sk)
        if if_ is not None:
            self._tables.transact([(self, Delete(pk=pk, sk=sk, if_=if_))])
        else:
            self._write("delete_item", Delete(pk=pk, sk=sk), token=None)

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
        """See the port."""
        shape = QueryShape(table=self._spec.name, index=index, pk=pk, prefix=prefix, after=after, before=before, reverse=reverse)
        shape.check(limit)
        declared = find_index(self._spec, index)
        names = ("sk",) if declared is None else (declared.sk, "pk", "sk")
        last = shape.position(cursor, len(names)) if cursor is not None else None
        request = query_request(self.name, declared, shape, last)
        found = self._collect(request, SortRange(prefix=prefix, after=after, before=before), names[0], limit + 1) if request else []
        more = [str(found[limit - 1][name]) for name in names] if len(found) > limit else None
        return Page(items=found[:limit], next_cursor=shape.cursor(more) if more is not None else None)

    def failed(self, write: Write, packed: Mapping[str, Any] | None, position: int, now: int) -> Exception:
        """Why the write of this transaction was refused where this stood: its condition, or a sum that no attribute can hold."""
        try:
            outcome(self._spec, self._alive(packed, now), write, position)
        except InputError as error:
            return error
        return ConditionFailed(position)

    def _collect(self, request: dict[str, Any], bounds: SortRange, sort: str, wanted: int) -> list[Item]:
        found: list[Item] = []
        now = self._tables.now()
        while True:
            answer = self._tables.calls("query", **request, Limit=wanted - len(found))
            for packed in answer.get("Items", ()):
                item = self._alive(packed, now)
                if item is not None and bounds.keeps(str(item[sort])):
                    found.append(item)
            if len(found) >= wanted or not answer.get("LastEvaluatedKey"):
                return found
            request = {**request, "ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _write(self, operation: str, write: Write, *, token: bytes | None, **more: Any) -> Mapping[str, Any]:
        """What the item is now, as far as DynamoDB says so."""
        now = self._tables.now()
        request = write_request(self._spec, self.name, write, now, token=token)
        try:
            answer = self._tables.calls(operation, **request, **more)
        except AwsRefused as refused:
            for position, packed in failed_items(refused) or ():
                if token is not None and packed is not None and packed.get(WRITE) == {"B": token}:
                    return packed  # done by the first try, whose answer was lost
                raise self.failed(write, packed, position, now) from refused
            raise
        attributes: Mapping[str, Any] = answer.get("Attributes", {})
        return attributes

    def _alive(self, packed: Mapping[str, Any] | None, now: int) -> dict[str, Scalar] | None:
        if packed is None:
            return None
        item = unpack_item(self._spec, packed)
        return item if is_alive(self._spec, item, now) else None
