"""Which passwords are accepted, what a hash costs, and how guessing is slowed down."""

from __future__ import annotations

import time
import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest

from listbackup.backends.identity.common_passwords import common
from listbackup.backends.identity.passwords import Hasher, check_policy
from listbackup.backends.identity.port import Overloaded, TooManyTries, WeakPassword
from listbackup.backends.identity.settings import HashCost, IdentitySettings
from listbackup.backends.identity.throttle import Throttle
from listbackup.backends.table.memory import MemoryTables
from listbackup.base.errors import InputError
from listbackup.testing.clock import ManualClock
from listbackup.testing.identity import CHEAP
from listbackup.testing.together import in_threads


def check(password: str, *, has_mfa: bool = False) -> None:
    check_policy(password, email="ada.lovelace@example.com", product="ListBackup", has_mfa=has_mfa)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "jKd83hf-92hJAhsd",
        "ich mag keine rosinen im kuchen",
        "漢字かな交じり文でも十分に長い",
        "a b c d e f g h",
        "x" * 3 + " seven brass kettles" + "!" * 100,
    ],
)
def test_long_ones_of_any_characters_are_taken(password: str) -> None:
    check(password)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "14 characters!",
        "seven brass kettles " * 7,
        "passwordpassword",
        "Password12345678",
        "P@ssw0rd!P@ssw0rd!",
        "iloveyou1234567",
        "monkeydragon1234",
        "qwertyuiopasdfghj",
        "1qaz2wsx3edc4rfv5tgb",
        "abcdefghijklmnopq",
        "987654321098765432",
        "aaaaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "ada.lovelace2026",
        "ada.lovelace@example.com",
        "ListBackup2026!!!",
        "listbackup-lovelace",
        "lovelace@example!",
    ],
)
def test_what_others_would_guess_is_not(password: str) -> None:
    with pytest.raises(WeakPassword):
        check(password)


def test_a_second_factor_makes_twelve_characters_enough() -> None:
    check("kettle-brass", has_mfa=True)
    with pytest.raises(WeakPassword):
        check("kettle-brass")
    with pytest.raises(WeakPassword):
        check("kettle-bras", has_mfa=True)


def test_the_block_list_has_thirty_thousand_words_and_catches_each_with_numbers_behind() -> None:
    assert len(common()) >= 29_000
    words = sorted(word for word in common() if word.isalpha())
    for word in words[:: len(words) // 300]:
        with pytest.raises(WeakPassword):
            check(word + "1234567890123456"[: max(0, 15 - len(word))])


def test_one_text_is_one_password_however_it_is_composed() -> None:
    hasher = Hasher(CHEAP, b"pepper")
    kept = hasher.hash(unicodedata.normalize("NFD", "grüße aus köln am rhein"))
    assert hasher.matches(kept, unicodedata.normalize("NFC", "grüße aus köln am rhein"))


def test_another_pepper_opens_nothing() -> None:
    assert not Hasher(CHEAP, b"other").matches(Hasher(CHEAP, b"pepper").hash("kettle"), "kettle")


def test_a_hash_of_nobody_matches_nothing() -> None:
    hasher = Hasher(CHEAP, b"pepper")
    assert not hasher.matches(None, "nobody")
    assert not hasher.matches("not a hash", "kettle")


def test_an_unknown_name_costs_what_a_known_one_does() -> None:
    hasher = Hasher(replace(CHEAP, memory_kib=4096), b"pepper")
    hasher.prepare()
    kept = hasher.hash("kettle")

    def fastest(name: str | None) -> float:
        taken = []
        for _ in range(15):
            began = time.perf_counter()
            hasher.matches(name, "brass")
            taken.append(time.perf_counter() - began)
        return min(taken)

    assert fastest(None) == pytest.approx(fastest(kept), abs=0.005)


def test_the_default_is_what_was_promised_and_less_than_the_floor_is_refused() -> None:
    assert (HashCost().memory_kib, HashCost().passes, HashCost().lanes, HashCost().at_once) == (65536, 3, 1, 4)
    HashCost(memory_kib=19 * 1024, passes=2)
    for low in ({"memory_kib": 19 * 1024 - 1}, {"passes": 1}):
        with pytest.raises(InputError):
            HashCost(**low)


def test_a_hash_of_other_parameters_is_outdated() -> None:
    old = Hasher(CHEAP, b"pepper").hash("kettle")
    today = Hasher(replace(CHEAP, passes=2), b"pepper")
    assert today.is_outdated(old)
    assert today.matches(old, "kettle")
    assert not today.is_outdated(today.hash("kettle"))


def test_more_than_may_hash_at_once_are_told_to_wait() -> None:
    hasher = Hasher(replace(CHEAP, at_once=1, wait_seconds=0.0), b"pepper")
    with hasher._turn(), pytest.raises(Overloaded):
        hasher.hash("kettle")
    hasher.hash("kettle")


# throttling


def throttle() -> tuple[Throttle, ManualClock]:
    clock = ManualClock()
    return Throttle(MemoryTables(clock), clock, IdentitySettings()), clock


def test_five_guesses_are_free_and_then_each_costs_twice_the_last_up_to_a_quarter_of_an_hour() -> None:
    slowed, clock = throttle()
    waits = []
    for _ in range(17):
        try:
            slowed.begin("ada")
            waits.append(0)
        except TooManyTries as early:
            wait = early.retry_after or timedelta(0)
            waits.append(int(wait.total_seconds()))
            clock.advance(wait)
            slowed.begin("ada")
    assert waits == [0] * 5 + [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


def test_after_a_hundred_only_a_reset_helps_and_another_name_is_not_slowed() -> None:
    slowed, clock = throttle()
    for _ in range(100):
        slowed.begin("ada")
        clock.advance(timedelta(minutes=15))
    clock.advance(timedelta(days=1))
    with pytest.raises(TooManyTries) as over:
        slowed.begin("ada")
    assert over.value.retry_after is None
    slowed.begin("bob")


def test_sixty_four_guesses_at_once_are_five() -> None:
    slowed, _ = throttle()
    through: list[bool] = []

    def guess() -> None:
        try:
            slowed.begin("ada")
            through.append(True)
        except TooManyTries:
            through.append(False)

    in_threads(guess, 64)
    assert sum(through) == 5


def test_an_address_asks_twenty_times_a_minute() -> None:
    slowed, clock = throttle()
    for _ in range(20):
        slowed.hit("192.0.2.7")
    with pytest.raises(TooManyTries) as over:
        slowed.hit("::ffff:192.0.2.7")
    assert over.value.retry_after is not None
    slowed.hit("192.0.2.8")
    clock.advance(over.value.retry_after)
    slowed.hit("192.0.2.7")


@pytest.mark.parametrize("near", ["198.51.100.{}", "2001:db8:0:{}::1"])
def test_a_network_asks_a_hundred_times_a_minute(near: str) -> None:
    slowed, _ = throttle()
    for number in range(100):
        slowed.hit(near.format(number))
    with pytest.raises(TooManyTries):
        slowed.hit(near.format(200))


def test_hosts_of_one_ipv6_network_are_one_address() -> None:
    slowed, _ = throttle()
    for number in range(20):
        slowed.hit(f"2001:db8::{number:x}")
    with pytest.raises(TooManyTries):
        slowed.hit("2001:db8::ffff:1")
