"""The thinning rule over 20,000 random histories: whatever is merged and dropped, every retained view and diff stays exact."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import numpy as np

from listbackup.store.thin import DELETE, INSERT, UPDATE, thin, thin_columns

Row = tuple[bytes, int, int, int | None]
State = dict[bytes, int]
HISTORIES = 20_000


def merged(segments: Iterable[Sequence[Row]], retained: Sequence[int]) -> list[Row]:
    rows = sorted((row for segment in segments for row in segment), key=lambda row: (row[0], -row[1]))
    return list(thin(rows, retained))


def in_columns(segments: Iterable[Sequence[Row]], retained: Sequence[int]) -> list[Row]:
    rows = sorted((row for segment in segments for row in segment), key=lambda row: (row[0], -row[1]))
    starts = np.array([i == 0 or rows[i - 1][0] != row[0] for i, row in enumerate(rows)], dtype=np.bool_)
    seqs, ops = np.array([row[1] for row in rows], dtype=np.uint32), np.array([row[2] for row in rows], dtype=np.uint8)
    kept, composed = thin_columns(starts, seqs, ops, np.array(retained, dtype=np.uint32))
    return [(rows[i][0], rows[i][1], int(op), rows[i][3]) for i, op in zip(kept.tolist(), composed.tolist(), strict=True)]


def view(segments: Sequence[Sequence[Row]], seq: int) -> State:
    newest: dict[bytes, Row] = {}
    for segment in segments:
        for row in segment:
            if row[1] <= seq and (row[0] not in newest or row[1] > newest[row[0]][1]):
                newest[row[0]] = row
    return {key: value for key, (_, _, op, value) in newest.items() if op != DELETE and value is not None}


def difference(segments: Sequence[Sequence[Row]], low: int, high: int) -> tuple[set[bytes], set[bytes], set[bytes]]:
    inside: dict[bytes, list[Row]] = {}
    for segment in segments:
        for row in segment:
            if low < row[1] <= high:
                inside.setdefault(row[0], []).append(row)
    added, removed, changed = set(), set(), set()
    for key, rows in inside.items():
        rows.sort(key=lambda row: row[1])
        before, after = rows[0][2] != INSERT, rows[-1][2] != DELETE
        if after:
            (changed if before else added).add(key)
        elif before:
            removed.add(key)
    return added, removed, changed


class History:
    """A random past: runs that write segments, snapshots that are dropped, neighbours that are merged."""

    def __init__(self, seed: int) -> None:
        dice = random.Random(seed)
        self.truth: dict[int, State] = {0: {}}
        self.segments: list[list[Row]] = []
        self.retained = [0]
        self._state: State = {}
        for seq in range(1, dice.randint(3, 14)):
            self._run(dice, seq)
            self._drop(dice)
            self._merge(dice)

    def _run(self, dice: random.Random, seq: int) -> None:
        rows: list[Row] = []
        for number in dice.sample(range(6), dice.randint(0, 4)):
            key = bytes([number])
            if key in self._state and dice.random() < 0.4:
                rows.append((key, seq, DELETE, None))
                del self._state[key]
            else:
                value = dice.randint(0, 3)
                rows.append((key, seq, UPDATE if key in self._state else INSERT, value))
                self._state[key] = value
        self.truth[seq] = dict(self._state)
        self.retained.append(seq)
        if rows:
            self.segments.append(rows)

    def _drop(self, dice: random.Random) -> None:
        if len(self.retained) > 2 and dice.random() < 0.4:
            self.retained.remove(dice.choice(self.retained[:-1]))

    def _merge(self, dice: random.Random) -> None:
        if len(self.segments) > 1 and dice.random() < 0.5:
            first = dice.randint(0, len(self.segments) - 2)
            last = dice.randint(first + 2, len(self.segments))
            rows = merged(self.segments[first:last], self.retained)
            self.segments[first:last] = [rows] if rows else []


def test_every_retained_view_and_diff_is_exact_after_any_merges_and_drops() -> None:
    for seed in range(HISTORIES):
        past = History(seed)
        for seq in past.retained:
            assert view(past.segments, seq) == past.truth[seq], (seed, seq)
        for at, low in enumerate(past.retained):
            for high in past.retained[at + 1 :]:
                added, removed, changed = difference(past.segments, low, high)
                old, new = past.truth[low], past.truth[high]
                assert (added, removed) == (new.keys() - old.keys(), old.keys() - new.keys()), (seed, low, high)
                assert {key for key in old.keys() & new.keys() if old[key] != new[key]} <= changed <= old.keys() & new.keys(), (
                    seed,
                    low,
                    high,
                )


def test_nothing_that_no_retained_snapshot_sees_survives_a_full_merge() -> None:
    for seed in range(HISTORIES):
        past = History(seed)
        visible = {pair for seq in past.retained for pair in past.truth[seq].items()}
        assert {(key, value) for key, _, op, value in merged(past.segments, past.retained) if op != DELETE} <= visible, seed


def test_the_rule_for_blocks_is_the_rule_as_it_is_read() -> None:
    for seed in range(HISTORIES // 10):
        past = History(seed)
        assert in_columns(past.segments, past.retained) == merged(past.segments, past.retained), seed
    assert in_columns([], [1]) == []
