"""A declared table as CloudFormation and CreateTable know it, and making one without CloudFormation: for tests and for an installation without CDK."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from listbackup.backends.aws_client import AwsRefused
from listbackup.backends.table.dynamodb_calls import Calls, TableMissing
from listbackup.backends.table.port import IndexSpec, TableSpec
from listbackup.backends.table.rules import check_spec
from listbackup.base.clock import Clock
from listbackup.base.errors import BackendError, InputError

STREAMED = frozenset({"outbox"})  # the tables whose changes start a function
_WAIT_SECONDS = 300.0  # a table with indexes takes half a minute
_LOOK_SECONDS = 0.5


def table_name(prefix: str, spec: TableSpec) -> str:
    """What the table is called in the account."""
    return f"{prefix}-{spec.name}"


def key_attributes(spec: TableSpec) -> Sequence[str]:
    """Every attribute that is part of a key, of the table or of an index; all are texts."""
    return list(dict.fromkeys(["pk", "sk", *(name for index in spec.indexes for name in (index.pk, index.sk))]))


def create_request(prefix: str, spec: TableSpec, tags: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of CreateTable. Raises InputError where DynamoDB cannot keep the declaration."""
    check_declared(spec)
    request: dict[str, Any] = {
        "TableName": table_name(prefix, spec),
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in key_attributes(spec)],
        "KeySchema": _key_schema("pk", "sk"),
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    if spec.indexes:
        request["GlobalSecondaryIndexes"] = [_index(index) for index in spec.indexes]
    if spec.name in STREAMED:
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    return request


def check_declared(spec: TableSpec) -> TableSpec:
    """The declaration, when DynamoDB can keep it too. Raises InputError."""
    check_spec(spec)
    reserved = [name for index in spec.indexes for name in (index.pk, index.sk) if not name or name.startswith("~")]
    if reserved or spec.ttl == "" or any(len(index.name) < 3 for index in spec.indexes):
        raise InputError(f"DynamoDB cannot keep the declaration of the table {spec.name}", field="spec")
    return spec


def create_table(calls: Calls, prefix: str, spec: TableSpec, tags: Mapping[str, str], clock: Clock) -> None:
    """The table exists as declared, with point-in-time recovery and expiry; one that exists already is left as it is."""
    name = table_name(prefix, spec)
    try:
        calls("create_table", **create_request(prefix, spec, tags))
    except AwsRefused as error:
        if error.code != "ResourceInUseException":
            raise
    _until(lambda: _is_ready(calls, name), name, clock)
    _until(lambda: _is_recoverable(calls, name), name, clock)
    if spec.ttl is not None and calls("describe_time_to_live", TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED":
        calls("update_time_to_live", TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": spec.ttl})


def _until(is_done: Callable[[], bool], name: str, clock: Clock) -> None:
    waited = 0.0
    while not is_done():
        if waited >= _WAIT_SECONDS:
            raise BackendError(f"the table {name} is not ready after {waited:.0f} s", retryable=True, hint="look again in a few minutes")
        clock.sleep(_LOOK_SECONDS)
        waited += _LOOK_SECONDS


def _is_ready(calls: Calls, name: str) -> bool:
    try:
        table = calls("describe_table", TableName=name)["Table"]
    except TableMissing:  # just made, and not known everywhere
        return False
    states = [table["TableStatus"], *(index["IndexStatus"] for index in table.get("GlobalSecondaryIndexes", ()))]
    return set(states) == {"ACTIVE"}


def _is_recoverable(calls: Calls, name: str) -> bool:
    try:
        calls("update_continuous_backups", TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    except AwsRefused as error:
        if error.code == "ContinuousBackupsUnavailableException":  # being prepared for a table that was just made
            return False
        raise
    return True


def _index(index: IndexSpec) -> dict[str, Any]:
    return {"IndexName": index.name, "KeySchema": _key_schema(index.pk, index.sk), "Projection": {"ProjectionType": "ALL"}}


def _key_schema(pk: str, sk: str) -> list[dict[str, str]]:
    return [{"AttributeName": pk, "KeyType": "HASH"}, {"AttributeName": sk, "KeyType": "RANGE"}]
