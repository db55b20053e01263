"""Whatever is done to sealed bytes is noticed, and nothing wrong is ever returned."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listbackup.backends.keyring.scope import fixed_scope, key_id
from listbackup.backends.keyring.seal import OVERHEAD_BYTES, derive, length_prefixed, open_field, seal_field
from listbackup.base.errors import DamagedError, KeyUnavailable, StoreError
from listbackup.testing.keys import memory_scope

SCOPE = memory_scope("acc_a")
SEALS_OF_A_LONG_RUN = 10_000_000
PLACE = ("connections", "con_1", "token", "7")
PARTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=4)


def opened(sealed: bytes, place: Sequence[str] = PLACE) -> bytes | None:
    """None when it was noticed."""
    try:
        return open_field(SCOPE, sealed, context=place)
    except StoreError:
        return None


@pytest.mark.parametrize("size", [0, 1, 200])
def test_every_flipped_bit_is_noticed(size: int) -> None:
    sealed = seal_field(SCOPE, os.urandom(size), context=PLACE)
    missed = []
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        if opened(bytes(changed)) is not None:
            missed.append(bit)
    assert missed == []


def test_every_cut_and_every_addition_is_noticed() -> None:
    sealed = seal_field(SCOPE, os.urandom(300), context=PLACE)
    for length in range(len(sealed)):
        assert opened(sealed[:length]) is None
        assert opened(sealed[length + 1 :]) is None
    for extra in (b"\x00", b"\xff" * 16, sealed):
        assert opened(sealed + extra) is None


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=120), st.binary(max_size=120))
def test_parts_of_two_sealed_values_never_make_a_third(first: bytes, second: bytes) -> None:
    one, two = seal_field(SCOPE, first, context=PLACE), seal_field(SCOPE, second, context=PLACE)
    for cut in (4, 12, 44, 76, len(one) - 16):
        for mixed in (one[:cut] + two[cut:], two[:cut] + one[cut:]):
            assert mixed in (one, two) or opened(mixed) is None


@settings(max_examples=1000, deadline=None)
@given(PARTS, PARTS)
def test_a_value_opens_in_its_own_place_only(place: list[str], other: list[str]) -> None:
    sealed = seal_field(SCOPE, b"here", context=place)
    assert opened(sealed, place) == b"here"
    assert (opened(sealed, other) == b"here") == (place == other)


@pytest.mark.parametrize(
    "other", [("connections", "con_1", "token", "8"), ("connections", "con_1token", "", "7"), (*PLACE, ""), PLACE[:-1], ()]
)
def test_a_value_moved_to_a_place_nearby_is_noticed(other: tuple[str, ...]) -> None:
    assert opened(seal_field(SCOPE, b"here", context=PLACE), other) is None


def test_a_value_moved_to_another_account_is_noticed_even_under_the_same_keys() -> None:
    sealed = seal_field(SCOPE, b"token", context=PLACE)
    with pytest.raises(KeyUnavailable):
        open_field(memory_scope("acc_b"), sealed, context=PLACE)
    kid, key = SCOPE.current()
    twin = fixed_scope("acc_b", epochs={kid: key}, id_key=SCOPE.id_key)
    with pytest.raises(DamagedError):
        open_field(twin, sealed, context=PLACE)
    with pytest.raises(DamagedError):  # the account and the first part of the place do not flow into each other
        open_field(fixed_scope("acc_aconnections", epochs={kid: key}, id_key=SCOPE.id_key), sealed, context=PLACE[1:])


def test_a_key_filed_under_anothers_name_is_noticed_before_anything_is_decrypted() -> None:
    kid, _ = SCOPE.current()
    wrong = fixed_scope("acc_a", epochs={kid: os.urandom(32)}, id_key=bytes(32))
    with pytest.raises(KeyUnavailable, match="the key does not fit"):
        open_field(wrong, seal_field(SCOPE, b"token", context=PLACE), context=PLACE)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=400))
def test_noise_never_opens(noise: bytes) -> None:
    assert opened(noise) is None
    assert opened(b"LBF\x01" + SCOPE.current()[0] + noise) is None


def test_no_salt_is_drawn_twice() -> None:
    seen = {seal_field(SCOPE, b"", context=())[12:44] for _ in range(100_000)}
    assert len(seen) == 100_000


@pytest.mark.long
def test_no_salt_is_drawn_twice_in_ten_million() -> None:
    beginnings = np.empty(SEALS_OF_A_LONG_RUN, dtype=np.uint64)  # 8 bytes of each salt: two equal ones by chance in 1 of 370,000 such runs
    for number in range(SEALS_OF_A_LONG_RUN):
        beginnings[number] = int.from_bytes(seal_field(SCOPE, b"", context=())[12:20], "little")
    assert len(np.unique(beginnings)) == SEALS_OF_A_LONG_RUN


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.binary(max_size=5), max_size=5), st.lists(st.binary(max_size=5), max_size=5))
def test_no_two_lists_of_parts_are_the_same_bytes(one: list[bytes], other: list[bytes]) -> None:
    assert (length_prefixed(one) == length_prefixed(other)) == (one == other)


@settings(max_examples=300, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.text("abc/", max_size=4), st.text("abc/", max_size=4))
def test_labels_and_keys_tell_everything_apart(key: bytes, other: bytes, label: str, another: str) -> None:
    salt = bytes(32)
    pairs = {(key, label), (other, label), (key, another)}
    derived = [derive(one, salt, text) for one, text in pairs]
    assert len({half for both in derived for half in both}) == 2 * len(pairs)


def test_a_sealed_value_is_ninety_two_bytes_longer_and_says_whose_key_it_needs() -> None:
    sealed = seal_field(SCOPE, b"x" * 10, context=PLACE)
    assert (len(sealed), sealed[4:12]) == (10 + OVERHEAD_BYTES, key_id(SCOPE.current()[1]))
