"""Data: what was kept, given back: browse, history, difference, search, export, restore; and the upkeep of it."""

from listbackup.processor.export import ExportFormat, ExportOptions, ExportResult
from listbackup.processor.restore_model import Action, RestorePlan, RestoreResult, Selection, Step, Why
from listbackup.processor.verify import StreamVerified, Verification
from listbackup.services.data.keys import parse_key, show_key
from listbackup.services.data.model import Restore, RestoreState
from listbackup.services.data.restores import Restores
from listbackup.services.data.service import Data, Found
from listbackup.services.data.table import RESTORE_IDS, RESTORE_JOURNAL, RESTORES
from listbackup.services.data.upkeep import Upkeep

__all__ = [
    "RESTORES",
    "RESTORE_IDS",
    "RESTORE_JOURNAL",
    "Action",
    "Data",
    "ExportFormat",
    "ExportOptions",
    "ExportResult",
    "Found",
    "Restore",
    "RestorePlan",
    "RestoreResult",
    "RestoreState",
    "Restores",
    "Selection",
    "Step",
    "StreamVerified",
    "Upkeep",
    "Verification",
    "Why",
    "parse_key",
    "show_key",
]
