"""How a secret lies in a service that keeps text for people: as it is, so that it can be entered by hand in the console, unless the service would not take it so."""

from __future__ import annotations

import json

_MARK = "json:"


def as_text(value: str) -> str:
    """The value itself; what is empty or holds control characters as ``json:"..."``."""
    is_plain = value and not value.startswith(_MARK) and all(c >= " " or c in "\t\n\r" for c in value)
    return value if is_plain else _MARK + json.dumps(value)


def from_text(text: str) -> str:
    """The value of ``as_text``; text that only looks like it is taken as it is."""
    if not text.startswith(_MARK):
        return text
    try:
        value = json.loads(text.removeprefix(_MARK))
    except ValueError:
        return text
    return value if isinstance(value, str) else text
