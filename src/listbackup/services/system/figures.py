"""The page of figures that Prometheus scrapes: of this process, and of the installation as its tables tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from listbackup import __version__
from listbackup.base.clock import Clock
from listbackup.base.metrics import Labels, Metric, exposition, gauge, total
from listbackup.services.system.copies import Copies
from listbackup.services.system.heartbeats import Heartbeats
from listbackup.services.system.housekeeping import Housekeeping
from listbackup.services.system.maintenance import Maintenance
from listbackup.services.system.service import Health
from listbackup.services.system.totals import Totals


class Figures:
    """``of_process`` gives what this process counted: requests, listeners."""

    def __init__(
        self,
        clock: Clock,
        *,
        health: Health,
        beats: Heartbeats,
        totals: Totals,
        maintenance: Maintenance,
        copies: Copies,
        housekeeping: Housekeeping,
    ) -> None:
        self._clock, self._health, self._beats, self._totals, self._maintenance = clock, health, beats, totals, maintenance
        self._copies, self._housekeeping = copies, housekeeping

    def page(self, of_process: Callable[[], Sequence[Metric]]) -> str:
        """The whole page."""
        return exposition([*self._installation(), *self._work(), *of_process()])

    def _installation(self) -> Sequence[Metric]:
        parts: dict[Labels, float] = {(("part", part.name),): float(part.ok) for part in self._health.parts()}
        age = self._copies.age_seconds()
        copied = [gauge("listbackup_system_copy_age_seconds", "Since the control plane was copied.", age)] if age is not None else []
        swept: dict[Labels, float] = {(("rows", name),): float(count) for name, count in self._housekeeping.state().removed_ever.items()}
        return [
            *copied,
            total("listbackup_housekeeping_rows_total", "Rows taken away because they were old.", swept),
            gauge("listbackup_build_info", "What runs here.", {(("version", __version__),): 1.0}),
            gauge("listbackup_part_up", "Whether a part answers.", parts),
            gauge("listbackup_maintenance", "Whether the installation is in maintenance.", float(self._maintenance.is_on())),
        ]

    def _work(self) -> Sequence[Metric]:
        runs, beats, now = self._totals.runs(), self._beats.list(), self._clock.now()

        def by_state(name: str) -> dict[Labels, float]:
            return {(("state", state),): float(figures[name]) for state, figures in runs.items()}

        return [
            gauge(
                "listbackup_queue_messages", "Messages on the queue, leased ones too.", {(("queue", "runs"),): float(self._health.depth())}
            ),
            gauge("listbackup_dead_letters", "Messages given up, 100 at most.", {(("queue", "runs"),): float(self._health.dead())}),
            total("listbackup_runs_total", "Runs that are over, by how they ended.", by_state("count")),
            total("listbackup_run_records_total", "Records that platforms delivered.", by_state("records")),
            total("listbackup_run_written_bytes_total", "Bytes that runs wrote.", by_state("written_bytes")),
            gauge(
                "listbackup_hands",
                "Runs that can be carried out at once.",
                {(("process", one.process),): float(one.hands) for one in beats},
            ),
            gauge("listbackup_busy_hands", "Runs that are carried out.", {(("process", one.process),): float(one.busy) for one in beats}),
            gauge(
                "listbackup_heartbeat_age_seconds",
                "Since a worker was heard of.",
                {(("process", one.process),): max(0.0, (now - one.at).total_seconds()) for one in beats},
            ),
            gauge(
                "listbackup_schedule_late_seconds",
                "How long the latest due job of the last minute had waited.",
                max((one.late_seconds for one in self._beats.alive()), default=0.0),
            ),
        ]
