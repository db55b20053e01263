"""Sealing: the one construction that hides and authenticates bytes, and its small-field form.

Every sealed thing draws a fresh 32-byte salt; ``HKDF-SHA-512(key, salt, label)`` gives an AES-256 key that is used for nothing else and a 32-byte commitment
to the key, which is compared before anything is decrypted. So a nonce cannot repeat under one key, and one ciphertext cannot open under two keys.

Layout of a sealed field (92 bytes longer than the text)::

    0   3  "LBF"
    3   1  version, 1
    4   8  id of the sealing key
    12 32  salt
    44 32  commitment
    76  n  AES-256-GCM ciphertext, nonce 0
    .. 16  tag

The associated data is the 76-byte header and every part of the context, each preceded by its length as u32 little endian: a ciphertext opens only in the
place it was sealed for. Source: docs/design/keys.md; RFC 5869; NIST SP 800-38D.
"""

from __future__ import annotations

import hmac
import os
import struct
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from listbackup.backends.keyring.scope import KeyScope, key_id
from listbackup.base.errors import DamagedError, KeyUnavailable, NewerFormat

if TYPE_CHECKING:  # loaded when something is sealed or opened: most first answers of a function are neither
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SALT_BYTES = 32
OVERHEAD_BYTES = 92

_MAGIC = b"LBF"
_VERSION = 1
_HEADER = struct.Struct("<3sB8s32s32s")
_TAG_BYTES = 16
_NONCE = bytes(12)
_LABEL = "listbackup/1/field"


def derive(data_key: bytes, salt: bytes, label: str) -> tuple[bytes, bytes]:
    """The (32-byte AES key, 32-byte commitment) of one sealed thing; ``label`` tells apart what the key is for, ``salt`` is 32 fresh random bytes."""
    from cryptography.hazmat.primitives.hashes import SHA512
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    both = HKDF(algorithm=SHA512(), length=64, salt=salt, info=label.encode()).derive(data_key)
    return both[:32], both[32:]


def length_prefixed(parts: Iterable[bytes]) -> bytes:
    """The parts, each after its length as u32 little endian: no two lists of parts give the same bytes."""
    return b"".join(len(part).to_bytes(4, "little") + part for part in parts)


def seal_field(scope: KeyScope, plaintext: bytes, *, context: Sequence[str]) -> bytes:
    """The sealed form of a small value (a token, a cursor), which opens only for this account and this context (table, key, field, row version)."""
    kid, key = scope.current()
    return seal_with(key, plaintext, context=(scope.account, *context), kid=kid)


def open_field(scope: KeyScope, sealed: bytes, *, context: Sequence[str]) -> bytes:
    """The value of ``seal_field``. Raises DamagedError (changed, cut, or moved from its place), KeyUnavailable, NewerFormat."""
    return open_with(scope.key(sealing_key_id(sealed)), sealed, context=(scope.account, *context))


def seal_with(key: bytes, plaintext: bytes, *, context: Sequence[str], kid: bytes | None = None) -> bytes:
    """As ``seal_field``, under a key in hand; ``kid`` (8 bytes) is the key's own id unless told otherwise."""
    salt = os.urandom(SALT_BYTES)
    return _seal(key, key_id(key) if kid is None else kid, salt, plaintext, context)


def open_with(key: bytes, sealed: bytes, *, context: Sequence[str]) -> bytes:
    """The value of ``seal_with``. Raises DamagedError, KeyUnavailable (another key), NewerFormat."""
    header, salt, commitment = _header(sealed)
    aes_key, expected = derive(key, salt, _LABEL)
    if not hmac.compare_digest(commitment, expected):
        raise KeyUnavailable("the key does not fit what it should open", hint="the key or the sealed bytes were exchanged or changed")
    opened = _opened(aes_key, sealed[_HEADER.size :], _associated(header, context))
    if opened is None:
        raise DamagedError("a sealed value was changed, cut, or moved from its place", where="/".join(context))
    return opened


def seal_once(key: bytes, plaintext: bytes, *, salt: bytes, label: str) -> bytes:
    """The ciphertext and tag alone, for a key that is fresh by itself (stretched from a passphrase with this salt) and a form that must be short.

    It carries no commitment: whoever opens it compares what it says with something known beforehand, as the recovery kit does with the root key's id.
    """
    return _aes(derive(key, salt, label)[0]).encrypt(_NONCE, plaintext, label.encode())


def open_once(key: bytes, sealed: bytes, *, salt: bytes, label: str) -> bytes:
    """The value of ``seal_once``. Raises DamagedError."""
    opened = _opened(derive(key, salt, label)[0], sealed, label.encode())
    if opened is None:
        raise DamagedError("a sealed value does not open: another passphrase, or changed bytes")
    return opened


def sealing_key_id(sealed: bytes) -> bytes:
    """The 8-byte id of the key that ``sealed`` needs. Raises DamagedError, NewerFormat."""
    _header(sealed)
    return sealed[4:12]


def _seal(key: bytes, kid: bytes, salt: bytes, plaintext: bytes, context: Sequence[str]) -> bytes:
    aes_key, commitment = derive(key, salt, _LABEL)
    header = _HEADER.pack(_MAGIC, _VERSION, kid, salt, commitment)
    return header + _aes(aes_key).encrypt(_NONCE, plaintext, _associated(header, context))


def _opened(aes_key: bytes, sealed: bytes, associated: bytes) -> bytes | None:
    """None: it is not what was sealed with this key in this place."""
    from cryptography.exceptions import InvalidTag

    try:
        return _aes(aes_key).decrypt(_NONCE, sealed, associated)
    except InvalidTag:
        return None


def _aes(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _header(sealed: bytes) -> tuple[bytes, bytes, bytes]:
    if len(sealed) < _HEADER.size + _TAG_BYTES:
        raise DamagedError("a sealed value is shorter than its header")
    magic, version, _, salt, commitment = _HEADER.unpack_from(sealed)
    if magic != _MAGIC or version < _VERSION:
        raise DamagedError("a sealed value does not begin as one")
    if version > _VERSION:
        raise NewerFormat(f"a sealed value has format {version}, this version knows {_VERSION}", hint="upgrade listbackup")
    return sealed[: _HEADER.size], salt, commitment


def _associated(header: bytes, context: Sequence[str]) -> bytes:
    return length_prefixed([header, *(part.encode() for part in context)])
