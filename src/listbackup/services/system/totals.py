"""Totals: what runs came to, counted over all processes and restarts, for the metrics."""

from __future__ import annotations

from collections.abc import Mapping

from listbackup.backends.events.port import Event
from listbackup.backends.table.port import Absent, ConditionFailed, Update
from listbackup.services.desk import Desk
from listbackup.services.system.table import INSTALLATION, SYSTEM

_ENDS = ("succeeded", "partial", "failed", "cancelled")


class Totals:
    """Hears how runs end. An event that is heard twice after a crash is counted twice: these are figures, not books."""

    def __init__(self, desk: Desk) -> None:
        self._table = desk.tables.open(SYSTEM)
        desk.events.subscribe("run", self.hear)

    def hear(self, event: Event) -> None:
        """Count a run that is over."""
        state = event.name.removeprefix("run.")
        if state in _ENDS:
            records, written = event.body.get("records"), event.body.get("written_bytes")
            self._add(f"runs/{state}", {"count": 1, "records": _whole(records), "written_bytes": _whole(written)})

    def runs(self) -> Mapping[str, Mapping[str, int]]:
        """By state of the run: ``count``, ``records``, ``written_bytes``."""
        items = self._table.query(INSTALLATION, prefix="total/runs/").items
        names = ("count", "records", "written_bytes")
        return {str(item["sk"]).rpartition("/")[2]: {name: _whole(item.get(name)) for name in names} for item in items}

    def _add(self, name: str, amounts: Mapping[str, int]) -> None:
        sk = f"total/{name}"
        update = Update(pk=INSTALLATION, sk=sk, add=amounts)
        try:
            self._table.update(update)
        except ConditionFailed:
            try:
                self._table.put({"pk": INSTALLATION, "sk": sk, **amounts}, if_=Absent())
            except ConditionFailed:
                self._table.update(update)


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


__all__ = ["Totals"]
