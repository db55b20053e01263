"""Tickets as they go over the wire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from listbackup.services.downloads.model import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadUrl:
    """Where the bytes can be fetched, once, before ``ends_at``; without a credential, so hand it to nobody."""

    url: str
    ends_at: datetime


def show_ticket(ticket: Ticket) -> DownloadUrl:
    """The ticket as it goes out, this once."""
    return DownloadUrl(url=f"/v2/downloads/{ticket.token}", ends_at=ticket.ends_at)
