"""Records that were erased and must not come back with the next run: kept as keyed digests, which name nobody."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping

import msgspec

from listbackup.base.paging import iter_pages
from listbackup.connectors.engine.record import Key
from listbackup.services.desk import Desk
from listbackup.services.rows import Writes
from listbackup.services.scope import Scope
from listbackup.services.sources.table import ERASED_KEYS


def bar_digest(secret: bytes, stream: str, key: Key) -> str:
    """What is kept of a key; ``secret`` is the account's id key."""
    text = msgspec.json.encode([stream, *key])
    return hmac.new(secret, b"listbackup/erased/" + text, hashlib.sha256).hexdigest()[:32]


def bar(desk: Desk, scope: Scope, source: str, stream: str, digests: Iterable[str]) -> Writes:
    """The writes that keep these records of a stream from being kept again."""
    table = desk.open(ERASED_KEYS, scope)
    return [table.put(f"{stream}/{digest}", {"stream": stream, "digest": digest}, part=source) for digest in digests]


def barred_of(desk: Desk, scope: Scope, source: str) -> Mapping[str, frozenset[str]]:
    """The digests of what must not be kept again of this source, by stream."""
    table, found = desk.open(ERASED_KEYS, scope), dict[str, set[str]]()
    for row in iter_pages(lambda cursor: table.query(part=source, limit=500, cursor=cursor)):
        found.setdefault(str(row["stream"]), set()).add(str(row["digest"]))
    return {stream: frozenset(some) for stream, some in found.items()}


def unbar(desk: Desk, scope: Scope, source: str) -> int:
    """Forget what was barred of a source that is gone for good; how many."""
    table, count = desk.open(ERASED_KEYS, scope), 0
    while rows := table.query(part=source, limit=100).items:
        desk.commit(scope, [table.delete(str(row["sk"]), part=source) for row in rows])
        count += len(rows)
    return count
