"""Platforms: what can be connected."""

from listbackup.connectors.engine.connector import AuthMethod
from listbackup.services.platforms.model import Platform, PlatformStream
from listbackup.services.platforms.service import Platforms

__all__ = ["AuthMethod", "Platform", "PlatformStream", "Platforms"]
