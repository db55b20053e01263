"""Live events as a listener reads them off the wire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event: ``id`` is the number of its line in the trail, None for a word that has no place there."""

    id: int | None
    event: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one answer told, and with which id a browser comes back."""

    place: str
    told: Sequence[Told]


def read_turn(text: str) -> Turn:
    """The answer's events. Source: HTML Living Standard, "Server-sent events", 9.2.6: an id is kept also of an event without data, which nobody hears."""
    place, told = "", []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        place = fields.get("id", place)
        if "data" in fields:
            told.append(Told(id=int(fields["id"]) if "id" in fields else None, event=fields.get("event", "message"), data=fields["data"]))
    return Turn(place=place, told=told)
