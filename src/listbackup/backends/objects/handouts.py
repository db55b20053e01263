"""Bytes in the clear that are put where a link leads to, for minutes: in parts as they come, so that nobody holds them whole."""

from __future__ import annotations

from contextlib import ExitStack

from listbackup.backends.objects.links import LONGEST_LINK
from listbackup.backends.objects.s3 import S3Objects, Upload
from listbackup.backends.objects.s3_links import S3Links
from listbackup.base.clock import Clock, unix_ms
from listbackup.base.errors import Interrupted
from listbackup.base.ids import new_id
from listbackup.base.retry import retry

PART_BYTES = 8 << 20  # of which 10,000 are 80 GB; what is in memory is one that is sent and one that gathers


class Handout:
    """One file on its way into the bucket of handed-out answers. Each part is tried again by itself; what is never finished leaves nothing."""

    def __init__(self, objects: S3Objects, links: S3Links, clock: Clock, filename: str) -> None:
        self._objects, self._links, self._clock, self._filename = objects, links, clock, filename
        self._name = new_id("out", unix_ms(clock.now()))
        self._held = bytearray()
        self._uploading = ExitStack()
        self._upload: Upload | None = None

    def write(self, piece: bytes) -> None:
        """The next bytes; waits while a part is sent. Raises BackendError."""
        self._held += piece
        while len(self._held) > PART_BYTES:
            self._send()

    def finish(self) -> str:
        """The address that gives all of it for five minutes, as a file of its name. Raises BackendError."""
        if self._upload is None:
            retry(lambda: self._objects.replace(self._name, bytes(self._held)), clock=self._clock)  # nobody else has this name
        else:
            self._send()
            self._uploading.close()
        self._held.clear()
        return self._links.download(self._name, lasts=LONGEST_LINK, filename=self._filename)

    def abandon(self) -> None:
        """Nobody wants it any more."""
        broken = Interrupted("the answer broke off")
        self._uploading.__exit__(Interrupted, broken, None)
        self._held.clear()

    def _send(self) -> None:
        if self._upload is None:
            self._upload = self._uploading.enter_context(self._objects.upload(self._name))
        upload, part = self._upload, bytes(memoryview(self._held)[:PART_BYTES])
        del self._held[:PART_BYTES]
        retry(lambda: upload.send(part), clock=self._clock)
