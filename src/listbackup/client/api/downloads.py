"""``client.downloads``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from listbackup.client.download import Download
from listbackup.client.session import Request, Session, part


class DownloadsApi:
    """The operations of ``downloads``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, ticket: str) -> Download:
        """Fetch what a ticket is for, once."""
        request = Request(method="GET", path=f"/v2/downloads/{part(ticket)}", signed=False)
        return self._session.download(request)
