"""What the simulated CRM does that facts cannot say: a document's bytes go back by a request of their own."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from listbackup.base.errors import PlatformError
from listbackup.connectors.engine.connector import RecordFile, Written
from listbackup.connectors.engine.session import ApiSession
from listbackup.connectors.engine.transport import Ask


class DemoSession(ApiSession):
    """A connection to the simulated CRM."""

    def create_with_files(self, stream: str, raw: bytes, files: Sequence[RecordFile], *, idempotency_key: str) -> Written:
        """The document, then its bytes; without the bytes the document is taken back."""
        made = self.create(stream, raw, idempotency_key=idempotency_key)
        path = f"/v1/{stream}/{quote(str(made.key[0]))}/content"
        try:
            for file in files:
                body = b"".join(file.open())
                answer = self.transport.ask(Ask(path=path, method="PUT", headers={"Content-Type": "application/octet-stream"}, body=body))
                made = Written(key=made.key, raw=answer.body)
        except PlatformError:
            self.delete(stream, made.key)
            raise
        return made
