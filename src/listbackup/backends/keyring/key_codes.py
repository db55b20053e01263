"""Keys as groups of letters and digits that a person can print, read out and type.

A code is base 32 in Crockford's alphabet (no I, L, O, U; small letters, I, L and O are understood) in groups of five: four characters of bytes and one check
character over GF(32), which takes in the group's place. So one mistyped character, two swapped neighbours, or a group in another's place is found, and named.
The last four bytes are the beginning of SHA-256 of those before, which finds whatever else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from listbackup.base.errors import InputError

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)} | {"I": 1, "L": 1, "O": 0}
_GROUP = 5
_CHECKSUM_BYTES = 4
_BITS_PER_GROUP = 20


def encode_groups(data: bytes) -> Sequence[str]:
    """The groups of ``data`` with its checksum."""
    whole = data + _checksum(data)
    bits = len(whole) * 8
    padding = -bits % _BITS_PER_GROUP
    number = int.from_bytes(whole, "big") << padding
    count = (bits + padding) // _BITS_PER_GROUP
    return [_group(place, number >> (_BITS_PER_GROUP * (count - 1 - place)) & 0xFFFFF) for place in range(count)]


def decode_groups(groups: Sequence[str], *, length: int) -> bytes:
    """The ``length`` bytes of ``encode_groups``. Raises InputError that names the group which cannot be right."""
    expected = group_count(length)
    number = 0
    for place, group in enumerate(groups[:expected]):
        number = number << _BITS_PER_GROUP | _read_group(place, group)
    if len(groups) != expected:
        raise InputError(
            f"the code has {len(groups)} groups where {expected} belong", hint="type every group of five, none twice", field="code"
        )
    size = length + _CHECKSUM_BYTES
    whole = (number >> (expected * _BITS_PER_GROUP - size * 8)).to_bytes(size, "big")
    data, checksum = whole[:length], whole[length:]
    if checksum != _checksum(data):
        raise InputError(
            "the code as a whole is not right, though each group could be", hint="compare it with the print, group by group", field="code"
        )
    return data


def group_count(length: int) -> int:
    """How many groups hold ``length`` bytes and their checksum."""
    return -(-(length + _CHECKSUM_BYTES) * 8 // _BITS_PER_GROUP)


def first_byte(group: str) -> int:
    """The first byte of a code, by its first group. Raises InputError."""
    return _read_group(0, group) >> 12


def _group(place: int, bits: int) -> str:
    values = [bits >> shift & 31 for shift in (15, 10, 5, 0)]
    return "".join(_ALPHABET[value] for value in (*values, _check(place, values)))


def _read_group(place: int, group: str) -> int:
    values = [_VALUES.get(character, -1) for character in group.upper()]
    if len(values) != _GROUP or -1 in values or values[-1] != _check(place, values[:-1]):
        shown = f" ({group})" if len(group) <= _GROUP else ""  # what is longer is something else: a token, in the wrong file
        raise InputError(
            f"group {place + 1}{shown} is mistyped or not in its place", hint="compare it with the print and type it again", field="code"
        )
    bits = 0
    for value in values[:-1]:
        bits = bits << 5 | value
    return bits


def _check(place: int, values: Sequence[int]) -> int:
    """place + sum of values[i] * 2**(i+1) in GF(32): two different places, or one different value, never agree."""
    check = place & 31
    for power, value in enumerate(values, 1):
        for _ in range(power):
            value = value << 1 ^ (0b100101 if value & 16 else 0)  # x**5 + x**2 + 1
        check ^= value
    return check


def _checksum(data: bytes) -> bytes:
    return hashlib.sha256(b"listbackup code\n" + data).digest()[:_CHECKSUM_BYTES]
