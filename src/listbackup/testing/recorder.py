"""Records a real platform's answers: a server that passes every request on, keeps the answer, and hands it back.

Only what was made for the purpose on an own local instance is ever recorded. Request headers are not kept, nor are answer headers that
do not matter; ``scrub`` replaces what looks like a capability in the answers (an unsubscribe link's key).
"""

from __future__ import annotations

import base64
import http.client
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from listbackup.testing.replay import SITE, Exchange, question, save
from listbackup.testing.saas.wire import Request, Response, WireServer

KEPT = ("content-type", "link", "etag", "last-modified")
HOP = ("connection", "transfer-encoding", "content-length", "host", "accept-encoding", "keep-alive")


class Recorder:
    """Stands between a connector and a platform at ``upstream`` (``http://127.0.0.1:8801``)."""

    def __init__(self, upstream: str, *, keep_headers: Sequence[str] = (), scrub: Mapping[str, str] | None = None) -> None:
        self._upstream = urlsplit(upstream).netloc
        self._kept = {*KEPT, *(name.lower() for name in keep_headers)}
        self._scrub = [(re.compile(pattern), with_) for pattern, with_ in (scrub or {}).items()]
        self._lock = threading.Lock()
        self._heard: dict[str, Exchange] = {}
        self._http = WireServer(self._pass_on)

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return self._http.url

    def start(self) -> None:
        """Begin to listen."""
        self._http.start()

    def stop(self) -> None:
        """Stop listening."""
        self._http.stop()

    def exchanges(self) -> list[Exchange]:
        """What was heard, sorted by question."""
        return [self._heard[asked] for asked in sorted(self._heard)]

    def _pass_on(self, request: Request) -> Response:
        line = http.client.HTTPConnection(self._upstream, timeout=60)
        headers = {name: value for name, value in request.headers.items() if name not in HOP}
        line.request(request.method, request.target, request.body or None, headers | {"Host": self._upstream})
        answer = line.getresponse()
        body, heads = answer.read(), answer.getheaders()
        line.close()
        self._keep(request, answer.status, heads, body)
        mine = self.base_url.removeprefix("http://")
        shown = {name: value.replace(self._upstream, mine) for name, value in heads if name.lower() not in HOP}
        return Response(status=answer.status, body=body.replace(self._upstream.encode(), mine.encode()), headers=shown)

    def _keep(self, request: Request, status: int, heads: list[tuple[str, str]], body: bytes) -> None:
        headers = {name: value.replace(self._upstream, SITE) for name, value in heads if name.lower() in self._kept}
        text: str | None
        try:
            text = body.decode().replace(self._upstream, SITE)
            for pattern, with_ in self._scrub:
                text = pattern.sub(with_, text)
        except UnicodeDecodeError:
            text = None
        packed = base64.b64encode(body).decode() if text is None else None
        query = dict(request.query)
        one = Exchange(method=request.method, path=request.path, query=query, status=status, headers=headers, text=text, base64=packed)
        with self._lock:
            self._heard[question(request.method, request.path, query, ())] = one


@contextmanager
def record(upstream: str, file: Path, *, keep_headers: Sequence[str] = (), scrub: Mapping[str, str] | None = None) -> Iterator[Recorder]:
    """A recorder for the length of a ``with`` block; the recording is written at its end unless it failed."""
    recorder = Recorder(upstream, keep_headers=keep_headers, scrub=scrub)
    recorder.start()
    try:
        yield recorder
        save(file, recorder.exchanges())
    finally:
        recorder.stop()
