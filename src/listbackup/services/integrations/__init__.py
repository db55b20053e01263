"""Integrations: what an account may connect, and with which OAuth application of its own."""

from listbackup.services.integrations.model import Application, Integration, Wanted
from listbackup.services.integrations.service import Integrations, PlatformPolicy
from listbackup.services.integrations.table import INTEGRATIONS

__all__ = ["INTEGRATIONS", "Application", "Integration", "Integrations", "PlatformPolicy", "Wanted"]
