"""Forgetting an owner in one table: every page of it is read, and what is the owner's is deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from listbackup.backends.table.dynamodb_calls import Calls
from listbackup.base.errors import BackendError

_AT_ONCE = 25  # of BatchWriteItem


def forget_owner(calls: Calls, table: str, owner: str) -> int:
    """Removes the items whose partition is the owner's or begins with it and a slash; how many."""
    keys, gone = _keys(calls, table, owner), 0
    while batch := list(islice(keys, _AT_ONCE)):
        _delete(calls, table, batch)
        gone += len(batch)
    return gone


def _keys(calls: Calls, table: str, owner: str) -> Iterator[Mapping[str, Any]]:
    request: dict[str, Any] = {
        "TableName": table,
        "ConsistentRead": True,
        "FilterExpression": "#pk = :owner OR begins_with(#pk, :below)",
        "ProjectionExpression": "#pk, #sk",
        "ExpressionAttributeNames": {"#pk": "pk", "#sk": "sk"},
        "ExpressionAttributeValues": {":owner": {"S": owner}, ":below": {"S": f"{owner}/"}},
    }
    while True:
        answer = calls("scan", **request)
        yield from answer.get("Items", ())
        if not answer.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _delete(calls: Calls, table: str, keys: list[Mapping[str, Any]]) -> None:
    left: Any = {table: [{"DeleteRequest": {"Key": key}} for key in keys]}
    for _ in range(_AT_ONCE):
        left = calls("batch_write_item", RequestItems=left).get("UnprocessedItems")
        if not left:
            return
    raise BackendError(f"{table} takes no more deletes at this moment", retryable=True, hint="try again in a moment")
