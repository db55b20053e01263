"""What a versioned bucket can do beyond the objects port: keep an object from everybody until a day, and take every version of it for good.

Contract
- ``retain`` holds the object as it is now against ``erase`` and against everybody else, the owner of the account too, until that instant. It can be made longer, never shorter.
- ``erase`` removes every version and marker of the name, at once and for good. It raises ``ObjectHeld`` for one that is retained; what was not held by then may be gone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from listbackup.base.errors import Conflict


class ObjectHeld(Conflict):
    """The object is retained until a day that has not come."""


class Versions(Protocol):
    """The versions of objects."""

    def retain(self, name: str, until: datetime) -> None:
        """Hold the object's present version. Raises ObjectMissing, ObjectHeld (it is held for longer), InputError (the bucket knows no such holds)."""
        ...

    def retained_until(self, name: str) -> datetime | None:
        """Until when [UTC] the present version is held; None when it is not. Raises ObjectMissing."""
        ...

    def erase(self, name: str) -> int:
        """How many versions and markers were removed. Raises ObjectHeld."""
        ...
