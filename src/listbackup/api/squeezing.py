"""Answers made smaller for who says that they can read them so: a page of records is a fifth as long, and a phone waits for every byte."""

from __future__ import annotations

import gzip

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

LEAST_BYTES = 1400  # what goes into one packet is there no sooner
_LEVEL = 4  # 111 KB of records become 23 KB in a millisecond


def squeeze(request: Request, response: Response) -> None:
    """Make the body of an answer to a GET smaller in place. What goes on for long and what is squeezed already stays as it is."""
    if request.method != "GET" or isinstance(response, StreamingResponse) or "content-encoding" in response.headers:
        return
    response.headers.add_vary_header("accept-encoding")
    if len(response.body) < LEAST_BYTES or not _reads_gzip(request):
        return
    response.body = gzip.compress(bytes(response.body), compresslevel=_LEVEL, mtime=0)
    response.headers["content-encoding"] = "gzip"
    response.headers["content-length"] = str(len(response.body))


def _reads_gzip(request: Request) -> bool:
    offered = (one.partition(";") for one in request.headers.get("accept-encoding", "").lower().split(","))
    return any(name.strip() == "gzip" and weight.replace(" ", "") not in ("q=0", "q=0.0") for name, _, weight in offered)


__all__ = ["LEAST_BYTES", "squeeze"]
