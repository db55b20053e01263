"""Activity: the audit trail: every change of anything, chained so that tampering shows."""

from listbackup.services.activity.model import Activity, ChainBreak
from listbackup.services.activity.service import Activities
from listbackup.services.activity.table import ACTIVITY

__all__ = ["ACTIVITY", "Activities", "Activity", "ChainBreak"]
