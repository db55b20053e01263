"""A listing as DynamoDB takes it: one range of sort keys, which may hold a little more than was asked for.

DynamoDB takes one comparison of the sort key, no empty value and none that is longer than a key; ``SortRange.keeps`` has the last word on each item.
Source: AWS, "Key condition expressions for the Query operation in DynamoDB" (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from listbackup.backends.table.cursor import QueryShape
from listbackup.backends.table.port import MAX_PK_BYTES, MAX_SK_BYTES, IndexSpec
from listbackup.backends.table.rules import text_behind


@dataclass(frozen=True, slots=True, kw_only=True)
class SortRange:
    """The sort keys of a listing."""

    prefix: str
    after: str | None
    before: str | None

    def keeps(self, sort: str) -> bool:
        """Whether an item with this sort key is listed."""
        return (
            sort.startswith(self.prefix) and (self.after is None or sort > self.after) and (self.before is None or sort < self.before)
        )  # code points sort as UTF-8 bytes do

    def is_empty(self) -> bool:
        """Whether no key can be in it."""
        low, high = self.low(), self.high()
        return len(self.prefix.encode()) > MAX_SK_BYTES or high == "" or (high is not None and low > high)

    def low(self) -> str:
        """No listed key comes before this one; empty: there is no bound."""
        return _short(max(self.prefix, self.after or ""))

    def high(self) -> str | None:
        """No listed key comes behind this one; None: there is no bound."""
        behind = text_behind(self.prefix) if self.prefix else None
        bounds = [bound for bound in (behind, self.before) if bound is not None]
        if not bounds:
            return None
        high = min(bounds)
        return high if len(high.encode()) <= MAX_SK_BYTES else text_behind(_short(high))


def query_request(table: str, index: IndexSpec | None, shape: QueryShape, last: Sequence[str] | None) -> dict[str, Any] | None:
    """The parameters of a Query but for its limit, behind ``last`` (the sort values of an item); None when nothing can be found."""
    bounds = SortRange(prefix=shape.prefix, after=shape.after, before=shape.before)
    if not 0 < len(shape.pk.encode()) <= MAX_PK_BYTES or bounds.is_empty():
        return None
    pk, sk = ("pk", "sk") if index is None else (index.pk, index.sk)
    values = {":pk": {"S": shape.pk}}
    condition = "#pk = :pk" + _comparison(bounds, values)
    names = {"#pk": pk} | ({"#sk": sk} if "#sk" in condition else {})
    request: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ScanIndexForward": not shape.reverse,
        "ConsistentRead": index is None,
    }
    if index is not None:
        request["IndexName"] = index.name
    if last is not None:
        place = {pk: shape.pk, sk: last[0]} if index is None else {pk: shape.pk, sk: last[0], "pk": last[1], "sk": last[2]}
        request["ExclusiveStartKey"] = {name: {"S": value} for name, value in place.items()}
    return request


def _comparison(bounds: SortRange, values: dict[str, Any]) -> str:
    low, high = bounds.low(), bounds.high()
    if low:
        values[":low"] = {"S": low}
    if high is not None:
        values[":high"] = {"S": high}
    if low and high is not None:
        return " AND #sk BETWEEN :low AND :high"
    if low:
        return " AND #sk >= :low"
    return " AND #sk <= :high" if high is not None else ""


def _short(bound: str) -> str:
    """The bound, or as much of it as is no longer than a key."""
    return bound.encode()[:MAX_SK_BYTES].decode(errors="ignore")
