"""Passwords that others guess first: a list of 30,000, and what people make of them to get past a minimum length.

With at least 12 characters hardly any listed word is long enough, so the list is applied to what a password is made of: a common word with numbers around it,
a word said twice, a row of the keyboard, one's own name. Source of the list: the ``zxcvbn`` package (MIT), read at first use (docs/decisions/0111).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

_LEET = str.maketrans("0134578@$!+|", "oieastbasiti")
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_PIECE = 3  # shortest part of a run that counts as one
_OWN = 4  # shortest of one's own words that counts


@cache
def common() -> frozenset[str]:
    """The listed passwords, in lower case."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(str(word).lower() for word in FREQUENCY_LISTS["passwords"])


def why_common(password: str, own_words: Iterable[str]) -> str | None:
    """Why others would guess this, as the end of "the password …"; None when nothing is known against it."""
    text, own = password.lower(), tuple(own_words)
    for form in {text, text.translate(_LEET)}:
        core = _EDGES.sub("", form)
        if form in common() or core in common():
            return "is a common one with little around it"
        if _is_made_of(core or form, common()):
            return "is made of common ones only"
        if _repeats(form) or len(set(form)) < 5:
            return "repeats itself"
        if _is_a_run(form):
            return "follows the keyboard or the alphabet"
        rest = _without(form, own)
        if rest is not None and len(_EDGES.sub("", rest)) < 4:
            return "is your name or ours with little around it"
    return None


def own_words(email: str, *more: str) -> Sequence[str]:
    """What this person would think of first: the address, its parts, and these names."""
    return [email.lower(), *(word for text in (email, *more) for word in re.split(r"[\W_]+", text.lower()) if len(word) >= _OWN)]


def _is_made_of(text: str, words: frozenset[str]) -> bool:
    """Whether two common passwords make it up."""
    return any(text[:cut] in words and text[cut:] in words for cut in range(3, len(text) - 2))


def _repeats(text: str) -> bool:
    """Whether it is one piece over and over (the last time perhaps cut short)."""
    return any(text == (text[:size] * (len(text) // size + 1))[: len(text)] for size in range(1, len(text) // 2 + 1))


def _is_a_run(text: str) -> bool:
    """Whether four fifths of it are neighbours on a keyboard or in the alphabet, either way round."""
    rows = [*_RUNS, *(row[::-1] for row in _RUNS)]
    pieces = [text[at : at + _PIECE] for at in range(len(text) - _PIECE + 1)]
    runs = sum(any(piece in row for row in rows) for piece in pieces)
    return bool(pieces) and runs * 5 >= len(pieces) * 4


def _without(text: str, words: Iterable[str]) -> str | None:
    found = [word for word in words if word in text]
    for word in sorted(found, key=len, reverse=True):
        text = text.replace(word, "")
    return text if found else None
