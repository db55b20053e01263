"""Memory that goes back to the system when it is free.

glibc takes a block from the system for itself alone and gives it back when it is freed, if the block is larger than a bound: 128 KiB, which it raises to the size of
any such block that is freed, up to 32 MiB. From then on pages and packs lie among small things that stay, and the holes that they leave are never quite filled again:
a first backup of 10,000,000 records came to 245 MB, with a bound that stays to 156 (decision 0390). Source: mallopt(3), M_MMAP_THRESHOLD.
"""

from __future__ import annotations

import functools

_M_MMAP_THRESHOLD = -3
_BOUND_BYTES = 256 * 1024  # of a value frame before it is compressed: what is larger comes and goes


@functools.cache
def give_back_large_blocks() -> None:
    """From now on, in this process; nothing where the C library has no such setting."""
    import ctypes  # here: who writes nothing pays nothing

    setting = getattr(ctypes.CDLL(None), "mallopt", None)
    if setting is not None:
        setting(_M_MMAP_THRESHOLD, _BOUND_BYTES)
