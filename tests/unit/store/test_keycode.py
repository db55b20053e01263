"""Key codes sort like keys, end by themselves, and come back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listbackup.base.errors import DamagedError, InputError
from listbackup.store.keycode import MAX_CODE, decode_key, decode_keys, encode_key, encode_keys, key_text, parse_keys

parts = st.one_of(st.text(max_size=12), st.integers(), st.integers(-(2**70), 2**70), st.binary(max_size=6))
keys = st.lists(parts, min_size=1, max_size=3).map(tuple)
texts = st.tuples(st.text(st.characters(exclude_categories=()), max_size=20))
numbers = st.tuples(st.integers(-(2**80), 2**80))


@given(keys)
def test_a_key_comes_back(key):
    assert decode_key(encode_key(key)) == key


@given(st.lists(texts, min_size=2, max_size=8) | st.lists(numbers, min_size=2, max_size=8))
def test_codes_sort_like_keys(some):
    def order(key):
        return key[0].encode("utf-8", "surrogatepass") if isinstance(key[0], str) else key[0]

    assert [decode_key(code) for code in sorted(map(encode_key, some))] == sorted(some, key=order)


@given(st.lists(keys, min_size=2, max_size=6, unique=True))
def test_codes_stay_apart_and_in_order_when_padded_with_zeros(some):
    codes = sorted(map(encode_key, some))
    width = max(map(len, codes))
    padded = [code.ljust(width, b"\x00") for code in codes]
    assert padded == sorted(set(padded))


@given(st.lists(texts | numbers | keys, max_size=8))
def test_the_fast_way_gives_the_same_codes(some):
    assert encode_keys(some) == [encode_key(key) for key in some]
    assert decode_keys(encode_keys(some)) == some


@given(keys)
def test_what_people_read_can_be_typed_again(key):
    if all(isinstance(part, str | int) for part in key):
        assert key in parse_keys(key_text(key)) or any(isinstance(part, str) and not part.isprintable() for part in key)


@given(st.binary(max_size=20))
def test_any_bytes_are_a_key_or_damage(code):
    try:
        key = decode_key(code)
    except DamagedError:
        return
    assert key == () or isinstance(key, tuple)


@pytest.mark.parametrize("key", [(), (1.5,), (None,), (True,), ("x" * MAX_CODE,), (("a",),)])
def test_what_cannot_be_a_key_is_refused(key):
    with pytest.raises(InputError):
        encode_key(key)


def test_a_long_key_is_refused_the_fast_way_too():
    with pytest.raises(InputError):
        encode_keys([("a",), ("x" * MAX_CODE,)])


def test_a_number_and_a_text_are_both_meant():
    assert parse_keys("42") == ((42,), ("42",))
    assert parse_keys('["de",42]')[0] == ("de", 42)
    assert ("de", 42) in parse_keys("de,42")
