"""System: whether this installation is well, and what it is."""

from listbackup.services.system.service import Health, Part

__all__ = ["Health", "Part"]
