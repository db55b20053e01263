"""Downloads: one-time tickets for bytes, so that a link can be followed once, soon, and by nobody who has no ticket."""

from listbackup.services.downloads.model import Delivery, Kind, Ticket, safe_name
from listbackup.services.downloads.schema import DownloadUrl, show_ticket
from listbackup.services.downloads.service import Downloads
from listbackup.services.downloads.table import TICKETS

__all__ = ["TICKETS", "Delivery", "DownloadUrl", "Downloads", "Kind", "Ticket", "safe_name", "show_ticket"]
