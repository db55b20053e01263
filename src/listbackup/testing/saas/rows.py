"""The rows of one simulated stream: which exist, in which version, when they changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from listbackup.testing.saas.invent import born_ms


class State(IntEnum):
    """Whether a row can be seen."""

    ABSENT = 0  # never made, or hard deleted
    LIVE = 1
    TRASHED = 2  # soft deleted: still listed where the platform lists such rows


class Rows:
    """Rows 0..n in the order in which they were made. Bytes are invented on demand unless somebody wrote them."""

    def __init__(self, name: str, count: int, invent: Callable[[int, int, int], bytes]) -> None:
        self.name = name
        self._invent = invent
        self._n = count
        self._state: npt.NDArray[np.int8] = np.full(count, State.LIVE, np.int8)
        self._version: npt.NDArray[np.int32] = np.zeros(count, np.int32)
        self._updated: npt.NDArray[np.int64] = born_ms(0) + np.arange(count, dtype=np.int64) * (born_ms(1) - born_ms(0))
        self.written: dict[int, bytes] = {}  # rows whose content came through the API
        self.deleted_ms: dict[int, int] = {}
        self._made_ms: dict[int, int] = {}  # rows that came later
        self.generation = 0  # counts changes of anything in here

    def __len__(self) -> int:
        return self._n

    def raw(self, row: int) -> bytes:
        """The record's exact bytes."""
        own = self.written.get(row)
        return own if own is not None else self._invent(row, int(self._version[row]), int(self._updated[row]))

    def state(self, row: int) -> State:
        """Whether it can be seen; rows that never were are absent."""
        return State(int(self._state[row])) if 0 <= row < self._n else State.ABSENT

    def version(self, row: int) -> int:
        """How often it changed."""
        return int(self._version[row])

    def made_ms(self, row: int) -> int:
        """When it was made [ms]."""
        return self._made_ms.get(row, born_ms(row))

    def updated_ms(self, row: int) -> int:
        """When it last changed [ms]."""
        return int(self._updated[row])

    def visible(self, *, trashed: bool = False, since_ms: int | None = None) -> npt.NDArray[np.int64]:
        """The rows of a listing: in the order they were made, or by time of change if ``since_ms`` is given."""
        mask = self._state[: self._n] == State.LIVE
        if trashed:
            mask |= self._state[: self._n] == State.TRASHED
        if since_ms is None:
            return np.nonzero(mask)[0]
        found = np.nonzero(mask & (self._updated[: self._n] >= since_ms))[0]
        return found[np.argsort(self._updated[found], kind="stable")]

    def add(self, now_ms: int, raw: Callable[[int], bytes] | None = None) -> int:
        """A new row; ``raw`` makes its content from its number if it is not to be invented."""
        row = self._n
        self._made_ms[row] = now_ms
        if row == len(self._state):
            self._grow()
        self._n += 1
        self._state[row], self._version[row], self._updated[row] = State.LIVE, 0, now_ms
        if raw is not None:
            self.written[row] = raw(row)
        self.generation += 1
        return row

    def change(self, row: int, now_ms: int, raw: bytes | None = None) -> None:
        """A new version of a row; without ``raw`` its content is invented afresh."""
        self._version[row] += 1
        self._updated[row] = now_ms
        if raw is not None:
            self.written[row] = raw
        else:
            self.written.pop(row, None)
        self.generation += 1

    def touch(self, row: int, now_ms: int) -> None:
        """Only the time of change moves (and what is derived from other rows)."""
        self._updated[row] = now_ms
        self.generation += 1

    def remove(self, row: int, now_ms: int, *, soft: bool = False) -> None:
        """Delete a row, for good or into the trash."""
        self._state[row] = State.TRASHED if soft else State.ABSENT
        self._updated[row] = now_ms
        self.deleted_ms[row] = now_ms
        self.generation += 1

    def revive(self, row: int, now_ms: int, raw: bytes | None) -> None:
        """Bring a deleted row back under its old number."""
        self._state[row] = State.LIVE
        self.deleted_ms.pop(row, None)
        self.change(row, now_ms, raw)

    def live(self) -> Iterator[int]:
        """Numbers of the live rows in the order they were made."""
        for row in self.visible():
            yield int(row)

    def _grow(self) -> None:
        room = max(64, len(self._state) // 2)
        self._state = np.concatenate([self._state, np.zeros(room, np.int8)])
        self._version = np.concatenate([self._version, np.zeros(room, np.int32)])
        self._updated = np.concatenate([self._updated, np.zeros(room, np.int64)])
