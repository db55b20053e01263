"""What models share: enumerations that a newer server may have added a word to, and what is shown of a model that holds a secret."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """One of the words that this client knows, or one that it does not know yet: then its value is what the server said and no member is equal to it."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_, unknown._value_ = value, value
        return unknown


def unseen(model: object) -> str:
    """What is printed of a model that holds a secret: its name."""
    return f"{type(model).__name__}(***)"
