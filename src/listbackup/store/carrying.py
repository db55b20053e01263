"""A listing that one run begins and the next one ends: which of the earlier records its first part brought.

Carried are bits over the records that lived before the first run and that it did not find gone, in the order of their ids. The snapshot in between added
records (all of them were seen) and changed some; taking its additions out of what lives now leaves the same records in the same order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from listbackup.store.checkpoint import pack_bits, unpack_bits
from listbackup.store.model import Op

if TYPE_CHECKING:
    from listbackup.store.streamwriter import StreamWriter
    from listbackup.store.writing import Writing

_MOST_ROWS = 2_000_000  # a bit each, in the head


def carried(writer: StreamWriter) -> bytes | None:
    """What came of a listing that is not finished, for ``carry_on`` in the run after this one; None where that is more than a head should hold."""
    first, second = writer.removed_ids
    prior = writer.prior
    if len(prior) > _MOST_ROWS or writer.spec.keyless:
        return None
    positions, found, _ = prior.find(first, second)
    kept = np.ones(len(prior), np.bool_)
    kept[positions[found]] = False
    return int(kept.sum()).to_bytes(8, "little") + pack_bits(prior.seen[kept])


def carry_on(writing: Writing, writer: StreamWriter, bits: bytes, seq: int) -> bool:
    """Go on with the listing of which snapshot ``seq`` holds the first part: what it brought counts as seen. False where that cannot be told any more."""
    if seq != writing.base.last_seq or not len(bits) >= 8:
        return False
    prior = writer.prior
    fresh = np.zeros(len(prior), np.bool_)
    for rows in writing.store.live_rows(writer.name, writing.base, seq):
        fresh[writer.find_living(rows.take(np.flatnonzero((rows.seq == seq) & (rows.kind == Op.INSERT))))] = True
    count = int.from_bytes(bits[:8], "little")
    if count != int((~fresh).sum()):  # something was erased in between
        return False
    prior.seen[fresh] = True
    prior.seen[~fresh] = unpack_bits(bits[8:], count)
    return True
