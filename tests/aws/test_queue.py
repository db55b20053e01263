"""The queue port on SQS FIFO. Time is real here: leases of one and two seconds, where the suite has thirty elsewhere."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listbackup.backends.aws_client import Aws
from listbackup.backends.queue.port import DeadLetter, LeaseLost, Queue
from listbackup.backends.queue.sqs import SqsQueue
from listbackup.base.errors import BackendError, InputError
from listbackup.base.ids import new_id
from listbackup.testing.account import PREFIX
from listbackup.testing.clock import ManualClock, WaitingClock
from listbackup.testing.suites.queue_suite import MAX_RECEIVES, QueueSuite, kill
from listbackup.testing.weak_aws import WeakAws
from listbackup.worker.functions import EventQueue

_numbers = itertools.count()
SECOND = timedelta(seconds=1)


class SqsGround:
    """Queues that are deleted at the end."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.urls: list[str] = []
        self.client: Any = aws.client("sqs")

    def pair(self, max_receives: int) -> tuple[str, str]:
        name = f"{PREFIX}-{new_id('q', 0)[-8:]}-{next(_numbers)}"
        dead = self.client.create_queue(QueueName=f"{name}-dead.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        arn = self.client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": max_receives})
        attributes = {"FifoQueue": "true", "MaximumMessageSize": "1048576", "RedrivePolicy": policy}
        url = self.client.create_queue(QueueName=f"{name}.fifo", Attributes=attributes)["QueueUrl"]
        self.urls += [url, dead]
        return url, dead


@pytest.fixture
def ground(aws: Aws) -> Iterator[SqsGround]:
    made = SqsGround(aws)
    yield made
    for url in made.urls:
        made.client.delete_queue(QueueUrl=url)


class TestSqsQueue(QueueSuite):
    lease = timedelta(seconds=2)
    short = SECOND
    tick = SECOND
    slack = timedelta(seconds=5)

    @pytest.fixture(autouse=True)
    def _ground(self, ground: SqsGround) -> None:
        self.ground = ground

    @pytest.fixture
    def clock(self) -> ManualClock:
        return WaitingClock()

    def make(self, folder: Path, clock: ManualClock, max_receives: int) -> Queue:
        self.urls = self.ground.pair(max_receives)
        return SqsQueue(self.ground.aws, *self.urls, clock, poll=timedelta())

    def died_now(self, dead: DeadLetter, clock: ManualClock) -> None:
        """AWS: a FIFO message's enqueue timestamp is reset when it is moved to the dead letters (setting-up-dead-letter-queue-retention, read 2026-11-21).

        The emulator (ministack 1.5.33) keeps the first one in SentTimestamp: here it is only not later than now.
        """
        assert dead.died_at <= clock.now()

    @pytest.mark.long
    @pytest.mark.timeout(420)
    def test_a_dedup_id_is_forgotten_after_five_minutes(self, queue: Queue, clock: ManualClock) -> None:
        super().test_a_dedup_id_is_forgotten_after_five_minutes(queue, clock)


@pytest.fixture
def urls(ground: SqsGround) -> tuple[str, str]:
    return ground.pair(MAX_RECEIVES)


@pytest.fixture
def queue(aws: Aws, urls: tuple[str, str]) -> SqsQueue:
    return SqsQueue(aws, *urls, WaitingClock(), poll=timedelta())


def test_a_line_that_loses_answers_doubles_and_loses_nothing(aws: Aws, urls: tuple[str, str]) -> None:
    """A receive whose answer was lost gives the same messages to the same attempt on AWS; the emulator hides them until their lease is over."""
    weak = WeakAws(aws)
    queue = SqsQueue(weak, *urls, WaitingClock(), poll=timedelta())
    weak.lose_answer("send_message", 2)
    queue.send("g", b"1")
    assert (queue.depth(), weak.asked.count("send_message")) == (1, 3)
    weak.refuse("receive_message", "RequestThrottled", times=2)
    [message] = queue.receive(lease=SECOND * 30)
    weak.lose_answer("change_message_visibility")
    queue.extend(message.receipt, SECOND * 60)
    weak.lose_answer("delete_message")
    with contextlib.suppress(LeaseLost):  # AWS deletes twice without a word, the emulator knows the receipt no more: both are an end
        queue.ack(message.receipt)
    assert queue.depth() == 0
    weak.refuse("send_message", "QueueDoesNotExist")
    with pytest.raises(BackendError):
        queue.send("g", b"2")


def test_any_bytes_and_the_largest_body_come_through(queue: SqsQueue) -> None:
    bodies = [b"", b"b:", "ünï 漢字 \U0001f600".encode(), "\ufffe".encode(), bytes(range(256)) * 1024, b'{"a": 1}']
    for number, body in enumerate(bodies):
        queue.send(f"g{number}", body)
    assert {message.body for _ in bodies for message in queue.receive(lease=SECOND * 30)} == set(bodies)


def test_a_group_may_have_any_name(queue: SqsQueue) -> None:
    groups = ["x" * 300, "with spaces", "ünï", "x" * 128]
    for group in groups:
        queue.send(group, b"1", dedup_id=f"{group} once")
    received = queue.receive(limit=4, lease=SECOND * 30)
    assert sorted(message.group for message in received) == sorted(groups)


def test_a_receipt_is_good_in_the_process_that_received_it(aws: Aws, urls: tuple[str, str], queue: SqsQueue) -> None:
    """AWS would take it from anybody while the lease holds; who has not received or adopted it cannot know that."""
    queue.send("g", b"1")
    [message] = queue.receive(lease=SECOND * 30)
    stranger = SqsQueue(aws, *urls, WaitingClock(), poll=timedelta())
    with pytest.raises(LeaseLost):
        stranger.ack(message.receipt)
    queue.ack(message.receipt)


def test_an_old_receipt_does_not_end_another_ones_lease(aws: Aws, urls: tuple[str, str]) -> None:
    """SQS's own fence, where the clock of the first receiver stands still: AWS answers ReceiptHandleIsInvalid or InvalidParameterValue to the old one."""
    slow = SqsQueue(aws, *urls, ManualClock(), poll=timedelta())
    quick = SqsQueue(aws, *urls, WaitingClock(), poll=timedelta())
    slow.send("g", b"1")
    [old] = slow.receive(lease=SECOND)
    WaitingClock().advance(SECOND)
    [new] = quick.receive(lease=SECOND * 30)
    for use in (slow.ack, lambda receipt: slow.extend(receipt, SECOND)):
        with pytest.raises(LeaseLost):
            use(old.receipt)
    quick.ack(new.receipt)
    assert quick.depth() == 0


def test_a_record_of_a_functions_event_is_adopted(aws: Aws, urls: tuple[str, str], queue: SqsQueue) -> None:
    queue.send("a group", b"\xff1", dedup_id="d")
    [taken] = aws.client("sqs").receive_message(QueueUrl=urls[0], MessageSystemAttributeNames=["All"], MessageAttributeNames=["All"])[
        "Messages"
    ]
    message = queue.adopt(record_of(taken), lease=SECOND * 30)
    assert message is not None
    assert (message.group, message.body, message.receives) == ("a group", b"\xff1", 1)
    queue.ack(message.receipt)
    assert queue.depth() == 0


def test_a_redriven_message_is_reported_to_sqs_by_the_id_that_sqs_knows(aws: Aws, urls: tuple[str, str], queue: SqsQueue) -> None:
    """Lambda takes a report that names an unknown message for a failure of the whole batch (services-sqs-errorhandling, read 2026-11-21)."""
    first = queue.send("g", b"1")
    kill(queue, WaitingClock(), SECOND)
    queue.redrive(first)
    [taken] = aws.client("sqs").receive_message(QueueUrl=urls[0], MessageSystemAttributeNames=["All"], MessageAttributeNames=["All"])[
        "Messages"
    ]
    event = EventQueue(queue, [record_of(taken)])
    [message] = event.receive(lease=SECOND * 30)
    assert message.id == first != taken["MessageId"]
    assert event.report() == {"batchItemFailures": [{"itemIdentifier": taken["MessageId"]}]}
    event.ack(message.receipt)
    assert event.report() == {"batchItemFailures": []}


def test_a_delayed_message_of_an_event_is_put_off(aws: Aws, urls: tuple[str, str], queue: SqsQueue) -> None:
    queue.send("g", b"1", delay=timedelta(hours=1))
    assert queue.receive(lease=SECOND) == []
    assert queue.depth() == 1
    with pytest.raises(InputError):
        queue.send("g", b"1", delay=timedelta(hours=13))


def test_a_redrive_that_breaks_off_loses_nothing_and_doubles_nothing(
    aws: Aws, urls: tuple[str, str], queue: SqsQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = queue.send("g", b"1")
    queue.send("h", b"2")
    for _ in range(MAX_RECEIVES):
        for message in queue.receive(limit=2, lease=SECOND):
            if message.group == "h":
                queue.ack(message.receipt)
        WaitingClock().advance(SECOND)
    assert queue.receive(lease=SECOND) == []
    client = aws.client("sqs")
    for broken in ("send_message", "delete_message"):  # before anything, and between sending and taking away
        with monkeypatch.context() as patched:
            patched.setattr(client, broken, _refuse)
            with pytest.raises(BackendError):
                queue.redrive(dead)
    queue.redrive(dead)
    [back] = queue.receive(limit=9, lease=SECOND * 30)
    assert (back.id, back.body, back.receives) == (dead, b"1", 1)
    assert (queue.depth(), list(queue.list_dead())) == (1, [])


def test_many_dead_letters_are_listed_by_pages(queue: SqsQueue) -> None:
    for number in range(13):
        queue.send(f"g{number}", str(number).encode())
    for _ in range(MAX_RECEIVES):
        assert len(queue.receive(limit=13, lease=SECOND)) == 13
        WaitingClock().advance(SECOND)
    assert queue.receive(lease=SECOND) == []
    first = queue.list_dead(limit=10)
    rest = queue.list_dead(limit=10, after=first[-1].id)
    assert [dead.body for dead in [*first, *rest]] == [str(number).encode() for number in range(13)]
    assert {dead.receives for dead in first} == {MAX_RECEIVES}


def test_an_empty_receive_waits_for_what_comes(aws: Aws, urls: tuple[str, str]) -> None:
    clock = WaitingClock()
    queue = SqsQueue(aws, *urls, clock, poll=timedelta(seconds=2))
    begun = clock.monotonic()
    assert queue.receive(lease=SECOND) == []
    assert clock.monotonic() - begun > 1
    queue.send("g", b"1")
    assert len(queue.receive(limit=5, lease=SECOND)) == 1


def record_of(taken: Mapping[str, Any]) -> Mapping[str, Any]:
    """A received message as a function gets it."""
    named = {
        name: {"stringValue": value["StringValue"], "dataType": "String"} for name, value in taken.get("MessageAttributes", {}).items()
    }
    return {
        "messageId": taken["MessageId"],
        "receiptHandle": taken["ReceiptHandle"],
        "body": taken["Body"],
        "attributes": taken["Attributes"],
        "messageAttributes": named,
        "eventSource": "aws:sqs",
    }


def _refuse(**_: object) -> None:
    raise BackendError("the machine went down here")
