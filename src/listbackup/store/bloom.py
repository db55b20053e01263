"""Bloom filters of key codes: 12 bits a key, 7 probes, about 0.3 % false alarms.

``m = 64 * ceil(12 * keys / 64)`` bits (at least 64). With h1, h2 = the first two u64 (little endian) of SHA-256(code), probe i in 0..6 is bit ``(h1 + i * h2 mod 2**64) mod m``;
bit b is bit ``b mod 8`` (least significant first) of byte ``b // 8``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

PROBES = 7
BITS_PER_KEY = 12


def make_bloom(codes: Sequence[bytes]) -> bytes:
    """The filter that answers yes for each of these codes."""
    words = max(1, -(-BITS_PER_KEY * len(codes) // 64))
    sha256 = hashlib.sha256
    digests = np.frombuffer(b"".join([sha256(code).digest()[:16] for code in codes]), "<u8").reshape(-1, 2)
    bits = np.zeros(words * 64, np.uint8)
    for probe in range(PROBES):
        bits[(digests[:, 0] + np.uint64(probe) * digests[:, 1]) % np.uint64(words * 64)] = 1
    return np.packbits(bits, bitorder="little").tobytes()


def may_hold(bloom: bytes, code: bytes) -> bool:
    """False only when the code is certainly not in it; an empty filter says yes."""
    if not bloom:
        return True
    digest = hashlib.sha256(code).digest()
    first, second = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:16], "little")
    bits = len(bloom) * 8
    for probe in range(PROBES):
        bit = ((first + probe * second) & 0xFFFFFFFFFFFFFFFF) % bits
        if not bloom[bit >> 3] >> (bit & 7) & 1:
            return False
    return True
