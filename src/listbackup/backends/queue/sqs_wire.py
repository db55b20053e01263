"""How a message of the port lies in SQS: its text, its group, and what has no field of SQS's own.

A body is text there, of the characters XML 1.0 knows: ours begins with ``t:`` when it is such text and with ``b:`` and base64 when it is not, so that one of JSON can be read in
the console. 256 KiB of bytes become 342 KiB: the queue's MaximumMessageSize is 1 MiB. A group or dedup id that SQS does not take (more than 128 characters, or others than
letters, digits and punctuation) goes as its SHA-256, and the group's own name as an attribute.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html (read 2026-11-21).
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from listbackup.base.clock import from_unix_ms, unix_ms

_PLAIN_ID = re.compile(r"[A-Za-z0-9!-/:-@\[-`{-~]{1,128}")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

# Message attributes of ours.
_ID, _GROUP, _NOT_BEFORE = "id", "group", "not_before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One delivery by SQS, read."""

    id: str
    group: str
    body: bytes
    receipt: str
    receives: int
    sent_at: datetime
    sequence: str
    not_before: datetime | None  # a delay that FIFO queues do not know themselves
    own_id: str  # SQS's id of this very message; ``id`` is that of the first one when it was redriven


def sent(group: str, body: bytes, *, dedup_id: str, first_id: str | None = None, not_before: datetime | None = None) -> Mapping[str, Any]:
    """The fields of a SendMessage."""
    group_id = plain_id(group)
    kept: dict[str, str] = {}
    if group_id != group:
        kept[_GROUP] = group
    if first_id is not None:
        kept[_ID] = first_id
    if not_before is not None:
        kept[_NOT_BEFORE] = str(unix_ms(not_before))
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in kept.items()}
    return {
        "MessageGroupId": group_id,
        "MessageDeduplicationId": plain_id(dedup_id),
        "MessageBody": _text(body),
        **({"MessageAttributes": attributes} if attributes else {}),
    }


def read(message: Mapping[str, Any]) -> Delivered:
    """A message of a ReceiveMessage. A body that somebody else sent is given as it is: whoever cannot read it drops it."""
    system, own = message["Attributes"], message.get("MessageAttributes", {})
    kept = {name: str(value["StringValue"]) for name, value in own.items() if "StringValue" in value}
    return Delivered(
        id=kept.get(_ID, message["MessageId"]),
        group=kept.get(_GROUP, system["MessageGroupId"]),
        body=_bytes(message["Body"]),
        receipt=message["ReceiptHandle"],
        receives=int(system["ApproximateReceiveCount"]),
        sent_at=from_unix_ms(int(system["SentTimestamp"])),
        sequence=system["SequenceNumber"],
        not_before=from_unix_ms(int(kept[_NOT_BEFORE])) if _NOT_BEFORE in kept else None,
        own_id=message["MessageId"],
    )


def of_record(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record of the event that a function gets, as ReceiveMessage has it."""
    own = {
        name: {"StringValue": value["stringValue"]}
        for name, value in record.get("messageAttributes", {}).items()
        if value.get("stringValue")
    }
    return {
        "MessageId": record["messageId"],
        "ReceiptHandle": record["receiptHandle"],
        "Body": record["body"],
        "Attributes": record["attributes"],
        "MessageAttributes": own,
    }


def plain_id(value: str) -> str:
    """The value itself when SQS takes it, its SHA-256 otherwise."""
    return value if _PLAIN_ID.fullmatch(value) else hashlib.sha256(value.encode()).hexdigest()


def _text(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\x00"
    return "t:" + text if _is_known_to_xml(text) else "b:" + base64.b64encode(body).decode()


def _is_known_to_xml(text: str) -> bool:
    """Half of what would be a surrogate never comes out of UTF-8. Said in one class of characters it takes 5 ms to compile, at every cold start."""
    return _CONTROLS.search(text) is None and "\ufffe" not in text and "\uffff" not in text


def _bytes(text: str) -> bytes:
    form, _, rest = text.partition(":")
    if form == "b":
        with contextlib.suppress(binascii.Error):
            return base64.b64decode(rest, validate=True)
    return (rest if form == "t" else text).encode()
