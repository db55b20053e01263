"""The one address of downloads. It is open to everybody who has a ticket: a browser follows a link without any header."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.services.downloads.model import safe_type
from listbackup.services.downloads.service import Downloads
from listbackup.services.routing import Answer, Call, Chunks, Route

_SANDBOX = {  # beside what every answer carries (``api/door.py``): even a browser that shows it runs nothing of it, and tells nobody where it came from
    "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "x-download-options": "noopen",
}


def routes(downloads: Downloads) -> Sequence[Route]:
    """Following a link."""

    def fetch(call: Call) -> Answer:
        found = downloads.use(call.path["ticket"])
        media = safe_type(found.media_type)
        chunks = Chunks(content=found.chunks, media_type=media, filename=found.filename, size_bytes=found.size_bytes, headers=_SANDBOX)
        return Answer(content=chunks)

    return [
        Route(
            method="GET",
            path="/downloads/{ticket}",
            summary="Fetch what a ticket is for, once",
            access=None,
            handle=fetch,
            answers=Chunks,
            media=("application/octet-stream",),
        )
    ]
