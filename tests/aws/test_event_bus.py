"""Events on an EventBridge bus, heard at the other end by a queue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from listbackup.backends.aws_client import Aws
from listbackup.backends.events.eventbridge import MOST_BYTES, EventBridgeBus, event_of
from listbackup.backends.events.port import Event
from listbackup.base.clock import SystemClock
from listbackup.base.errors import BackendError, DamagedError
from listbackup.base.ids import new_id
from listbackup.testing.account import PREFIX
from listbackup.testing.clock import ManualClock

EVENT = Event(
    id="evt_0", name="run.succeeded", account="acc_a", at=datetime(2026, 3, 1, 12, tzinfo=UTC), body={"text": "ünï", "n": 2**53, "no": None}
)


class Ear:
    """A bus, and a queue that hears everything said on it."""

    def __init__(self, aws: Aws) -> None:
        self.events: Any = aws.client("events")
        self.sqs: Any = aws.client("sqs")
        self.bus = f"{PREFIX}-{new_id('b', 0)[-8:]}"
        self.url = self.sqs.create_queue(QueueName=self.bus)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
        self.sqs.set_queue_attributes(
            QueueUrl=self.url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}
        )
        self.events.create_event_bus(Name=self.bus)
        self.events.put_rule(Name="all", EventBusName=self.bus, EventPattern=json.dumps({"source": ["listbackup"]}))
        self.events.put_targets(Rule="all", EventBusName=self.bus, Targets=[{"Id": "queue", "Arn": arn}])

    def hear(self, count: int) -> list[Event]:
        """So many events, or as many as came in ten seconds."""
        heard: list[Event] = []
        clock = SystemClock()
        end = clock.monotonic() + 10
        while len(heard) < count and clock.monotonic() < end:
            for message in self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", ()):
                heard.append(event_of(json.loads(message["Body"])))
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return heard

    def remove(self) -> None:
        self.events.remove_targets(Rule="all", EventBusName=self.bus, Ids=["queue"])
        self.events.delete_rule(Name="all", EventBusName=self.bus)
        self.events.delete_event_bus(Name=self.bus)
        self.sqs.delete_queue(QueueUrl=self.url)


@pytest.fixture
def ear(aws: Aws) -> Iterator[Ear]:
    made = Ear(aws)
    yield made
    made.remove()


def test_an_event_is_heard_as_it_was_published(aws: Aws, ear: Ear) -> None:
    EventBridgeBus(aws, ear.bus).publish([EVENT])
    assert ear.hear(1) == [EVENT]


def test_more_than_a_request_holds_is_heard_whole(aws: Aws, ear: Ear) -> None:
    """25 events are three requests; five of 100 KB are three because of their size."""
    sizes: list[int] = []
    bus = EventBridgeBus(aws, ear.bus, tried=sizes.append)
    bus.publish([])
    bus.publish([replace(EVENT, id=f"evt_{n}") for n in range(25)])
    large = [replace(EVENT, id=f"big_{n}", body={"text": "x" * 100_000}) for n in range(5)]
    bus.publish(large)
    assert sizes == [10, 10, 5, 2, 2, 1]
    assert {event.id for event in ear.hear(30)} == {f"evt_{n}" for n in range(25)} | {f"big_{n}" for n in range(5)}


def test_an_event_too_long_for_the_bus_goes_without_its_body(aws: Aws, ear: Ear) -> None:
    EventBridgeBus(aws, ear.bus).publish([replace(EVENT, body={"text": "x" * MOST_BYTES})])
    assert ear.hear(1) == [replace(EVENT, body={"is_cut": True})]


def test_what_the_bus_did_not_take_of_a_request_is_sent_again(aws: Aws, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator takes all: the partial refusals are those of AWS's documentation (API_PutEvents, read 2026-11-21)."""
    real, offered = ear.events.put_events, []

    def lame(*, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        offered.append([json.loads(entry["Detail"])["id"] for entry in Entries])
        taken = Entries if len(offered) > 2 else Entries[::2]
        real(Entries=taken)
        results = [
            {"EventId": "1"} if entry in taken else {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow"} for entry in Entries
        ]
        return {"FailedEntryCount": len(Entries) - len(taken), "Entries": results}

    monkeypatch.setattr(ear.events, "put_events", lame)
    patient = Aws(aws.region, clock=ManualClock())
    monkeypatch.setitem(patient._clients, "events", ear.events)
    EventBridgeBus(patient, ear.bus).publish([replace(EVENT, id=f"evt_{n}") for n in range(5)])
    assert offered == [[f"evt_{n}" for n in range(5)], ["evt_1", "evt_3"], ["evt_3"]]
    assert sorted(event.id for event in ear.hear(5)) == [f"evt_{n}" for n in range(5)]


def test_a_refusal_for_good_is_told_and_not_repeated(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def refuse(**_: object) -> dict[str, Any]:
        calls.append(1)
        return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}]}

    monkeypatch.setattr(aws.client("events"), "put_events", refuse)
    with pytest.raises(BackendError) as refused:
        EventBridgeBus(aws, "any").publish([EVENT])
    assert (refused.value.retryable, len(calls)) == (False, 1)


def test_what_somebody_else_said_is_no_event() -> None:
    for heard in ({}, {"detail": None}, {"detail": {"id": "1"}}, {"detail": {**EVENT.__class__.__annotations__, "at": "never"}}):
        with pytest.raises(DamagedError):
            event_of(heard)
