"""Activity: the audit trail: every change of anything, chained so that tampering shows; and the feed of what happens now."""

from listbackup.services.activity.feed import Feed, Listener, Notice, Underway
from listbackup.services.activity.model import Activity, ChainBreak, Origin, Wanted
from listbackup.services.activity.seal import TrailSeal
from listbackup.services.activity.service import Activities
from listbackup.services.activity.table import ACTIVITY

__all__ = ["ACTIVITY", "Activities", "Activity", "ChainBreak", "Feed", "Listener", "Notice", "Origin", "TrailSeal", "Underway", "Wanted"]
