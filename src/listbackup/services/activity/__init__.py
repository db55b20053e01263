"""Activity: the audit trail: every change of anything, chained so that tampering shows; and the feed of what happens now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from listbackup.base.loading import when_named
from listbackup.services.activity.model import Activity, ChainBreak, Origin, Wanted
from listbackup.services.activity.seal import TrailSeal
from listbackup.services.activity.service import Activities
from listbackup.services.activity.table import ACTIVITY

if TYPE_CHECKING:
    from listbackup.services.activity.feed import Feed, Listener, Notice, Underway
else:
    __getattr__ = when_named(__name__, {".feed": ("Feed", "Listener", "Notice", "Underway")})  # for who listens

__all__ = ["ACTIVITY", "Activities", "Activity", "ChainBreak", "Feed", "Listener", "Notice", "Origin", "TrailSeal", "Underway", "Wanted"]
