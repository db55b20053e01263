"""The queue port on SQS: a FIFO queue with a FIFO queue of dead letters behind it.

What SQS does itself: order and one lease at a time within a group, deduplication for 5 minutes, the move to the dead letters (its redrive policy holds ``max_receives``).
What is done here, because SQS does not:

- Leases are also kept by our own clock. AWS refuses the receipt of a lease that ran out on a FIFO queue (InvalidParameterValue, "the receipt handle has expired"), the emulator
  takes it until somebody else receives the message; deleting what is deleted already is no error there, and LeaseLost here. So a receipt is good in the process that received
  it; a function adopts the records of its event (``adopt``).
- One message of each group at a time: a batch of SQS's holds many of one group, and giving the others back would count against them. Each message is asked for by itself.
- A delayed send: FIFO queues know no delay of one message. It is sent with the instant, and whoever receives it earlier hides it until then; that counts as one delivery.
- Redrive: receive, send anew under the same id, delete. A crash between leaves the dead letter where it was; sent again within 5 minutes it is the same message.

What SQS leaves open: leases and delays are whole seconds (rounded up) and at most 12 hours; between groups the order is SQS's; ``depth`` is right a minute after the last change;
at most ten dead letters of one group are listed at a time, and what another lister looks at in that moment is hidden from this one.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/ (FIFO-queues-understanding-logic, sqs-visibility-timeout,
setting-up-dead-letter-queue-retention) and https://repost.aws/knowledge-center/sqs-receipt-handle-error (read 2026-11-21).
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from listbackup.backends.aws_client import Aws, AwsRefused, ask
from listbackup.backends.queue.port import DeadLetter, LeaseLost, Message
from listbackup.backends.queue.rules import check_lease, check_receive, check_send, lease_lost
from listbackup.backends.queue.sqs_wire import Delivered, of_record, read, sent
from listbackup.base.clock import Clock, unix_ms
from listbackup.base.errors import InputError, NotFound
from listbackup.base.ids import new_id

LONGEST = timedelta(hours=12)  # of a lease or a delay, as SQS has it
LONGEST_POLL = timedelta(seconds=20)

_PEEK = timedelta(seconds=30)  # how long dead letters are hidden from others while one looks; given back at once
_MOST_DEAD = 2000  # that are looked at in one go
_LOOKS = 10  # for a dead letter that somebody else is looking at
_BATCH = 10
_LOST = {
    "ReceiptHandleIsInvalid", "MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight", "InvalidParameterValue", "InvalidIdFormat",
    "AWS.SimpleQueueService.InvalidParameterValue",
}  # fmt: skip


class SqsQueue:
    """The queue at ``url``, its dead letters at ``dead_url``; safe to share between threads.

    ``poll`` is how long an empty receive waits for a message: SQS asks all its servers only when it may wait at all.
    """

    def __init__(self, aws: Aws, url: str, dead_url: str, clock: Clock, *, poll: timedelta = timedelta(seconds=10)) -> None:
        self._aws, self._url, self._dead_url, self._clock = aws, url, dead_url, clock
        self._poll = min(poll, LONGEST_POLL)
        self._leases: dict[str, datetime] = {}
        self._lock = threading.Lock()
        self._most: int | None = None

    # Sending and receiving.

    def send(self, group: str, body: bytes, *, dedup_id: str | None = None, delay: timedelta = timedelta()) -> str:
        """See the port. A send whose answer was lost is tried again under the same dedup id, and so is one message."""
        check_send(group, body, delay)
        if delay > LONGEST:
            raise InputError("a message is delayed by at most 12 hours", field="delay", hint="let the schedule call later ones")
        not_before = self._clock.now() + delay if delay else None
        dedup = dedup_id if dedup_id is not None else new_id("ddp", unix_ms(self._clock.now()))
        fields = sent(group, body, dedup_id=dedup, not_before=not_before)
        answer = self._ask("send a message", "send_message", QueueUrl=self._url, **fields)
        return str(answer["MessageId"])

    def receive(self, *, limit: int = 1, lease: timedelta) -> Sequence[Message]:
        """See the port. The first of ``limit`` is waited for."""
        check_receive(limit, lease)
        received: list[Message] = []
        wait = self._poll
        while len(received) < limit:
            found = self._fetch(self._url, most=1, hide=lease, wait=wait)
            if not found:
                break
            wait = timedelta()
            message = self._take(found[0], self._clock.now() + lease)
            if message is not None:
                received.append(message)
        return received

    def adopt(self, record: Mapping[str, Any], *, lease: timedelta) -> Message | None:
        """A record of a function's event as the message it is, leased for this long from now; None for one that is not due: report it as failed, so that it stays."""
        check_lease(lease)
        return self._take(read(of_record(record)), self._clock.now() + lease)

    # Ending a lease.

    def extend(self, receipt: str, lease: timedelta) -> None:
        """See the port."""
        check_lease(lease)
        until = self._clock.now() + lease
        self._require(receipt)
        self._hide(receipt, lease)
        with self._lock:
            if receipt in self._leases:
                self._leases[receipt] = until

    def ack(self, receipt: str) -> None:
        """See the port."""
        self._require(receipt)
        try:
            self._ask("acknowledge a message", "delete_message", QueueUrl=self._url, ReceiptHandle=receipt)
        except AwsRefused as error:
            raise _lost(error) from error
        finally:
            self._forget(receipt)

    def release(self, receipt: str, *, delay: timedelta = timedelta()) -> None:
        """See the port."""
        self._require(receipt)
        try:
            self._hide(receipt, max(delay, timedelta()))
        finally:
            self._forget(receipt)

    def depth(self) -> int:
        """See the port; SQS counts approximately while messages come and go."""
        counted = self._attributes(self._url, *_COUNTS)
        return sum(int(counted[name]) for name in _COUNTS)

    # Dead letters.

    def list_dead(self, *, limit: int = 100, after: str | None = None) -> Sequence[DeadLetter]:
        """See the port. When a letter died is when SQS moved it."""
        found = self._look_at_dead()
        try:
            letters = [self._dead(one) for one in found]
        finally:
            self._give_back(found)
        start = next((number for number, letter in enumerate(letters, 1) if letter.id == after), 0)
        return letters[start : start + limit]

    def redrive(self, message_id: str) -> None:
        """See the port. When it breaks off the letter is dead still, or dead and sent: at least once."""
        for _ in range(_LOOKS):
            found = self._look_at_dead()
            try:
                letter = next((one for one in found if one.id == message_id), None)
                if letter is not None:
                    self._send_anew(letter)
                    found.remove(letter)
                    return
            finally:
                self._give_back(found)
            if not int(self._attributes(self._dead_url, _HIDDEN)[_HIDDEN]):
                break
            self._clock.sleep(0.5)  # somebody else looks at it, or died looking
        raise NotFound(f"there is no dead letter {message_id}")

    def _send_anew(self, letter: Delivered) -> None:
        fields = sent(letter.group, letter.body, dedup_id=f"redrive/{letter.own_id}/{letter.sequence}", first_id=letter.id)
        self._ask("send a dead letter anew", "send_message", QueueUrl=self._url, **fields)
        self._ask("take a dead letter away", "delete_message", QueueUrl=self._dead_url, ReceiptHandle=letter.receipt)

    def _look_at_dead(self) -> list[Delivered]:
        """Every dead letter that nobody else is looking at, hidden from others until given back, in the order they died."""
        found: list[Delivered] = []
        wait = timedelta(seconds=1) if self._poll else timedelta()
        while len(found) < _MOST_DEAD:
            batch = self._fetch(self._dead_url, most=_BATCH, hide=_PEEK, wait=wait)
            if not batch:
                break
            found += batch
        return sorted(found, key=lambda one: (one.sent_at, one.sequence))

    def _give_back(self, letters: Sequence[Delivered]) -> None:
        """What cannot be given back now comes back by itself."""
        for start in range(0, len(letters), _BATCH):
            entries = [
                {"Id": str(number), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
                for number, letter in enumerate(letters[start : start + _BATCH])
            ]
            self._ask("look at dead letters", "change_message_visibility_batch", QueueUrl=self._dead_url, Entries=entries)

    def _dead(self, letter: Delivered) -> DeadLetter:
        return DeadLetter(id=letter.id, group=letter.group, body=letter.body, receives=self._max_receives(), died_at=letter.sent_at)

    def _max_receives(self) -> int:
        """What the redrive policy says: the count of a dead letter goes on with every look at it."""
        if self._most is None:
            policy = json.loads(self._attributes(self._url, "RedrivePolicy").get("RedrivePolicy", "{}"))
            self._most = int(policy.get("maxReceiveCount", 0))
        return self._most

    # Leases by our own clock.

    def _take(self, found: Delivered, until: datetime) -> Message | None:
        now = self._clock.now()
        if found.not_before is not None and found.not_before > now and found.receives == 1:
            self._ask_to_hide(self._url, found.receipt, found.not_before - now)
            return None
        with self._lock:
            self._leases = {receipt: end for receipt, end in self._leases.items() if end > now}
            self._leases[found.receipt] = until
        return Message(
            id=found.id,
            group=found.group,
            body=found.body,
            receipt=found.receipt,
            receives=max(1, found.receives - (found.not_before is not None)),
            sent_at=found.sent_at,
        )

    def _require(self, receipt: str) -> None:
        with self._lock:
            until = self._leases.get(receipt)
        if until is None or until <= self._clock.now():
            self._forget(receipt)
            raise lease_lost()

    def _forget(self, receipt: str) -> None:
        with self._lock:
            self._leases.pop(receipt, None)

    # What SQS is asked.

    def _fetch(self, url: str, *, most: int, hide: timedelta, wait: timedelta) -> list[Delivered]:
        """An answer that was lost is asked for again by the id of the attempt, and the same messages come."""
        answer = self._ask(
            "receive messages",
            "receive_message",
            QueueUrl=url,
            MaxNumberOfMessages=most,
            VisibilityTimeout=_seconds(hide),
            WaitTimeSeconds=_seconds(wait),
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
            ReceiveRequestAttemptId=new_id("try", unix_ms(self._clock.now())),
        )
        return [read(message) for message in answer.get("Messages", ())]

    def _hide(self, receipt: str, span: timedelta) -> None:
        try:
            self._ask_to_hide(self._url, receipt, span)
        except AwsRefused as error:
            raise _lost(error) from error

    def _ask_to_hide(self, url: str, receipt: str, span: timedelta) -> None:
        self._ask("keep a message", "change_message_visibility", QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=_seconds(span))

    def _attributes(self, url: str, *names: str) -> Mapping[str, str]:
        answer = self._ask("look at the queue", "get_queue_attributes", QueueUrl=url, AttributeNames=list(names))
        found: Mapping[str, str] = answer.get("Attributes", {})
        return found

    def _ask(self, what: str, operation: str, **fields: Any) -> Any:  # botocore makes its clients' types at run time
        call = getattr(self._aws.client("sqs"), operation)
        return ask(lambda: call(**fields), what, clock=self._clock)


_HIDDEN = "ApproximateNumberOfMessagesNotVisible"
_COUNTS = ("ApproximateNumberOfMessages", _HIDDEN, "ApproximateNumberOfMessagesDelayed")


def _seconds(span: timedelta) -> int:
    return math.ceil(min(span, LONGEST).total_seconds())


def _lost(error: AwsRefused) -> LeaseLost | AwsRefused:
    return lease_lost() if error.code in _LOST else error
