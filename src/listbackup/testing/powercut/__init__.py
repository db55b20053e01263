"""Power cuts, simulated: record what a piece of code does to its files, then cut at every step and look what a disk may have kept.

``Recorder`` notes every change below a folder (through ``os`` and, for SQLite, through a VFS); ``cut_everywhere`` rebuilds, for each cut, disks on which a
random part of what was not fsynced is lost, torn or reordered, and lets the caller judge each. Design: docs/design/ground.md.
"""

from __future__ import annotations

from listbackup.testing.powercut.cuts import Outcome, cut_everywhere
from listbackup.testing.powercut.disk import Operation, Sync
from listbackup.testing.powercut.recorder import Recorder

__all__ = ["Operation", "Outcome", "Recorder", "Sync", "cut_everywhere"]
