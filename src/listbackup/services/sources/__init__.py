"""Sources: what is chosen to be backed up through a connection."""

from listbackup.services.sources.barred import bar, bar_digest, barred_of, unbar
from listbackup.services.sources.groups import SourceGroups
from listbackup.services.sources.model import Filter, FilterOp, Source, SourceGroup, Trashed
from listbackup.services.sources.service import Sources
from listbackup.services.sources.table import ERASED_KEYS, SOURCE_GROUPS, SOURCES
from listbackup.services.sources.trash import Purge

__all__ = [
    "ERASED_KEYS",
    "SOURCES",
    "SOURCE_GROUPS",
    "Filter",
    "FilterOp",
    "Purge",
    "Source",
    "SourceGroup",
    "SourceGroups",
    "Sources",
    "Trashed",
    "bar",
    "bar_digest",
    "barred_of",
    "unbar",
]
