"""System: whether this installation is well, who works on it, its figures, and the switch for maintenance."""

from listbackup.services.system.figures import Figures
from listbackup.services.system.heartbeats import EVERY, Beat, Heartbeats
from listbackup.services.system.installation import Installation
from listbackup.services.system.maintenance import Maintenance, MaintenanceState
from listbackup.services.system.service import Health, Part, Probe, Unwell
from listbackup.services.system.totals import Totals

__all__ = [
    "EVERY",
    "Beat",
    "Figures",
    "Health",
    "Heartbeats",
    "Installation",
    "Maintenance",
    "MaintenanceState",
    "Part",
    "Probe",
    "Totals",
    "Unwell",
]
