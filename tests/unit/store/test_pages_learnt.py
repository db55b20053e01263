"""Pages that a run learns: how many at most, and that a first backup learns them too."""

from __future__ import annotations

import numpy as np

from listbackup.backends.keyring.mark import Marker
from listbackup.store.detect import Ids, make_prior
from listbackup.store.keycode import encode_keys
from listbackup.store.pages import Leaves, Lesson, Pages
from listbackup.store.sizes import Sizes


def pages(most: int) -> Pages:
    empty = np.zeros(0, np.uint64)
    prior = make_prior(empty, empty, empty, None)
    prior.sizes = Sizes(large_rows=most)
    return Pages("print", Marker(b"m" * 64), Ids(b"k" * 32), prior, Leaves())


def learn(known: Pages, number: int, records: int) -> None:
    ids = Ids(b"k" * 32).of(encode_keys([(f"{number}-{record}",) for record in range(records)]))[0]
    known.learn([Lesson(records, number.to_bytes(16, "big"), b"told")], ids, np.arange(records, dtype=np.uint64))


def test_a_first_run_knows_nothing_and_keeps_what_it_learnt() -> None:
    known = pages(most=100)
    assert known.is_empty
    learn(known, 1, 10)
    learn(known, 2, 5)
    kept = known.kept(whole=True)
    assert kept is not None
    assert ([len(ids) for ids in kept.ids], kept.told, kept.sums) == ([10, 5], [b"told"] * 2, [45, 10])


def test_of_a_stream_that_is_too_large_to_ask_for_its_pages_none_is_kept() -> None:
    known = pages(most=100)
    for number in range(12):
        learn(known, number, 10)
    assert known.kept(whole=True) is None


def test_a_page_that_comes_again_in_the_same_run_takes_no_more_room() -> None:
    known = pages(most=100)
    for _ in range(30):
        learn(known, 1, 10)
    kept = known.kept(whole=True)
    assert kept is not None
    assert len(kept.marks) == 1
