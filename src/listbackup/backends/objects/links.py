"""Links to single objects: for a person's browser or a platform to fetch or to bring bytes itself, past this program.

Contract
- A link is good for one object, one act and a short time, whoever holds it; it cannot be taken back. So it lives for at most 5 minutes.
- Making a link does not look whether the object is there.
- An upload link creates once, as ``put`` does: the headers that it gives are part of what was signed and must be sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from listbackup.base.errors import InputError

LONGEST_LINK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLink:
    """Where bytes may be brought, with PUT and these headers."""

    url: str = field(repr=False)
    headers: Mapping[str, str]


class Links(Protocol):
    """Maker of links."""

    def download(self, name: str, *, lasts: timedelta, filename: str) -> str:
        """An address that gives the object as an attachment of this name. Raises InputError for a link that lasts longer than ``LONGEST_LINK``."""
        ...

    def upload(self, name: str, *, lasts: timedelta, size_bytes: int) -> UploadLink:
        """An address that takes the object once, of exactly this size. Raises InputError."""
        ...


def check_lasting(lasts: timedelta) -> int:
    """The time in seconds. Raises InputError for none, or more than ``LONGEST_LINK``."""
    if not timedelta() < lasts <= LONGEST_LINK:
        raise InputError("a link lasts for some seconds, and 5 minutes at most", field="lasts")
    return max(1, int(lasts.total_seconds()))
