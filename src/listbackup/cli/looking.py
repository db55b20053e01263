"""What the commands that look at snapshots share: finding the one that is meant, and showing keys and records."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from listbackup.base.canonical import have_same_values
from listbackup.base.decode import from_json, from_platform, readable
from listbackup.cli.output import Output, visible
from listbackup.cli.shell import Shell
from listbackup.cli.when import choose, split_source
from listbackup.store import Key, SnapshotInfo

_NAMES = ("name", "title", "subject", "label", "email", "display_name", "full_name", "filename", "slug")
_SHOWN = 60  # characters of a value in a line about it
SPELT_OTHERWISE = "the same values, spelt otherwise"
NO_TEXT = "what differs is not UTF-8"


def find_snapshot(sh: Shell, text: str) -> tuple[str, SnapshotInfo]:
    """The source and the snapshot that ``SOURCE[@WHEN]`` means. Raises NotFound, InputError."""
    source, when = split_source(text)
    return source, choose(sh.house.data.snapshots(sh.scope, source), when, now=sh.clock.now())


def find_kept_or_trashed(sh: Shell, text: str) -> tuple[str, SnapshotInfo]:
    """As ``find_snapshot``; a number or an id may also name a snapshot in the trash."""
    source, when = split_source(text)
    in_trash = bool(when) and (when.lstrip("#").isdigit() or when.startswith("snp_"))
    snapshots = sh.house.data.snapshots(sh.scope, source, with_trash=in_trash)
    return source, choose(snapshots, when, now=sh.clock.now())


def snapshot_document(snapshot: SnapshotInfo) -> dict[str, object]:
    """A snapshot as ``--json`` shows it."""
    return {
        "id": snapshot.id,
        "number": snapshot.seq,
        "at": snapshot.at,
        "kind": snapshot.kind.value,
        "run": snapshot.run,
        "held": snapshot.held,
        "suspect": snapshot.suspect,
        "verified_at": snapshot.verified_at,
        "expired_at": snapshot.expired_at,
        "written_bytes": snapshot.written_bytes,
        "records": sum(stream.live for stream in visible_streams(snapshot).values()),
        "streams": {
            name: {
                "records": stream.live,
                "added": stream.added,
                "changed": stream.changed,
                "removed": stream.removed,
                "status": stream.status.value,
                "problems": list(stream.problems),
            }
            for name, stream in visible_streams(snapshot).items()
        },
    }


def visible_streams(snapshot: SnapshotInfo) -> dict[str, Any]:
    """The streams that people chose, by name; the store's own are left out."""
    return {name: stream for name, stream in sorted(snapshot.streams.items()) if not name.startswith("_")}


def key_text(key: Key) -> str:
    """A key as it is typed back."""
    if len(key) == 1 and not isinstance(key[0], bytes) and not str(key[0]).startswith("["):
        return str(key[0])
    return msgspec.json.encode(key_parts(key)).decode()


def key_parts(key: Key) -> list[str | int]:
    """A key as ``--json`` shows it; the parts of a record without a key of its own in hexadecimal."""
    return [part.hex() if isinstance(part, bytes) else part for part in key]


def raw_document(raw: bytes | None) -> msgspec.Raw | None:
    """A record's exact bytes inside a document."""
    return msgspec.Raw(raw) if raw is not None else None


def about(raw: bytes) -> str:
    """A few words that tell the record apart: its name, title or address."""
    try:
        record = from_platform(raw)
    except (msgspec.DecodeError, RecursionError):
        return short(raw.decode(errors="replace"))
    if not isinstance(record, dict):
        return short(raw.decode(errors="replace"))
    for name in _NAMES:
        value = record.get(name)
        if isinstance(value, dict):  # WordPress: {"rendered": …}
            value = value.get("rendered")
        if isinstance(value, str) and value.strip():
            return short(value.strip())
    return ""


def field_changes(before: bytes | None, after: bytes | None) -> list[str]:
    """``email: a@x → b@x`` for every top-level field that differs, in the order of the newer record; a sentence where none does and yet the bytes do."""
    if before is None or after is None:
        return []
    if have_same_values(before, after):
        return [SPELT_OTHERWISE] if before != after else []
    old, new = _fields(before), _fields(after)
    if old is None or new is None:
        return []
    names = [*new, *(name for name in old if name not in new)]
    differ = [name for name in names if name not in old or name not in new or not _is_same(old[name], new[name])]
    return [f"{name}: {_value(old, name)} → {_value(new, name)}" for name in differ] or [NO_TEXT]


def show_record(out: Output, raw: bytes) -> None:
    """The record for people: indented JSON on a terminal, its exact bytes anywhere else."""
    if not out.on_terminal:
        out.raw(raw)
        return
    try:
        text = msgspec.json.format(raw, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = raw.decode(errors="replace")
    for line in text.splitlines():
        out.say(visible(line))


def limited(items: Iterator[Any], limit: int | None) -> Iterator[Any]:
    """At most so many of them; all for None."""
    return items if limit is None else islice(items, limit)


def short(text: str) -> str:
    """At most a few dozen characters of it."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _fields(raw: bytes) -> dict[str, msgspec.Raw] | None:
    try:
        return from_json(readable(raw), dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return None


def _is_same(one: msgspec.Raw, other: msgspec.Raw) -> bool:
    return bytes(one) == bytes(other) or have_same_values(bytes(one), bytes(other))


def _value(record: dict[str, msgspec.Raw], name: str) -> str:
    if name not in record:
        return "(nothing)"
    text = bytes(record[name]).decode()
    return visible(short(str(from_json(text, str)) if text.startswith('"') else msgspec.json.format(text, indent=-1)))
