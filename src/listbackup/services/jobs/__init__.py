"""Jobs: standing orders: when a source is backed up, and for how long its snapshots are kept."""

from listbackup.services.jobs.model import Job, RetryPolicy
from listbackup.services.jobs.service import DueJob, Jobs
from listbackup.services.jobs.table import JOBS
from listbackup.services.jobs.timetable import QuietWindow, Timetable

__all__ = ["JOBS", "DueJob", "Job", "Jobs", "QuietWindow", "RetryPolicy", "Timetable"]
