"""Digits that others wrote are a number or none, whatever they look like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listbackup.base.numbers import whole
from listbackup.services.data import parse_key, show_key


@pytest.mark.parametrize("text", ["", "-", "-1", "+1", " 1", "1 ", "1_0", "²", "¹", "①", "٣", "１２", "1" * 19, "1" * 5000, "0x1", "1.0"])
def test_what_is_not_plainly_a_whole_number_is_none(text: str) -> None:
    assert whole(text) is None


@given(st.integers(min_value=0, max_value=10**18 - 1))
def test_a_number_is_read_back(number: int) -> None:
    assert whole(str(number)) == number


@given(st.one_of(st.text(), st.text(alphabet='-+0123456789²³¹①٣_ []",', max_size=30)))
def test_any_text_is_a_key_of_a_record_or_of_none(text: str) -> None:
    """What a person types, or a program puts into an address."""
    assert (text,) in parse_key(text)


@pytest.mark.parametrize("text", ["--5", "²", "-²", "-", "5" * 5000, "[" * 2000, "[1" + "0" * 5000 + "]"])
def test_what_looks_like_a_number_and_is_none_is_a_text(text: str) -> None:
    assert parse_key(text) == [(text,)]


@given(st.integers(min_value=-(10**17), max_value=10**17))
def test_a_numbers_own_text_means_the_number_first(number: int) -> None:
    assert parse_key(show_key((number,)))[0] == (number,)
