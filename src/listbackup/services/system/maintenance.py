"""Maintenance: a switch in the table. While it is on, nothing is changed by requests and no run begins; what is kept can be read. It survives every restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from listbackup.backends.table.port import Item, Put
from listbackup.base.clock import iso, parse_iso
from listbackup.base.errors import InputError
from listbackup.services.desk import Desk, Fact
from listbackup.services.scope import Scope
from listbackup.services.system.table import INSTALLATION, SYSTEM

_KNOWN_FOR_SECONDS = 1.0  # so long other processes may go on after the switch
_KEY = "maintenance"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceState:
    """Whether it is on, why, since when and by whom."""

    on: bool = False
    reason: str | None = None
    since: datetime | None = None
    by: str | None = None


class Maintenance:
    """The switch of this installation; asking is cheap."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._table = desk.tables.open(SYSTEM)
        self._known: tuple[float, MaintenanceState] | None = None

    def state(self) -> MaintenanceState:
        """How it stands, a second old at most."""
        now = self._desk.clock.monotonic()
        if self._known is None or now - self._known[0] >= _KNOWN_FOR_SECONDS:
            self._known = (now, self._read())
        return self._known[1]

    def is_on(self) -> bool:
        """Whether to leave everything as it is."""
        return self.state().on

    def switch(self, scope: Scope, *, on: bool, reason: str = "") -> MaintenanceState:
        """Turn it on or off. Turning on needs a reason, which everybody is shown. Raises InputError."""
        said = reason.strip()
        if on and not said:
            raise InputError("maintenance needs a reason: everybody is shown it", field="reason")
        if len(said) > 300 or not (said.isprintable()):
            raise InputError("a reason has at most 300 printable characters", field="reason")
        row = switch_row(on=on, reason=said or None, at=self._desk.clock.now(), by=scope.actor)
        fact = Fact(name=f"maintenance.{'started' if on else 'ended'}", subject=INSTALLATION, about={"reason": said or None})
        self._desk.commit(scope, [(self._table, Put(item=row))], fact)
        self._known = None
        return self.state()

    def _read(self) -> MaintenanceState:
        row = self._table.find(INSTALLATION, _KEY)
        if row is None or not row["on"]:
            return MaintenanceState()
        reason = str(row["reason"]) if row.get("reason") is not None else None
        return MaintenanceState(on=True, reason=reason, since=parse_iso(str(row["since"])), by=str(row["by"]))


def switch_row(*, on: bool, reason: str | None, at: datetime, by: str) -> Item:
    """How the switch stands in the table."""
    return {"pk": INSTALLATION, "sk": _KEY, "on": on, "reason": reason, "since": iso(at), "by": by}
