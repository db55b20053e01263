"""Data: what was kept, given back: browse, history, difference, search, export, restore; and the upkeep of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from listbackup.base.loading import when_named

if TYPE_CHECKING:
    from listbackup.processor.export import ExportFormat, ExportOptions, ExportResult
    from listbackup.processor.fields import field_paths
    from listbackup.processor.restore_model import Action, RestorePlan, RestoreResult, Selection, Step, Why
    from listbackup.processor.verify import StreamVerified, Verification
    from listbackup.services.data.asking import parse_filter, write_filter
    from listbackup.services.data.budget import Budget
    from listbackup.services.data.change_sets import ChangeSet
    from listbackup.services.data.cursors import read_cursor, write_cursor
    from listbackup.services.data.errands import Errander, ErrandKind, Errands, Order, order
    from listbackup.services.data.forgetting import forget_restored
    from listbackup.services.data.keys import parse_key, show_key
    from listbackup.services.data.model import Restore, RestoreState
    from listbackup.services.data.orders import ERRANDS, SILENCE, QueuedErrands, decode_order
    from listbackup.services.data.pruning import Prunes
    from listbackup.services.data.restores import Restores
    from listbackup.services.data.service import Data, Found
    from listbackup.services.data.table import RESTORE_IDS, RESTORE_JOURNAL, RESTORES
    from listbackup.services.data.upkeep import Upkeep
    from listbackup.services.data.verifying import Verifications
else:
    __getattr__ = when_named(  # loaded when they are named: reading a record must not wait for the code that restores or exports (docs/decisions/0080)
        __name__,
        {
            "listbackup.processor.export": ("ExportFormat", "ExportOptions", "ExportResult"),
            "listbackup.processor.fields": ("field_paths",),
            "listbackup.processor.restore_model": ("Action", "RestorePlan", "RestoreResult", "Selection", "Step", "Why"),
            "listbackup.processor.verify": ("StreamVerified", "Verification"),
            ".asking": ("parse_filter", "write_filter"),
            ".budget": ("Budget",),
            ".change_sets": ("ChangeSet",),
            ".cursors": ("read_cursor", "write_cursor"),
            ".errands": ("ErrandKind", "Errander", "Errands", "Order", "order"),
            ".forgetting": ("forget_restored",),
            ".keys": ("parse_key", "show_key"),
            ".model": ("Restore", "RestoreState"),
            ".orders": ("ERRANDS", "SILENCE", "QueuedErrands", "decode_order"),
            ".restores": ("Restores",),
            ".service": ("Data", "Found"),
            ".table": ("RESTORES", "RESTORE_IDS", "RESTORE_JOURNAL"),
            ".upkeep": ("Upkeep",),
            ".pruning": ("Prunes",),
            ".verifying": ("Verifications",),
        },
    )

__all__ = [
    "ERRANDS",
    "RESTORES",
    "RESTORE_IDS",
    "RESTORE_JOURNAL",
    "SILENCE",
    "Action",
    "Budget",
    "ChangeSet",
    "Data",
    "ErrandKind",
    "Errander",
    "Errands",
    "ExportFormat",
    "ExportOptions",
    "ExportResult",
    "Found",
    "Order",
    "Prunes",
    "QueuedErrands",
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
    "Verifications",
    "Why",
    "decode_order",
    "field_paths",
    "forget_restored",
    "order",
    "parse_filter",
    "parse_key",
    "read_cursor",
    "show_key",
    "write_cursor",
    "write_filter",
]
