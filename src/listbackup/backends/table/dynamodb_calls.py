"""What DynamoDB answers, in the port's words, and what is asked again.

Refusals that change nothing (too fast, another transaction at work, a failure inside) are asked again by the one retry loop; when that gives up they are BackendErrors that
say ``retryable``. A write is asked again only in a way that cannot happen twice: see ``dynamodb.py``.
Source: AWS, "Error handling with DynamoDB" and "Amazon DynamoDB Transactions: How it works" (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from listbackup.backends.aws_client import Aws, AwsRefused, once
from listbackup.base.clock import Clock
from listbackup.base.errors import BackendError, InputError
from listbackup.base.retry import RetryPolicy, retry

PATIENCE = RetryPolicy(
    attempts=8, first=timedelta(milliseconds=50), cap=timedelta(seconds=2)
)  # a few seconds in all: a function has no more

_PASSING_REASONS = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_TOO_LARGE = ("item size", "size has exceeded", "maximum allowed size")


class TableMissing(BackendError):
    """There is no such table in this account and region, or not yet."""


class Calls:
    """DynamoDB as one caller, asked patiently; safe to share between threads."""

    def __init__(self, aws: Aws, clock: Clock) -> None:
        self._aws = aws
        self._clock = clock

    def __call__(self, operation: str, **request: Any) -> Any:
        """The answer. Raises AwsRefused (a condition did not hold), InputError (too large), BackendError."""
        return retry(lambda: self._ask(operation, request), clock=self._clock, policy=PATIENCE)

    def _ask(self, operation: str, request: Mapping[str, Any]) -> Any:
        table = request.get("TableName")
        what = f"{operation.replace('_', ' ')} in {table}" if table else operation.replace("_", " ")
        call = getattr(self._aws.client("dynamodb"), operation)
        try:
            return once(lambda: call(**request), what)
        except AwsRefused as refused:
            raise _judged(refused, str(table or "a table")) from refused


def failed_items(refused: AwsRefused) -> Sequence[tuple[int, Mapping[str, Any] | None]] | None:
    """The positions of the writes whose condition did not hold, and what stood there; None when it was refused for another reason."""
    if refused.code == "ConditionalCheckFailedException":
        return [(0, refused.answer.get("Item") or None)]
    if refused.code != "TransactionCanceledException":
        return None
    reasons = refused.answer.get("CancellationReasons", ())
    return [(at, why.get("Item") or None) for at, why in enumerate(reasons) if why.get("Code") == "ConditionalCheckFailed"] or None


def _judged(refused: AwsRefused, table: str) -> Exception:
    reasons = {str(why.get("Code")) for why in refused.answer.get("CancellationReasons", ())}
    said = " ".join(
        [str(refused.answer.get("Error", {}).get("Message", "")), *map(_sentence, refused.answer.get("CancellationReasons", ()))]
    )
    if failed_items(refused) is not None:
        return refused
    if refused.code == "TransactionConflictException" or reasons & _PASSING_REASONS:
        return BackendError(f"{table} is being written by others at this moment", retryable=True, hint="try again in a moment")
    if (refused.code == "ValidationException" or "ValidationError" in reasons) and any(words in said.lower() for words in _TOO_LARGE):
        return InputError("an item is larger than the 400 KB that a table holds", field="item")
    if refused.code == "ResourceNotFoundException":
        return TableMissing(f"there is no table {table}", hint="deploy this version: its stacks make the tables")
    return refused


def _sentence(reason: Mapping[str, Any]) -> str:
    return str(reason.get("Message") or "")
