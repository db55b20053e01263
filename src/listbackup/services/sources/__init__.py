"""Sources: what is chosen to be backed up through a connection."""

from listbackup.services.sources.model import Filter, FilterOp, Source
from listbackup.services.sources.service import Sources
from listbackup.services.sources.table import SOURCES

__all__ = ["SOURCES", "Filter", "FilterOp", "Source", "Sources"]
