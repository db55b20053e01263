"""What the trail is told of hooks."""

from __future__ import annotations

from listbackup.services.desk import Fact


def hook_fact(happened: str, connection: str, *, runs: int | None = None) -> Fact:
    """``hook.made``, ``.rotated``, ``.removed``, ``.started`` (with how many runs)."""
    return Fact(name=f"hook.{happened}", subject=connection, about={} if runs is None else {"runs": runs})
