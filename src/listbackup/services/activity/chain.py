"""The chain: each line's hash covers the line and the hash before it, so that none can be changed, dropped or moved unseen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

import msgspec

from listbackup.backends.events.port import Event
from listbackup.backends.table.port import Item
from listbackup.base.errors import DamagedError
from listbackup.base.origin import Origin
from listbackup.services.activity.model import Activity, ChainBreak

FIRST = "0" * 64
_ELSEWHERE = ("actor", "subject", "origin_address", "origin_agent")  # of an event's body


def next_line(event: Event, head: Item | None) -> Activity:
    """The line that keeps this event, behind the one that ``head`` names."""
    seq, previous = (1, FIRST) if head is None else (number(head["seq"]) + 1, str(head["hash"]))
    line = Activity(
        seq=seq,
        event=event.id,
        at=event.at,
        actor=str(event.body.get("actor")),
        action="account:" + event.name.replace(".", ":"),
        subject=str(event.body.get("subject")),
        about={name: value for name, value in event.body.items() if name not in _ELSEWHERE},
        previous=previous,
        hash="",
        origin=_origin(event),
    )
    return replace(line, hash=hash_of(line))


def hash_of(line: Activity) -> str:
    """SHA-256 over the line's canonical JSON (names sorted) without its hash; the previous hash is part of the line. A line without origin has no such name:
    so were those that were written before there was one."""
    shown = {**msgspec.to_builtins(line), "hash": ""}
    if line.origin is None:
        del shown["origin"]
    return hashlib.sha256(msgspec.json.encode(shown, order="sorted")).hexdigest()


def encode_line(line: Activity) -> str:
    """The line as it is kept."""
    return msgspec.json.encode(line).decode()


def read_line(item: Item) -> Activity:
    """The line in an item. Raises DamagedError for what is no line."""
    try:
        return msgspec.json.decode(str(item["doc"]), type=Activity)
    except (msgspec.DecodeError, UnicodeError, KeyError):
        raise DamagedError(f"a line of the trail cannot be read: {item['sk']!r}", where="activity") from None


def find_break(items: Iterable[Item], head: Item | None) -> ChainBreak | None:
    """The first place where these items, in the order of their keys, are not the whole trail that ``head`` ends; None when they are."""
    previous, expected = FIRST, 1
    try:
        for item in items:
            problem = _problem(item, expected, previous)
            if problem is not None:
                return ChainBreak(seq=expected, message=problem)
            previous, expected = read_line(item).hash, expected + 1
    except DamagedError:
        return ChainBreak(seq=expected, message=f"line {expected} cannot be read")
    if head is None:
        return ChainBreak(seq=expected, message="the head of the trail is missing") if expected > 1 else None
    if (head["seq"], head["hash"]) != (expected - 1, previous):
        return ChainBreak(seq=expected, message="the end of the trail is missing")
    return None


def _problem(item: Item, expected: int, previous: str) -> str | None:
    """What is wrong with the item that must be line ``expected``."""
    line = read_line(item)
    if item["sk"] != key_of(expected):
        return f"line {expected} is missing"
    if line.seq != expected:
        return f"line {expected} is not where it was written"
    if line.previous != previous or line.hash != hash_of(line) or not _is_exact(item, line):
        return f"line {expected} is not what was written"
    return None


def _is_exact(item: Item, line: Activity) -> bool:
    """Whether nothing stands in the text that the line does not have: names that are not read are not hashed."""
    found = msgspec.json.decode(str(item["doc"]))
    whole = msgspec.json.decode(encode_line(line))
    return bool({"origin": None, **found} == whole)


def key_of(seq: int) -> str:
    """The sort key of a line."""
    return f"line/{seq:012d}"


def number(value: object) -> int:
    """A number of an item."""
    assert isinstance(value, int)
    return value


def _origin(event: Event) -> Origin | None:
    address, agent = event.body.get("origin_address"), event.body.get("origin_agent")
    if address is None and agent is None:
        return None
    return Origin(address=str(address) if address is not None else None, agent=str(agent) if agent is not None else None)
