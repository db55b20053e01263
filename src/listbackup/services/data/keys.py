"""Keys as people type them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from listbackup.base.decode import from_json
from listbackup.base.numbers import whole
from listbackup.store import Key

if TYPE_CHECKING:
    from listbackup.store import View


def parse_key(text: str) -> Sequence[Key]:
    """The keys that a text can mean, likeliest first: ``42`` is a number or a text, ``["a",7]`` a key of two parts, anything else a text."""
    meant: list[Key] = []
    if text.startswith("["):
        try:
            parts = from_json(text, list[int | str])
        except msgspec.DecodeError:
            parts = []
        if parts:
            meant.append(tuple(parts))
    number = whole(text.removeprefix("-"))
    if number is not None and text in (str(number), str(-number)):
        meant.append((int(text),))
    meant.append((text,))
    return meant


def show_key(key: Key) -> str:
    """The text that ``parse_key`` reads back."""
    if len(key) == 1 and not isinstance(key[0], bytes) and not str(key[0]).startswith("["):
        return str(key[0])
    return msgspec.json.encode([part.hex() if isinstance(part, bytes) else part for part in key]).decode()


def kept_key(view: View, stream: str, key: str | Key) -> Key | None:
    """The key of a record that the view holds, or None when it holds none of what the text can mean."""
    meant = parse_key(key) if isinstance(key, str) else [key]
    return next((one for one in meant if view.get(stream, one) is not None), None)


def platform_key(key: Key) -> tuple[str | int, ...] | None:
    """The key as the platform knows it, or None for a record that has none of its own."""
    parts = tuple(part for part in key if not isinstance(part, bytes))
    return parts if len(parts) == len(key) else None
