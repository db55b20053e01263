"""System: whether this installation is well, who works on it, its figures, and the switch for maintenance."""

from listbackup.services.system.circuit import Circuit, Circuits
from listbackup.services.system.copies import (
    Copies,
    Copy,
    CopyPace,
    CopyState,
    Gathered,
    Plane,
    choose_copy,
    list_copies,
    list_installations,
)
from listbackup.services.system.copy_file import CONFIGURATION, KEYS, MARK, TABLES, Header, Wrapping, open_copy, read_header
from listbackup.services.system.figures import Figures
from listbackup.services.system.heartbeats import EVERY, Beat, Heartbeats
from listbackup.services.system.housekeeping import Duty, Housekeeping, Rounds
from listbackup.services.system.installation import Installation
from listbackup.services.system.maintenance import Maintenance, MaintenanceState, switch_row
from listbackup.services.system.service import Health, Part, Patience, Probe, Unwell
from listbackup.services.system.table import SYSTEM
from listbackup.services.system.totals import Totals

__all__ = [
    "CONFIGURATION",
    "EVERY",
    "KEYS",
    "MARK",
    "SYSTEM",
    "TABLES",
    "Beat",
    "Circuit",
    "Circuits",
    "Copies",
    "Copy",
    "CopyPace",
    "CopyState",
    "Duty",
    "Figures",
    "Gathered",
    "Header",
    "Health",
    "Heartbeats",
    "Housekeeping",
    "Installation",
    "Maintenance",
    "MaintenanceState",
    "Part",
    "Patience",
    "Plane",
    "Probe",
    "Rounds",
    "Totals",
    "Unwell",
    "Wrapping",
    "choose_copy",
    "list_copies",
    "list_installations",
    "open_copy",
    "read_header",
    "switch_row",
]
