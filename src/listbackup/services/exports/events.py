"""What the trail is told of exports."""

from __future__ import annotations

from listbackup.services.desk import Fact
from listbackup.services.exports.model import Export


def export_fact(happened: str, export: Export) -> Fact:
    """``export.created``, ``.done``, ``.failed``, ``.cancelled``, ``.expired``, ``.deleted``."""
    about = {"source": export.source, "snapshot": export.snapshot, "format": export.format.value, "records": export.records}
    return Fact(name=f"export.{happened}", subject=export.id, about=about)
