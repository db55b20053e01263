"""How a delivery is signed: ``t=<seconds since 1970>,v1=<hex HMAC-SHA-256 of "t.body">``, as payment platforms do it, so that senders find it in their library."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

HEADER = "x-listbackup-signature"
TOLERANCE = timedelta(minutes=5)

_SHAPE = re.compile(r"t=(\d{1,12})((?:,v1=[0-9a-f]{64}){1,4})")


def new_secret() -> str:
    """A secret of 256 bits."""
    return "whs_" + secrets.token_urlsafe(32)


def sign(secret: str, at: int, body: bytes) -> str:
    """The header's value for a body sent at this second."""
    return f"t={at},v1={_mac(secret, at, body)}"


def signed_at(header: str, body: bytes, *, among: Sequence[str], now: datetime) -> int | None:
    """The second at which one of these secrets signed the body, at most five minutes ago or ahead; None when none did. Every secret is tried, whichever fits."""
    found = _SHAPE.fullmatch(header)
    at = int(found[1]) if found is not None else 0
    given = found[2].split(",v1=")[1:] if found is not None else ["0" * 64]
    fits = [hmac.compare_digest(_mac(secret, at, body), one) for secret in among for one in given]
    is_good = found is not None and any(fits) and abs(now.timestamp() - at) <= TOLERANCE.total_seconds()
    return at if is_good else None


def _mac(secret: str, at: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
