"""What the trail is told of sources."""

from __future__ import annotations

from listbackup.services.desk import Fact
from listbackup.services.sources.model import Source, SourceGroup


def source_fact(happened: str, source: Source) -> Fact:
    """``source.created``, ``.changed``, ``.retention_set``, ``.deleted``, ``.restored``, ``.purged``."""
    streams = "all" if source.streams is None else ",".join(source.streams)
    about = {"name": source.name, "connection": source.connection, "streams": streams[:500]}
    return Fact(name=f"source.{happened}", subject=source.id, about=about)


def group_fact(happened: str, group: SourceGroup) -> Fact:
    """``source_group.created``, ``.changed``, ``.deleted``."""
    return Fact(name=f"source_group.{happened}", subject=group.id, about={"name": group.name, "sources": len(group.sources)})
