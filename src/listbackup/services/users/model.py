"""What a user is to others. How one signs in is ``auth``'s."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from listbackup.base.ids import UserId


class Theme(StrEnum):
    """How the screens look."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSettings:
    """How a person likes the screens."""

    theme: Theme = Theme.SYSTEM
    time_zone: str = "UTC"  # a name of the IANA data base
    locale: str = "en"  # BCP 47
    week_starts_on: int = 1  # ISO 8601: 1 is Monday


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A person's name and settings; ``version`` is what a change must name."""

    id: UserId
    name: str
    created_at: datetime
    settings: UserSettings = field(default_factory=UserSettings)
    version: int = 1
