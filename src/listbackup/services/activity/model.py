"""What a line of the trail is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from listbackup.base.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Who did what to which thing, when and from where. ``action`` is ``account:source:created``; ``hash`` covers the line and the hash before it (hex SHA-256).

    ``origin`` is None for what the scheduler, a worker or the command line did. ``mac`` is the installation's seal of the hash (hex HMAC-SHA-256), which nobody
    else can make; None on lines that an older version wrote.
    """

    seq: int
    event: str
    at: datetime
    actor: str
    action: str
    subject: str
    about: Mapping[str, str | int | bool | None]
    previous: str
    hash: str
    origin: Origin | None = None
    mac: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines: every condition that is given holds. ``action`` means that action and those below it, ``text`` is looked for anywhere, without regard to case."""

    subject: str | None = None
    action: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None  # exclusive
    text: str | None = None

    def matches(self, line: Activity) -> bool:
        """Whether this line is wanted."""
        return (
            (self.subject is None or line.subject == self.subject)
            and (self.action is None or f"{line.action}:".startswith((f"{self.action}:", f"account:{self.action}:")))
            and (self.actor is None or line.actor == self.actor)
            and (self.since is None or line.at >= self.since)
            and (self.until is None or line.at < self.until)
            and (self.text is None or self._is_in(line))
        )

    def _is_in(self, line: Activity) -> bool:
        origin = line.origin or Origin()
        said = (line.actor, line.action, line.subject, origin.address, origin.agent, *line.about.values())
        assert self.text is not None
        return any(self.text.casefold() in str(part).casefold() for part in said if part is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainBreak:
    """Where the trail is not what was written."""

    seq: int
    message: str


__all__ = ["Activity", "ChainBreak", "Origin", "Wanted"]
