"""Memory that goes back to the system when it is free.

glibc takes a block from the system for itself alone and gives it back when it is freed, if the block is larger than a bound: 128 KiB, which it raises to the size of
any such block that is freed, up to 32 MiB. What is free at the end of its heap it gives back from twice that bound on. So after the first large block pages and packs
lie among small things that stay, and the holes that they leave are never quite filled again: the peak grew with the length of a backup although nothing was kept
(decision 0390). Source: mallopt(3), M_MMAP_THRESHOLD and M_TRIM_THRESHOLD.
"""

from __future__ import annotations

import functools

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_FREE_AT_THE_END_BYTES = 128 * 1024  # as glibc begins
_BLOCK_BYTES = 256 * 1024  # of a value frame before it is compressed: what is larger comes and goes


@functools.cache
def give_back_large_blocks() -> None:
    """From now on, in this process; nothing where the C library has no such setting."""
    import ctypes  # here: who writes nothing pays nothing

    setting = getattr(ctypes.CDLL(None), "mallopt", None)
    if setting is not None:
        setting(_M_MMAP_THRESHOLD, _BLOCK_BYTES)
        setting(_M_TRIM_THRESHOLD, _FREE_AT_THE_END_BYTES)
