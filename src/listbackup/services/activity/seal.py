"""What only this installation can write: the seals of lines, and of where a trail begins and ends.

A line's ``hash`` can be recomputed by anybody, so that an export can be checked elsewhere; its ``mac`` cannot, so that nobody who writes the tables can write a trail.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

_LABEL = b"listbackup/activity-trail"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailSeal:
    """``key`` gives the stable key of the installation's own keys, asked when a line is written or judged; ``since`` when this installation began to seal its lines:
    an older one has lines without a seal from before, and none after."""

    key: Callable[[], bytes] = field(repr=False)
    since: Callable[[], datetime]

    def of_line(self, account: str, hash_: str) -> str:
        """The seal of a line of this account [hex]; its hash covers the line and its place."""
        return self._mac("line", account, hash_)

    def of_edge(self, account: str, edge: str, seq: int, hash_: str) -> str:
        """The seal [hex] of an ``edge`` of the trail: its ``head`` (the newest line), or its ``base`` (the newest of the lines that were left behind)."""
        return self._mac(edge, account, str(seq), hash_)

    def _mac(self, *parts: str) -> str:
        key = hmac.new(self.key(), _LABEL, hashlib.sha256).digest()
        said = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
        return hmac.new(key, said, hashlib.sha256).hexdigest()


def is_same(mac: object, expected: str) -> bool:
    """Whether this is the seal, in a time that tells nothing."""
    return isinstance(mac, str) and hmac.compare_digest(mac.encode(), expected.encode())
