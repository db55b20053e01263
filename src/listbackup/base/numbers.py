"""Whole numbers that somebody else wrote."""

from __future__ import annotations

MOST_DIGITS = 18  # what a signed 64-bit integer holds whatever the digits


def whole(text: str, *, most_digits: int = MOST_DIGITS) -> int | None:
    """The number that these digits write, or None where it is none, or longer than can be meant.

    ``isdigit`` alone also says yes to superscripts, which ``int`` refuses, and to any length, which ``int`` refuses beyond 4,300 digits.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= most_digits else None
