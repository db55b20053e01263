"""What the trail is told of sources."""

from __future__ import annotations

from listbackup.services.desk import Fact
from listbackup.services.sources.model import Source


def source_fact(happened: str, source: Source) -> Fact:
    """``source.created``, ``.changed``, ``.deleted``."""
    streams = "all" if source.streams is None else ",".join(source.streams)
    about = {"name": source.name, "connection": source.connection, "streams": streams[:500]}
    return Fact(name=f"source.{happened}", subject=source.id, about=about)
