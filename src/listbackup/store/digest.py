"""The digest of what lives in a stream: the same from every physical layout, for ever.

``digest = u64le(sum of vhash mod 2**64) || u64le(sum of vhash**2 mod 2**64)`` over the live rows. As ``vhash`` is a keyed hash over key and value, two power sums
of it name a set of records; adding and taking away a record costs two additions. That a vhash is the one of its key and value is checked apart
(level ``digests`` of ``check`` hashes every record again).
"""

from __future__ import annotations

import numpy as np

from listbackup.store.columns import U64

EMPTY = bytes(16)
_MASK = 0xFFFFFFFFFFFFFFFF


def digest_of(vhash: U64) -> bytes:
    """The digest of these live rows."""
    return add_to(EMPTY, vhash)


def add_to(digest: bytes, vhash: U64) -> bytes:
    """The digest once these rows live too."""
    first = int.from_bytes(digest[:8], "little") + int(vhash.sum(dtype=np.uint64))
    second = int.from_bytes(digest[8:], "little") + int((vhash * vhash).sum(dtype=np.uint64))
    return (first & _MASK).to_bytes(8, "little") + (second & _MASK).to_bytes(8, "little")
