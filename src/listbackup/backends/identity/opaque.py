"""Opaque tokens: 256 bits of the operating system's randomness that are handed out once and kept as their SHA-256; and keys for one purpose each."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

from listbackup.backends.keyring.scope import KeyScope

OPAQUE = r"[A-Za-z0-9_-]{43}"  # 32 bytes in base64url


def new_secret() -> str:
    """A fresh secret of 43 characters."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of it (hex). 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether they are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def mac(key: bytes, text: str) -> str:
    """HMAC-SHA-256 in base64url, 43 characters."""
    return base64.urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).decode().rstrip("=")


def derived(keys: KeyScope, purpose: str) -> bytes:
    """32 bytes for one purpose, from the installation's stable key: not in the database, the same after every rotation."""
    return hmac.digest(keys.id_key, f"listbackup/1/identity/{purpose}".encode(), "sha256")


def split(token: str, shape: re.Pattern[str]) -> tuple[str, ...] | None:
    """The groups of a token that has the shape from end to end; None for anything else, however long."""
    if len(token) > 200:
        return None
    found = shape.fullmatch(token)
    return found.groups() if found is not None else None
