"""What the trail and the listeners are told of runs."""

from __future__ import annotations

from listbackup.services.desk import Fact
from listbackup.services.runs.model import Run


def run_fact(happened: str, run: Run) -> Fact:
    """``run.queued``, ``.started``, ``.waiting`` (for the end of quiet hours), ``.cancel_requested``, ``.interrupted``, ``.succeeded``, ``.partial``, ``.failed``, ``.cancelled``."""
    about = {
        "source": run.source,
        "job": run.job,
        "trigger": run.trigger.value,
        "attempt": run.attempt,
        "snapshot": run.snapshot_id,
        "reason": run.reason,
        "records": run.records,
        "written_bytes": run.written_bytes,
    }
    return Fact(name=f"run.{happened}", subject=run.id, about=about)
