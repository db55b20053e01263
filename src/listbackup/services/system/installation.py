"""The installation as a whole: its health, its switch, who works on it, its figures; put together once."""

from __future__ import annotations

from listbackup.services.desk import Desk
from listbackup.services.system.circuit import Circuits
from listbackup.services.system.copies import Copies
from listbackup.services.system.figures import Figures
from listbackup.services.system.heartbeats import Heartbeats
from listbackup.services.system.housekeeping import Housekeeping
from listbackup.services.system.maintenance import Maintenance
from listbackup.services.system.service import Health
from listbackup.services.system.totals import Totals


class Installation:
    """Everything that is asked about this installation and nobody's account. Made at the start of a process: it counts the runs that end."""

    def __init__(self, desk: Desk, health: Health, copies: Copies | None = None, housekeeping: Housekeeping | None = None) -> None:
        self.health = health
        self.copies = copies or Copies(desk)
        self.housekeeping = housekeeping or Housekeeping(desk)
        self.maintenance = Maintenance(desk)
        self.beats = Heartbeats(desk.tables, desk.clock)
        self.circuits = Circuits(desk.tables, desk.clock)
        self.totals = Totals(desk)
        self.figures = Figures(
            desk.clock,
            health=health,
            beats=self.beats,
            totals=self.totals,
            maintenance=self.maintenance,
            copies=self.copies,
            housekeeping=self.housekeeping,
        )
