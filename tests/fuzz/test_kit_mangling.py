"""A kit that was typed wrong is never taken for another one, and the mistake is named."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listbackup.backends.keyring.key_codes import decode_groups, encode_groups
from listbackup.backends.keyring.recovery_kit import needs_passphrase, parse_kit, print_kit
from listbackup.backends.keyring.roots import Roots
from listbackup.backends.keyring.store_kit import StoreKit, parse_store_kit, print_store_kit, store_kit_json
from listbackup.base.errors import InputError, ListBackupError
from listbackup.base.secret import Secret
from listbackup.testing.keys import memory_scope

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
AT = datetime(2026, 11, 21, tzinfo=UTC)
ROOTS = Roots((bytes(range(32)),))
CODE = list(encode_groups(b"\x01" + ROOTS.keys[0]))


def refused(groups: list[str]) -> str:
    with pytest.raises(InputError) as caught:
        decode_groups(groups, length=33)
    assert caught.value.hint
    return caught.value.message


def test_every_single_mistyped_character_names_its_group() -> None:
    for number, group in enumerate(CODE):
        for place in range(5):
            for character in ALPHABET + "U*é":
                if character != group[place]:
                    typed = group[:place] + character + group[place + 1 :]
                    assert refused([*CODE[:number], typed, *CODE[number + 1 :]]).startswith(f"group {number + 1} ({typed})")


def test_what_is_too_long_for_a_group_is_not_repeated() -> None:
    """Somebody named the wrong file, and what is in it may be a secret of another kind."""
    assert refused(["tok_of_some_platform"]) == "group 1 is mistyped or not in its place"


def test_every_two_swapped_neighbours_name_their_group() -> None:
    for number, group in enumerate(CODE):
        for place in range(4):
            typed = group[:place] + group[place + 1] + group[place] + group[place + 2 :]
            if typed != group:
                assert refused([*CODE[:number], typed, *CODE[number + 1 :]]).startswith(f"group {number + 1} ")


def test_every_two_exchanged_groups_are_noticed() -> None:
    for one in range(len(CODE)):
        for other in range(one):
            typed = list(CODE)
            typed[one], typed[other] = typed[other], typed[one]
            assert typed == CODE or "not in its place" in refused(typed)


def test_groups_left_out_or_typed_twice_are_noticed() -> None:
    for number in range(len(CODE)):
        refused(CODE[:number] + CODE[number + 1 :])
        refused(CODE[: number + 1] + CODE[number:])
    refused([])


def test_small_letters_and_lookalikes_are_understood() -> None:
    typed = " ".join(CODE).lower().replace("0", "o").replace("1", "l")
    assert parse_kit(typed) == ROOTS
    assert parse_kit("-".join(CODE).replace("1", "I")) == ROOTS


@settings(max_examples=1000, deadline=None)
@given(st.randoms(use_true_random=False))
def test_several_mistakes_at_once_never_make_another_key(dice: random.Random) -> None:
    typed = list(CODE)
    for _ in range(dice.randint(1, 8)):
        number = dice.randrange(len(typed))
        typed[number] = "".join(dice.choice(ALPHABET) if dice.random() < 0.5 else character for character in typed[number])
    try:
        key = decode_groups(typed, length=33)
    except InputError:
        return
    assert key[1:] == ROOTS.keys[0]


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=300))
def test_any_other_text_is_no_kit(text: str) -> None:
    for parse in (parse_kit, parse_store_kit, needs_passphrase):
        with pytest.raises(ListBackupError):
            parse(text)


@settings(max_examples=300, deadline=None)
@given(st.binary(min_size=0, max_size=70))
def test_codes_come_back_as_they_were(data: bytes) -> None:
    assert decode_groups(encode_groups(data), length=len(data)) == data


def test_a_kit_of_several_roots_keeps_their_order() -> None:
    roots = ROOTS.rotated().rotated()
    assert parse_kit(print_kit(roots, made_at=AT)) == roots


def test_a_printed_kit_survives_mail_and_editors() -> None:
    text = print_kit(ROOTS.rotated(), made_at=AT)
    for changed in (
        text.replace("\n", "\r\n"),
        text.replace("  ", " "),
        re.sub(r"(?m)$", "   ", text),
        "\n\n" + text + "\nSent from my phone\n",
    ):
        assert len(parse_kit(changed).keys) == 2


def test_codes_under_each_others_headings_are_noticed() -> None:
    one, other = ROOTS, Roots.fresh()
    mixed = print_kit(one, made_at=AT).replace(one.current, other.current)
    with pytest.raises(InputError, match="is that of"):
        parse_kit(mixed)


def test_a_passphrase_guards_the_kit() -> None:
    text = print_kit(ROOTS, made_at=AT, passphrase=Secret("correct horse"))
    assert needs_passphrase(text)
    assert parse_kit(text, passphrase=Secret("correct horse")) == ROOTS
    for wrong in ("Correct horse", "correct horse ", ""):
        with pytest.raises(InputError, match="the passphrase is not the one"):
            parse_kit(text, passphrase=Secret(wrong))
    with pytest.raises(InputError, match="made with a passphrase"):
        parse_kit(text)


def test_two_kits_under_one_passphrase_share_nothing() -> None:
    codes = [
        set(re.findall(r"\b[0-9A-Z]{5}\b", print_kit(ROOTS, made_at=AT, passphrase=Secret("p")).partition("Root key ")[2]))
        for _ in range(2)
    ]
    assert len(codes[0] & codes[1]) <= 2


def a_store_kit() -> StoreKit:
    scope = memory_scope("acc_a", epochs=3)
    return StoreKit(account="acc_a", made_at=AT, id_key=scope.id_key, data_keys=scope.source.epochs)  # type: ignore[attr-defined]


def test_every_changed_byte_of_a_store_kit_is_noticed_or_harmless() -> None:
    kit = a_store_kit()
    missed = []
    for raw in (store_kit_json(kit), print_store_kit(kit).encode()):
        for place in range(len(raw)):
            changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
            try:
                found = parse_store_kit(changed)
            except ListBackupError:
                continue
            if found != kit:
                missed.append((place, changed[max(0, place - 10) : place + 10]))
    assert missed == []


def test_a_recovery_kit_is_not_taken_for_a_store_kit_nor_the_other_way_round() -> None:
    with pytest.raises(InputError):
        parse_store_kit(print_kit(ROOTS, made_at=AT))
    with pytest.raises(InputError, match="not the code of a root key"):
        parse_kit(print_store_kit(a_store_kit()))
