"""How much the store takes at once. Tuning, not format: any store can be read and written with any of these."""

from __future__ import annotations

from dataclasses import dataclass

KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Thresholds, measured for records of about 1 KB; tests choose small ones so that little data takes every path."""

    values_raw_bytes: int = 256 * KIB  # of a value frame
    keys_rows: int = 1024  # of a key frame
    pack_bytes: int = 20 * MIB  # compressed, after which a pack is written
    feed_bytes: int = 4 * MIB  # of rows in order, after which they flow into the growing part
    sort_bytes: int = 24 * MIB  # of rows out of order, after which they are sorted into a part
    small_bytes: int = 8 * MIB  # of a run's changes that are worth a better compression
    merged_at_once: int = 48  # parts of one merge
    spill_above_bytes: int = 48 * KIB  # of segment lists in HEAD
    details_inline: int = 64  # snapshots whose details HEAD may hold
    details_kept: int = 16  # of those the newest that stay when the others are moved out
    sparse_lists: int = 8  # of moved details, of which so few are still needed that they are put together
    garbage_inline: int = 64  # entries that HEAD may hold
    garbage_kept: int = 16  # of those the newest that stay when the others are moved out
    bucket_rows: int = 128 * KIB  # sorted at once when local state is written
    large_rows: int = 1_500_000  # from which on local state is walked in pieces
    piece_rows: int = 1_000_000  # of such a piece


USUAL = Sizes()
SHORT_LISTS = Sizes(details_inline=4, details_kept=2, sparse_lists=2, garbage_inline=2, garbage_kept=1)  # for trials: every list is spilled
