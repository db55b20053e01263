"""The ids of records: what tells them apart on the local disk."""

from __future__ import annotations

import random

import numpy as np
import pytest

from listbackup.store.detect import Ids
from listbackup.store.keycode import encode_key


@pytest.mark.parametrize("widths", [(3,), (14,), (16,), (17,), (40,), (3, 14), (3, 16, 17)])
def test_an_id_is_the_same_whoever_is_asked_for_beside_it(widths: tuple[int, ...]) -> None:
    dice = random.Random(1)
    codes = [encode_key(("x" * (dice.choice(widths) - 6) + f"{number:04}"[: min(4, widths[0] - 2)],)) for number in range(60)]
    ids = Ids(b"k" * 32)
    together = np.stack(ids.of(codes))
    alone = np.concatenate([np.stack(ids.of([code])) for code in codes], axis=1)
    assert (together == alone).all()


def test_a_code_of_another_width_has_another_id() -> None:
    first, second = Ids(b"k" * 32).of([b"\x02a\x00", b"\x02ab\x00", b"\x02" + b"a" * 20 + b"\x00", b"\x02" + b"a" * 21 + b"\x00"])
    assert len({*zip(first.tolist(), second.tolist(), strict=True)}) == 4


def test_nothing_has_no_ids() -> None:
    assert [len(column) for column in Ids(b"k" * 32).of([])] == [0, 0]
