"""Sealed objects open only whole, only in their place, only with their key."""

import numpy as np
import pytest

from listbackup.backends.keyring.scope import fixed_scope
from listbackup.base.errors import DamagedError, KeyUnavailable, NewerFormat, StoreError
from listbackup.store.columns import Rows, decode_keys_frame, decode_values, encode_keys_frame, encode_values
from listbackup.store.sealed import FOOTER_BYTES, HEADER_BYTES, FrameKind, ObjectType, open_small, place_of, seal_small, squeeze, unsqueeze
from listbackup.testing.keys import memory_scope
from listbackup.testing.stores import Rig, content_of

KEYS, PLACE, RAW = memory_scope(), place_of("acc_test", "src_test"), b"what must be kept " * 40


def sealed() -> bytes:
    return seal_small(KEYS, PLACE, ObjectType.CHECKPOINT, RAW)


def opened(data: bytes, *, keys=KEYS, place=PLACE, kind=ObjectType.CHECKPOINT) -> bytes:
    return open_small(keys, place, kind, data, where="it")


def test_it_comes_back():
    assert opened(sealed()) == RAW


def test_every_flipped_bit_of_a_small_object_is_noticed():
    data = sealed()
    for at in range(len(data)):
        for bit in range(8):
            broken = data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
            with pytest.raises(StoreError):
                opened(broken)


def test_every_cut_is_noticed():
    data = sealed()
    for length in range(len(data)):
        with pytest.raises(DamagedError):
            opened(data[:length])
        with pytest.raises(DamagedError):
            opened(data[len(data) - length :] if length else b"")


def test_it_does_not_open_elsewhere():
    data = sealed()
    with pytest.raises(DamagedError):
        opened(data, place=place_of("acc_test", "src_other"))
    with pytest.raises(DamagedError):
        opened(data, place=place_of("acc_other", "src_test"))
    with pytest.raises(DamagedError):
        opened(data, kind=ObjectType.HEAD)


def test_another_account_has_no_key_for_it():
    with pytest.raises(KeyUnavailable):
        opened(sealed(), keys=memory_scope("acc_other"))


def test_a_key_filed_under_anothers_name_is_noticed_before_anything_is_decrypted():
    """The commitment in the header tells, not the tag: a sealed thing can be made that opens under two keys, and only one of them is named there."""
    kid, _ = KEYS.current()
    wrong = fixed_scope(KEYS.account, epochs={kid: bytes(32)}, id_key=bytes(32))
    with pytest.raises(KeyUnavailable, match="the key does not fit"):
        opened(sealed(), keys=wrong)


def test_a_newer_format_is_said_to_be_one():
    data = bytearray(sealed())
    for at in (4, len(data) - FOOTER_BYTES + 4):
        data[at] = 2
    with pytest.raises(NewerFormat):
        opened(bytes(data))


def test_two_sealings_share_nothing():
    first, second = sealed(), sealed()
    assert first[16:96] != second[16:96]
    assert first[HEADER_BYTES:-FOOTER_BYTES] != second[HEADER_BYTES:-FOOTER_BYTES]


@pytest.mark.parametrize("raw", [b"", b"x", b"\x00" * 100_000, bytes(range(256)) * 3])
def test_what_is_squeezed_comes_back(raw):
    frame = squeeze(FrameKind.LINES, raw)
    assert unsqueeze(frame.codec, frame.raw_len, frame.data) == raw
    assert len(frame.data) <= len(raw)


@pytest.mark.parametrize(
    "values", [[b""], [b"", b""], [b"a", b"", b"b"], [b"a\nb"], [b"\n"], [b"{}"] * 1000, [b"one\n", b"two", b""]], ids=range(7)
)
def test_values_come_back_whatever_bytes_they_hold(values):
    kind, raw = encode_values(values)
    assert decode_values(kind, raw, len(values)) == values
    with pytest.raises(DamagedError):
        decode_values(kind, raw, len(values) + 1)


@pytest.mark.parametrize("canon", [None, np.arange(3, dtype=np.uint64)])
def test_key_columns_come_back(canon):
    rows = Rows(
        [b"a", b"bb", b"c" * 300],
        np.array([3, 2, 1], np.uint32),
        np.array([0, 1, 2 | 3 << 2], np.uint8),
        np.array([7, 2**64 - 1, 0], np.uint64),
        canon,
    )
    frame = decode_keys_frame(encode_keys_frame(rows))
    back = frame.rows()
    assert back.codes == rows.codes
    assert (back.seq == rows.seq).all()
    assert (back.op == rows.op).all()
    assert (back.vhash == rows.vhash).all()
    assert back.canon is None if canon is None else (back.canon == canon).all()
    with pytest.raises(DamagedError):
        decode_keys_frame(encode_keys_frame(rows)[:-1])


def test_packs_that_are_exchanged_flipped_or_cut_never_give_wrong_records():
    rig = Rig()
    kept = {}
    for turn in range(2):
        kept |= {(f"k{number}",): b'{"turn": %d, "n": %d}' % (turn, number) for number in range(turn * 40, 60 + turn * 40)}
        rig.backup(f"run_{turn}", {"things": kept})
    packs = [info.name for info in rig.objects.list("") if "/p/" in info.name]
    whole = {name: rig.objects.get(name) for name in packs}

    def read_is_right_or_refused() -> bool:
        try:
            assert content_of(rig.store(), 2)["things"] == kept
        except StoreError:
            return False
        return True

    assert read_is_right_or_refused()
    for name, data in whole.items():
        used = range(HEADER_BYTES, len(data))  # the copy of the header at the front is compared by check alone
        for at in used[:: max(1, len(used) // 150)]:
            rig.objects.replace(name, data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :])
            assert not read_is_right_or_refused(), at
        for length in range(0, len(data), max(1, len(data) // 20)):
            rig.objects.replace(name, data[:length])
            assert not read_is_right_or_refused()
        rig.objects.replace(name, whole[packs[0] if name != packs[0] else packs[1]])
        assert not read_is_right_or_refused()
        rig.objects.replace(name, data)
    assert read_is_right_or_refused()
