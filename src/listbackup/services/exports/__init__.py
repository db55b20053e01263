"""Exports: snapshots as files for people and programs, made in the background and kept, sealed, for some days."""

from listbackup.services.exports.model import Export, ExportState
from listbackup.services.exports.service import Exports
from listbackup.services.exports.table import EXPORTS

__all__ = ["EXPORTS", "Export", "ExportState", "Exports"]
