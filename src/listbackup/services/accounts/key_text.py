"""The text of an API key: ``lbk_<env>_<8 id>_<43 secret>_<6 check>``.

The secret is 256 bits in base 62; the check is CRC-32 in base 62, so that a mistyped or cut key is told apart from a wrong one without asking the table,
and scanners for leaked secrets can be sure of what they found.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib
from dataclasses import dataclass

from listbackup.base.secret import Secret

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_SHAPE = re.compile(r"(lbk_[a-z]{1,12}_([0-9a-hjkmnp-tv-z]{8})_[0-9A-Za-z]{43})_([0-9A-Za-z]{6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyText:
    """A key that was read: whose it says it is, and the digest that must be kept for it."""

    id: str
    digest: bytes


def make_key(environment: str, *, id_: str | None = None) -> tuple[str, Secret, bytes]:
    """A fresh key (or a fresh text for the key of this id): its id, its text, and the digest to keep."""
    id_ = id_ or "".join(secrets.choice(_ID_DIGITS) for _ in range(8))
    body = f"lbk_{environment}_{id_}_{_base62(secrets.randbits(256), 43)}"
    text = f"{body}_{_check(body)}"
    return id_, Secret(text), digest_of(Secret(text))


def read_key(text: Secret) -> KeyText | None:
    """The parts of a key, or None for what is no key."""
    match = _SHAPE.fullmatch(text.reveal())
    if match is None or _check(match[1]) != match[3]:
        return None
    return KeyText(id=match[2], digest=digest_of(text))


def digest_of(text: Secret) -> bytes:
    """What is kept of a key. 256 random bits need no slow hash: nothing can be guessed."""
    return hashlib.sha256(text.reveal().encode(errors="replace")).digest()


def _check(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), 6)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, rest = divmod(number, 62)
        digits.append(_DIGITS[rest])
    return "".join(reversed(digits))
