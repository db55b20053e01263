"""Two more ways in which platforms list: changes by sync token, and children of children (a company's contacts, a contact's notes)."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import msgspec

from listbackup.base.clock import parse_iso, unix_ms
from listbackup.testing.saas.rows import State
from listbackup.testing.saas.world import World


class TokenExpired(Exception):
    """The token is older than what is remembered."""


def changes(world: World, stream: str, token: str | None, start: int, size: int, *, oldest_ms: int = 0) -> dict[str, object]:
    """A page of what lives (no token) or of what changed and went since the token, which the last page names anew. Raises TokenExpired."""
    with world.lock:
        since = _read(token) if token else None
        if since is not None and since < oldest_ms:
            raise TokenExpired
        entries = _living(world, stream) if since is None else _since(world, stream, since)
        page = [msgspec.Raw(raw) for raw in entries[start : start + size]]
        if start + size < len(entries):
            return {"items": page, "next": start + size}
        return {"items": page, "next": None, "sync_token": base64.urlsafe_b64encode(str(world.now_ms).encode()).decode()}


def of_company(world: World, company: str | int) -> list[msgspec.Raw]:
    """The contacts of a company."""
    with world.lock:
        found = [raw for _, raw in sorted(world.truth("contacts").items()) if msgspec.json.decode(raw)["company_id"] == company]
    return [msgspec.Raw(raw) for raw in found]


def _read(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token))
    except ValueError:
        raise TokenExpired from None


def _living(world: World, stream: str) -> Sequence[bytes]:
    return [raw for _, raw in sorted(world.truth(stream).items())]


def _since(world: World, stream: str, since: int) -> Sequence[bytes]:
    rows = world.rows[stream]
    changed = [raw for _, raw in sorted(world.truth(stream).items()) if _changed_ms(raw) >= since]
    gone = [row for row, ms in rows.deleted_ms.items() if ms >= since and rows.state(row) is not State.LIVE]
    return [*changed, *(msgspec.json.encode({"id": world.id_of(stream, row), "deleted": True}) for row in gone)]


def _changed_ms(raw: bytes) -> int:
    return unix_ms(parse_iso(msgspec.json.decode(raw)["updated_at"]))
