"""A value that must not be seen: it has no readable repr, no JSON form and cannot be pickled."""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """A secret text. ``reveal()`` is the only way to it, so that every use can be found by its name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself; hand it to the wire or to the seal, nowhere else."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled")
