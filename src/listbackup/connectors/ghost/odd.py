"""What Ghost does that facts cannot say: files hide in texts, nulls are refused, and an update must name the version it changes."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from listbackup.base.decode import from_json
from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.connectors.engine.connector import RecordFile, Site, Written
from listbackup.connectors.engine.facts import StreamFacts
from listbackup.connectors.engine.record import AttachmentRef, Key
from listbackup.connectors.engine.session import ApiSession
from listbackup.connectors.engine.transport import Ask

FILE = re.compile(rb"https?://[^\s\"\\<>()]+?/content/((?:images|media|files)/(?!size/)[^\s\"\\<>()?#]+)")
UPLOADS = {"images": "/images/upload/", "media": "/media/upload/", "files": "/files/upload/"}


class _Uploaded(msgspec.Struct):
    """One file in the answer to an upload."""

    url: str


class GhostSession(ApiSession):
    """A connection to one Ghost publication."""

    def test(self) -> Site:
        """The publication by its title. ``/site/`` is public, so ``/config/`` is asked for first: that needs the key."""
        self.transport.ask(Ask(path="/config/"))
        return super().test()

    # files ----------------------------------------------------------------------------------------------------------

    def attachments(self, facts: StreamFacts, key: Key, raw: bytes) -> Sequence[AttachmentRef]:
        """The files of this very site that stand anywhere in the record, each once. Resized forms are Ghost's own doing and left out."""
        host = f"//{self.transport.base.origin.header}/".encode()
        found = {match[1].decode(): match[0].decode() for match in FILE.finditer(raw) if host in match[0]}
        return [
            AttachmentRef(path=f"/{path}", url=url, name=path.rsplit("/", 1)[-1], version=path)  # a file never changes under its name
            for path, url in found.items()
        ]

    def create_with_files(self, stream: str, raw: bytes, files: Sequence[RecordFile], *, idempotency_key: str) -> Written:
        """The record with its files: those that are gone are uploaded, and the text shows them where they are now."""
        for file in files:
            old = next((match[0] for match in FILE.finditer(raw) if f"/{match[1].decode()}" == file.path), None)
            if old is not None and not self._is_there(old.decode()):
                raw = raw.replace(old, self._upload(file).encode())
        return self.create(stream, raw, idempotency_key=idempotency_key)

    def _is_there(self, url: str) -> bool:
        try:
            for _ in self.fetch_attachment(AttachmentRef(path="", url=url, name="")):
                return True
        except PlatformError as error:
            if error.fault is not PlatformFault.GONE:
                raise
        return False

    def _upload(self, file: RecordFile) -> str:
        """The address of the file, newly uploaded under its old name (or near it, if that is taken)."""
        kind = file.path.split("/")[1]
        name = file.name.replace('"', "")
        edge = b"listbackup-" + file.path.encode().hex().encode()
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {_kind(file)}\r\n\r\n'
        body = b"--" + edge + b"\r\n" + head.encode() + b"".join(file.open()) + b"\r\n--" + edge + b"--\r\n"
        headers = {"Content-Type": f"multipart/form-data; boundary={edge.decode()}"}
        answer = self.transport.ask(Ask(path=UPLOADS[kind], method="POST", headers=headers, body=body, repeatable=False))
        return from_json(answer.body, dict[str, list[_Uploaded]])[kind][0].url

    # write-back -----------------------------------------------------------------------------------------------------

    def create(self, stream: str, raw: bytes, *, idempotency_key: str) -> Written:
        """A new record. What is null is left out: Ghost writes ``"note": null`` and refuses to read it."""
        fields = from_json(raw, dict[str, msgspec.Raw])
        given = {name: value for name, value in fields.items() if bytes(value) != b"null"}
        return super().create(stream, msgspec.json.encode(given), idempotency_key=idempotency_key)

    def update(self, stream: str, key: Key, raw: bytes) -> Written:
        """The record brought to this content; Ghost answers 409 unless the present ``updated_at`` comes with it."""
        now = self.fetch(stream, key)
        if now is None:
            raise PlatformError(f"there is no such record in {stream} any more", fault=PlatformFault.GONE)
        fields = from_json(raw, dict[str, msgspec.Raw])
        present = from_json(now, dict[str, msgspec.Raw])
        if "updated_at" in present:
            fields["updated_at"] = present["updated_at"]
        return super().update(stream, key, msgspec.json.encode(fields))


def _kind(file: RecordFile) -> str:
    if file.content_type:
        return file.content_type
    ending = file.name.rsplit(".", 1)[-1].lower()
    return _KINDS.get(ending, "application/octet-stream")


_KINDS = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "mp4": "video/mp4",
    "mp3": "audio/mpeg",
    "pdf": "application/pdf",
}
