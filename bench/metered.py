"""Counts what is asked of AWS, request by request, in the units that AWS bills: an ``Aws`` whose clients tell of every call.

DynamoDB's units are computed here from the sizes of items as its documentation says, not taken from whoever answers.
Sources, read 2026-11-21: docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html (units; a transaction costs twice, an eventually consistent read half),
CapacityUnitCalculations.html (sizes of items), docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/ (a request is 64 KiB).
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from listbackup.backends.aws_client import Aws
from listbackup.backends.table.port import TableSpec

KIB = 1024


@dataclass(slots=True)
class Meter:
    """What was asked so far, by the names in prices.toml; ``requests`` by service and operation."""

    tables: Mapping[str, TableSpec]  # by the name that a table has in the account
    units: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reset(self) -> dict[str, float]:
        """Count from zero; what was counted."""
        counted, self.units = dict(self.units), Counter()
        return counted

    def hear(self, service: str, operation: str, asked: Mapping[str, Any], said: Mapping[str, Any]) -> None:
        """One call that was answered."""
        with self.lock:
            self._count(service, operation, asked, said)

    def _count(self, service: str, operation: str, asked: Mapping[str, Any], said: Mapping[str, Any]) -> None:
        self.requests[f"{service}:{operation}"] += 1
        match service:
            case "dynamodb":
                self._table(operation, asked, said)
            case "s3":
                self.units["s3_gets" if operation in ("GetObject", "HeadObject") else "s3_puts"] += operation != "DeleteObject"
            case "sqs":
                body = len(str(asked.get("MessageBody", "")))
                self.units["sqs_requests"] += max(1, math.ceil(body / (64 * KIB)))
            case "kms":
                self.units["kms_requests"] += 1
            case "events":
                self.units["events"] += len(asked.get("Entries", ()))
            case "sesv2":
                self.units["letters"] += 1

    def _table(self, operation: str, asked: Mapping[str, Any], said: Mapping[str, Any]) -> None:
        match operation:
            case "GetItem":
                self.units["read_units"] += _read(size_of(said.get("Item", {})), asked.get("ConsistentRead", False))
            case "BatchGetItem":
                for items in said.get("Responses", {}).values():
                    self.units["read_units"] += sum(_read(size_of(item), True) for item in items)
            case "Query" | "Scan":
                size = sum(size_of(item) for item in said.get("Items", ()))
                self.units["read_units"] += _read(size, asked.get("ConsistentRead", False))
            case "PutItem":
                self._write(asked["TableName"], asked["Item"], times=1)
            case "UpdateItem":
                self._write(asked["TableName"], said.get("Attributes") or asked["Key"], times=1)
            case "DeleteItem":
                self._write(asked["TableName"], asked["Key"], times=1)
            case "TransactWriteItems":
                for one in asked["TransactItems"]:
                    ((kind, act),) = one.items()
                    self._write(act["TableName"], act.get("Item") or act["Key"], times=2, indexed=kind != "ConditionCheck")
            case "BatchWriteItem":
                for name, acts in asked["RequestItems"].items():
                    for act in acts:
                        self._write(name, act["PutRequest"]["Item"] if "PutRequest" in act else act["DeleteRequest"]["Key"], times=1)

    def _write(self, table: str, item: Mapping[str, Any], *, times: int, indexed: bool = True) -> None:
        """A unit for each KiB begun, in the table and in each index that the item is in. A change of an index's key costs two there; as such each write is counted."""
        units = max(1, math.ceil(size_of(item) / KIB))
        self.units["write_units"] += units * times
        for index in self.tables[table].indexes if indexed else ():
            if index.pk in item and (index.sk in item or index.sk in ("pk", "sk")):
                self.units["write_units"] += units * 2


def _read(size: int, consistent: bool) -> float:
    return max(1, math.ceil(size / (4 * KIB))) * (1.0 if consistent else 0.5)


def size_of(item: Mapping[str, Any]) -> int:
    """How large DynamoDB counts an item [bytes]: names and values, in UTF-8."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return math.ceil(len(str(held)) / 2) + 1
        case "B":
            return len(held)
        case "SS":
            return sum(len(one.encode()) for one in held)
        case _:
            return 1


class MeteredAws(Aws):
    """The account below, each answered call told to the meter."""

    meter: Meter

    def _open(self, service: str) -> Any:
        client = super()._open(service)
        asked = threading.local()  # a thread waits for its answer before it asks again

        def keep(params: Mapping[str, Any], **_: object) -> None:
            asked.last = dict(params)

        def told(parsed: Mapping[str, Any], model: Any, **_: object) -> None:
            self.meter.hear(service, model.name, asked.last, parsed)

        client.meta.events.register(f"provide-client-params.{service}", keep)
        client.meta.events.register(f"after-call.{service}", told)
        return client
