"""Which rows of a chunk win, whichever way they are found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listbackup.base.errors import DamagedError
from listbackup.store.columns import Rows, pick_lines
from listbackup.store.cursor import Slice, _places_of, newest, oldest


class Numbered:
    """Values that tell which part and row they are."""

    def __init__(self, part):
        self.part = part

    def take(self, rows):
        return [b"%d/%d" % (self.part, row) for row in rows.tolist()]


def slice_of(part, rows):
    codes, seqs = [code for code, _ in rows], [seq for _, seq in rows]
    columns = Rows(codes, np.array(seqs, np.uint32), np.zeros(len(rows), np.uint8), np.arange(len(rows), dtype=np.uint64))
    return Slice(columns, np.arange(len(rows), dtype=np.int64) + 100, Numbered(part))


@st.composite
def parts_of_a_stream(draw):
    """Parts with ascending ranges of seq; one of them much larger than the others as often as not."""
    many = draw(st.booleans())
    count = draw(st.integers(1, 5))
    large = draw(st.integers(0, count - 1))
    parts = []
    for number in range(count):
        size = 60 if many and number == large else 4
        numbers = draw(st.sets(st.integers(0, 80), max_size=size, min_size=size if size == 60 else 0))
        rows = []
        for key in sorted(numbers):
            seqs = draw(st.sets(st.integers(number * 10 + 1, number * 10 + 10), min_size=1, max_size=1 if many else 3))
            rows += [(b"k%02d" % key, seq) for seq in sorted(seqs, reverse=True)]
        parts.append(rows)
    return parts


@given(parts_of_a_stream(), st.integers(0, 50), st.integers(-1, 30))
def test_the_newest_and_the_oldest_row_of_every_key(parts, seq, above):
    wanted_new, wanted_old = {}, {}
    for number, rows in enumerate(parts):
        for index, (code, row_seq) in enumerate(rows):
            if row_seq <= seq and (above < 0 or row_seq > above):
                entry = (row_seq, b"%d/%d" % (number, index + 100))
                wanted_new[code] = max(wanted_new.get(code, entry), entry)
                wanted_old[code] = min(wanted_old.get(code, entry), entry)
    slices = [slice_of(number, rows) for number, rows in enumerate(parts) if rows]
    names = [number for number, rows in enumerate(parts) if rows]
    for part, number in zip(slices, names, strict=True):
        part.values.part = number
    for pick, wanted in ((newest, wanted_new), (oldest, wanted_old)):
        chosen = pick(slices, seq, above)
        assert chosen.rows.codes == sorted(wanted)
        assert chosen.rows.seq.tolist() == [wanted[code][0] for code in sorted(wanted)]
        assert chosen.values() == [wanted[code][1] for code in sorted(wanted)]
        half = np.arange(len(chosen)) % 2 == 0
        if len(chosen):
            assert chosen.where(half).values() == [wanted[code][1] for code in sorted(wanted)][::2]


@given(st.lists(st.binary(max_size=6).filter(lambda value: b"\n" not in value), min_size=1, max_size=30), st.data())
def test_a_few_values_are_cut_out_as_they_are_taken_out_of_all(values: list[bytes], data: st.DataObject) -> None:
    raw = b"\n".join(values)
    rows = sorted(data.draw(st.sets(st.integers(0, len(values) - 1))))
    assert pick_lines(raw, np.array(rows, np.int64), len(values)) == [values[row] for row in rows]
    with pytest.raises(DamagedError):
        pick_lines(raw + b"\n", np.array(rows, np.int64), len(values))


@given(st.sets(st.binary(min_size=1, max_size=2)), st.lists(st.binary(min_size=1, max_size=2), min_size=1))
def test_wanted_codes_are_found_wherever_they_stand_more_than_once_too(wanted: set[bytes], drawn: list[bytes]) -> None:
    codes = sorted(drawn)
    assert _places_of(sorted(wanted), codes) == [index for index, code in enumerate(codes) if code in wanted]
