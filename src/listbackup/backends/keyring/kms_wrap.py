"""How a key lies wrapped under a KMS key.

KMS makes a fresh key for every wrap and gives it twice: in clear, to seal the account's key with (``seal.py``: commitment and AES-256-GCM), and encrypted under the root key.
So what KMS gives back is checked by the seal: a wrong key opens nothing, whoever gave it. Layout::

    0   3  "LBK"
    3   1  version, 1
    4   1  length r of the root key's id
    5   r  the KMS key's id
    .   2  length b of the encrypted key, u16 little endian
    .   b  the key that seals, encrypted by KMS
    . 124  the account's key, sealed for its purpose, installation, account, root and encrypted key
    .  32  SHA-256 over all before and what it is bound to: a slip is noticed before KMS is asked; it keeps no attacker out, the seal does
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from listbackup.backends.keyring.scope import KEY_BYTES
from listbackup.backends.keyring.seal import OVERHEAD_BYTES, length_prefixed
from listbackup.base.errors import DamagedError, NewerFormat

_MAGIC = b"LBK"
_VERSION = 1
_SEALED_BYTES = KEY_BYTES + OVERHEAD_BYTES
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrap:
    """The parts of a wrap."""

    root: str
    blob: bytes = field(repr=False)
    sealed: bytes = field(repr=False)


def put_together(wrap: Wrap, *, bound_to: Sequence[str]) -> bytes:
    """The bytes that are kept."""
    root = wrap.root.encode()
    head = _MAGIC + bytes([_VERSION, len(root)]) + root + len(wrap.blob).to_bytes(2, "little") + wrap.blob + wrap.sealed
    return head + _digest(head, bound_to)


def take_apart(wrapped: bytes) -> Wrap:
    """The parts. Raises DamagedError, NewerFormat; nothing is proved by success."""
    if len(wrapped) < 8 + _SEALED_BYTES + _DIGEST_BYTES or wrapped[:3] != _MAGIC or wrapped[3] < _VERSION:
        raise _damaged()
    if wrapped[3] > _VERSION:
        raise NewerFormat(f"a wrapped key has format {wrapped[3]}, this version knows {_VERSION}", hint="upgrade listbackup")
    after_root = 5 + wrapped[4]
    blob_at = after_root + 2
    sealed_at = blob_at + int.from_bytes(wrapped[after_root:blob_at], "little")
    if len(wrapped) != sealed_at + _SEALED_BYTES + _DIGEST_BYTES:
        raise _damaged()
    try:
        root = wrapped[5:after_root].decode("ascii")
    except UnicodeDecodeError:
        raise _damaged() from None
    return Wrap(root=root, blob=wrapped[blob_at:sealed_at], sealed=wrapped[sealed_at : sealed_at + _SEALED_BYTES])


def check_bound(wrapped: bytes, *, bound_to: Sequence[str]) -> None:
    """Raises DamagedError when the wrap was changed, or moved from what it is bound to."""
    if not hmac.compare_digest(_digest(wrapped[:-_DIGEST_BYTES], bound_to), wrapped[-_DIGEST_BYTES:]):
        raise _damaged()


def _digest(head: bytes, bound_to: Sequence[str]) -> bytes:
    return hashlib.sha256(length_prefixed([head, *(part.encode() for part in bound_to)])).digest()


def _damaged() -> DamagedError:
    return DamagedError("a wrapped key was changed, cut, or moved from its place", hint="put back the table of account keys from a copy")
