"""The store's keyed hashes, all under keys derived from the account's id key and therefore stable while the account lives.

K(label) = the 64 bytes of HKDF-SHA-512(id key, salt = 32 zero bytes, label): ``derive``'s key and commitment, one after the other.

* vhash     first 8 bytes (u64 little endian) of SHA-256(K("listbackup/1/vhash") || code || value): notices change
* canon     the same under K("listbackup/1/canon") over the value's canonical form without the stream's volatile paths
* content   first 16 bytes of SHA-256(K("listbackup/1/content") || value): the key of a record in a stream without keys
* blob id   HMAC-SHA-256(K("listbackup/1/blob"), bytes): the id of an attachment
* K("listbackup/1/state")[0:32]: AES key of the local state file's ids (``detect.py``; not part of the format)
* K("listbackup/1/pages"): the two AES keys of the marks of pages (``pages.py``; not part of the format)
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import numpy as np

from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.keyring.seal import derive
from listbackup.base.canonical import comparable
from listbackup.store.columns import U64
from listbackup.store.model import Path


class Hashes:
    """One account's keyed hashes."""

    def __init__(self, keys: KeyScope) -> None:
        def derived(label: str) -> bytes:
            return b"".join(derive(keys.id_key, bytes(32), f"listbackup/1/{label}"))

        self._value = hashlib.sha256(derived("vhash"))
        self._canon = hashlib.sha256(derived("canon"))
        self._content = hashlib.sha256(derived("content"))
        self._blob = derived("blob")
        self.state_key = derived("state")[:32]
        self.pages_key = derived("pages")
        self.snapshot_key = derived("snapshot")

    def values(self, codes: Sequence[bytes], values: Sequence[bytes]) -> U64:
        """The vhash of each value under its key."""
        return _first_words(self._value, codes, values)

    def canon(self, codes: Sequence[bytes], values: Sequence[bytes], volatile: Sequence[Path]) -> U64:
        """The hash of each value's canonical form; of the value itself where that is not JSON."""
        return _first_words(self._canon, codes, [comparable(bytes(value), volatile) for value in values])

    def content(self, value: bytes) -> bytes:
        """The 16 bytes that name a record without a key."""
        digest = self._content.copy()
        digest.update(value)
        return digest.digest()[:16]

    def blob(self) -> hmac.HMAC:
        """A fresh HMAC for an attachment's bytes."""
        return hmac.new(self._blob, digestmod=hashlib.sha256)


def _first_words(start: hashlib._Hash, codes: Sequence[bytes], values: Sequence[bytes]) -> U64:
    copy = start.copy
    digests = []
    for code, value in zip(codes, values, strict=True):
        digest = copy()
        digest.update(code)
        digest.update(value)
        digests.append(digest.digest())
    return np.frombuffer(b"".join(digests), "<u8")[::4].copy()
