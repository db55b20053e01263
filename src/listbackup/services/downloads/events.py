"""What the trail is told of downloads."""

from __future__ import annotations

from listbackup.services.desk import Fact
from listbackup.services.downloads.model import Kind


def download_fact(happened: str, kind: Kind, subject: str) -> Fact:
    """``download.offered``, ``.begun``; ``subject`` is the source or the export that the bytes are of."""
    return Fact(name=f"download.{happened}", subject=subject, about={"kind": kind.value})
