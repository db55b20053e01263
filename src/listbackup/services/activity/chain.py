"""The chain: each line's hash covers the line and the hash before it, and is sealed, so that none can be changed, dropped or moved unseen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec

from listbackup.backends.events.port import Event
from listbackup.backends.table.port import Item, Scalar
from listbackup.base.decode import from_json
from listbackup.base.errors import DamagedError
from listbackup.base.origin import Origin
from listbackup.services.activity.model import Activity, ChainBreak
from listbackup.services.activity.seal import TrailSeal, is_same

FIRST = "0" * 64
_ELSEWHERE = ("actor", "subject", "origin_address", "origin_agent")  # of an event's body


def next_line(event: Event, head: Item | None, seal: TrailSeal) -> Activity:
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
    hashed = hash_of(line)
    return replace(line, hash=hashed, mac=seal.of_line(event.account, hashed))


def hash_of(line: Activity) -> str:
    """SHA-256 over the line's canonical JSON (names sorted) without its hash and its seal; the previous hash is part of the line. A line without origin has no
    such name: so were those that were written before there was one."""
    shown = {**msgspec.to_builtins(line), "hash": ""}
    del shown["mac"]
    if line.origin is None:
        del shown["origin"]
    return hashlib.sha256(msgspec.json.encode(shown, order="sorted")).hexdigest()


def encode_line(line: Activity) -> str:
    """The line as it is kept."""
    return msgspec.json.encode(line).decode()


def read_line(item: Item) -> Activity:
    """The line in an item. Raises DamagedError for what is no line."""
    try:
        return from_json(str(item["doc"]), Activity)
    except (msgspec.DecodeError, UnicodeError, KeyError):
        raise DamagedError(f"a line of the trail cannot be read: {item['sk']!r}", where="activity") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Where an account's trail ends (``head``) and behind which line it begins (``base``; None: with the first there ever was)."""

    account: str
    head: Item | None
    base: Item | None = None

    @property
    def begins(self) -> tuple[int, str]:
        """Number and hash of the line behind which the trail begins."""
        return begins_behind(self.base), str(self.base["hash"]) if self.base is not None else FIRST


def head_row(seal: TrailSeal, account: str, line: Activity) -> dict[str, Scalar]:
    """What the row ``head`` says when this is the newest line."""
    return {"seq": line.seq, "hash": line.hash, "mac": seal.of_edge(account, "head", line.seq, line.hash)}


def base_row(seal: TrailSeal, account: str, line: Activity) -> dict[str, Scalar]:
    """What the row ``base`` says when this is the newest line that is left behind; ``is_open``: lines without a seal may follow, as it had none."""
    is_open = line.mac is None
    return {"seq": line.seq, "hash": line.hash, "is_open": is_open, "mac": seal.of_edge(account, _base(is_open), line.seq, line.hash)}


def _base(is_open: object) -> str:
    return "open base" if is_open else "base"


def find_break(items: Iterable[Item], edges: Edges, seal: TrailSeal) -> ChainBreak | None:
    """The first place where these items, in the order of their keys, are not the whole trail between the edges; None when they are."""
    (last, previous), is_sealed = edges.begins, edges.base is not None and not edges.base.get("is_open")
    expected = last + 1
    if edges.base is not None and not _is_edge(edges.base, edges.account, _base(edges.base.get("is_open")), seal):
        return ChainBreak(seq=last, message="where the trail begins is not what was written")
    try:
        for item in items:
            line = read_line(item)
            problem = _problem(item, line, expected, previous) or _unsealed(line, edges.account, seal, must=is_sealed)
            if problem is not None:
                return ChainBreak(seq=expected, message=problem)
            previous, expected, is_sealed = line.hash, expected + 1, is_sealed or line.mac is not None
    except DamagedError:
        return ChainBreak(seq=expected, message=f"line {expected} cannot be read")
    if edges.head is None:
        return ChainBreak(seq=expected, message="the head of the trail is missing") if expected > 1 else None
    if (edges.head["seq"], edges.head["hash"]) != (expected - 1, previous):
        return ChainBreak(seq=expected, message="the end of the trail is missing")
    if is_sealed and not _is_edge(edges.head, edges.account, "head", seal):
        return ChainBreak(seq=expected, message="the head of the trail is not sealed by this installation")
    return None


def _is_edge(row: Item, account: str, edge: str, seal: TrailSeal) -> bool:
    return is_same(row.get("mac"), seal.of_edge(account, edge, number(row["seq"]), str(row["hash"])))


def _problem(item: Item, line: Activity, expected: int, previous: str) -> str | None:
    """What is wrong with the item that must be line ``expected``."""
    if item["sk"] != key_of(expected):
        return f"line {expected} is missing"
    if line.seq != expected:
        return f"line {expected} is not where it was written"
    if line.previous != previous or line.hash != hash_of(line) or not _is_exact(item, line):
        return f"line {expected} is not what was written"
    return None


def _unsealed(line: Activity, account: str, seal: TrailSeal, *, must: bool) -> str | None:
    """What is wrong with the seal of a line. None has one that is older than all that have (not ``must``), and than this installation's sealing."""
    if line.mac is None and not must and line.at < seal.since():
        return None
    return None if is_same(line.mac, seal.of_line(account, line.hash)) else f"line {line.seq} is not sealed by this installation"


def _is_exact(item: Item, line: Activity) -> bool:
    """Whether nothing stands in the text that the line does not have: names that are not read are not hashed."""
    found = msgspec.json.decode(str(item["doc"]))
    whole = msgspec.json.decode(encode_line(line))
    return bool({"origin": None, "mac": None, **found} == whole)


def begins_behind(base: Item | None) -> int:
    """The number of the line behind which a trail with this base begins."""
    return number(base["seq"]) if base is not None else 0


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
