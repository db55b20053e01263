"""Events onto an EventBridge bus, for listeners outside the process. The outbox stays the truth: whoever drains it publishes, and a failed publication leaves it there.

EventBridge delivers at least once and in no order; a listener recognises a repetition by ``Event.id`` and an older one by ``at``.
Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html and eb-putevent-size (read 2026-11-21).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from listbackup.backends.aws_client import Aws, AwsRefused
from listbackup.backends.events.port import Event
from listbackup.base.clock import iso, parse_iso
from listbackup.base.errors import DamagedError

SOURCE = "listbackup"
MOST_ENTRIES = 10
MOST_BYTES = 256 * 1024  # of one request

_PASSING = {"ThrottlingException", "InternalFailure", "InternalException", "ServiceUnavailable"}


class EventBridgeBus:
    """Publishes to the bus of this name; safe to share between threads."""

    def __init__(self, aws: Aws, bus: str, *, tried: Callable[[int], None] | None = None) -> None:
        self._aws, self._bus = aws, bus
        self._tried = tried or (lambda _: None)

    def publish(self, events: Sequence[Event]) -> None:
        """All are on the bus when it returns; what the bus did not take of a request is sent again. Raises BackendError: some may be on it, publish all again."""
        for batch in _batches([_entry(event, self._bus) for event in events]):
            left = list(batch)
            self._aws.ask(lambda left=left: self._put(left), "publish events")  # type: ignore[misc]

    def _put(self, left: list[Mapping[str, Any]]) -> None:
        """Takes what went through out of ``left``."""
        answer = self._aws.client("events").put_events(Entries=left)
        self._tried(len(left))
        if not answer.get("FailedEntryCount"):
            left.clear()
            return
        codes = [str(result.get("ErrorCode", "")) for result in answer["Entries"]]
        left[:] = [entry for entry, code in zip(left, codes, strict=True) if code]
        worst = next((code for code in codes if code and code not in _PASSING), None)
        code = worst or next(filter(None, codes))
        raise AwsRefused(f"the bus did not take {len(left)} events ({code})", code=code, status=200, retryable=worst is None)


def detail_of(event: Event) -> str:
    """The event as listeners get it."""
    return json.dumps(
        {"id": event.id, "name": event.name, "account": event.account, "at": iso(event.at), "body": dict(event.body)},
        separators=(",", ":"),
        sort_keys=True,
    )


def event_of(heard: Mapping[str, Any]) -> Event:
    """The event in what a rule hands to a function. Raises DamagedError for what is not ours. A body that was too long for the bus is empty, with ``is_cut``."""
    try:
        detail = heard["detail"]
        return Event(id=detail["id"], name=detail["name"], account=detail["account"], at=parse_iso(detail["at"]), body=detail["body"])
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedError("an event on the bus is not one of ours", hint="let the rule match the source listbackup") from error


def _entry(event: Event, bus: str) -> Mapping[str, Any]:
    detail = detail_of(event)
    entry = {"EventBusName": bus, "Source": SOURCE, "DetailType": event.name, "Time": event.at, "Detail": detail}
    if _size(entry) <= MOST_BYTES:
        return entry
    cut = Event(id=event.id, name=event.name, account=event.account, at=event.at, body={"is_cut": True})
    return {**entry, "Detail": detail_of(cut)}  # one that can never go would hold up all behind it


def _batches(entries: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """In order, at most 10 and 256 KiB together."""
    batch: list[Mapping[str, Any]] = []
    size = 0
    for entry in entries:
        more = _size(entry)
        if batch and (len(batch) == MOST_ENTRIES or size + more > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += more
    if batch:
        yield batch


def _size(entry: Mapping[str, Any]) -> int:
    """As AWS counts: 14 for the time, and the UTF-8 of source, detail type and detail."""
    return 14 + sum(len(str(entry[name]).encode()) for name in ("Source", "DetailType", "Detail"))
