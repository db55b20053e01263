"""Platforms: what can be connected."""

from listbackup.services.platforms.model import Platform
from listbackup.services.platforms.service import Platforms

__all__ = ["Platform", "Platforms"]
