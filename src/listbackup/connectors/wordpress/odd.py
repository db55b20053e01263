"""What WordPress does that facts cannot say: the trash gives records back, files are uploaded, and nobody is author number 0."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from listbackup.base.decode import from_json
from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.connectors.engine.connector import RecordFile, Site, Written
from listbackup.connectors.engine.record import Key
from listbackup.connectors.engine.session import ApiSession
from listbackup.connectors.engine.transport import Ask

TRASHABLE = ("posts", "pages", "comments")


class _Status(msgspec.Struct):
    """The part of a record that tells whether it lies in the trash."""

    id: int
    status: str = ""


class _Named(msgspec.Struct):
    """The part of the API's index that people know the site by."""

    name: str = ""
    home: str = ""


class WordPressSession(ApiSession):
    """A connection to one WordPress site."""

    def test(self) -> Site:
        """The site by its title. The index is public, so the user is asked for first: that needs the password."""
        site = super().test()
        index = self.transport.ask(Ask(path=str(self.transport.base).removesuffix("/wp/v2") + "/", params={"_fields": "name,home"}))
        try:
            named = from_json(index.body, _Named)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return site
        return Site(name=named.name or named.home or site.name, url=site.url, account=site.account)

    def create(self, stream: str, raw: bytes, *, idempotency_key: str) -> Written:
        """The record as it was: out of the trash if it lies there (it keeps its id), else made anew."""
        if stream == "media":
            message = "WordPress takes a media record only together with its file, and the snapshot does not have the file"
            raise PlatformError(message, fault=PlatformFault.REFUSED, hint="restore it from a snapshot that has")
        trashed = self._in_trash(stream, raw)
        if trashed is not None:
            return self.update(stream, trashed, raw)
        return super().create(stream, _without_nobody(stream, raw), idempotency_key=idempotency_key)

    def update(self, stream: str, key: Key, raw: bytes) -> Written:
        """The record brought to this content, its status too: writing it takes a record out of the trash."""
        return super().update(stream, key, _without_nobody(stream, raw))

    def _in_trash(self, stream: str, raw: bytes) -> Key | None:
        """The key under which this record lies in the trash, or None."""
        if stream not in TRASHABLE:
            return None
        there = self.look(stream, (from_json(raw, _Status).id,))
        if there is None:
            return None
        found = from_json(there, _Status)
        return (found.id,) if found.status == "trash" else None

    def create_with_files(self, stream: str, raw: bytes, files: Sequence[RecordFile], *, idempotency_key: str) -> Written:
        """The file is uploaded, which makes the record; then the record gets its title, text and owner back."""
        uploaded = self._upload(files[0])
        try:
            return self.update(stream, (uploaded.id,), raw)
        except PlatformError:
            self.delete(stream, (uploaded.id,))
            raise

    def _upload(self, file: RecordFile) -> _Status:
        """WordPress refuses RFC 6266's ``filename*``: names keep to ASCII (it would strip the rest anyway)."""
        name = "".join(c if c.isascii() and c.isprintable() and c not in '"\\/' else "-" for c in file.name) or "file"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": file.content_type or "application/octet-stream"}
        body = b"".join(file.open())
        ask = Ask(path="/media", method="POST", params={"context": "edit"}, headers=headers, body=body, repeatable=False)
        answer = self.transport.ask(ask)
        return from_json(answer.body, _Status)


def _without_nobody(stream: str, raw: bytes) -> bytes:
    """A comment by a visitor has author 0, which WordPress refuses on the way in."""
    if stream != "comments":
        return raw
    fields = from_json(raw, dict[str, msgspec.Raw])
    if bytes(fields.get("author", msgspec.Raw(b""))) == b"0":
        del fields["author"]
    return msgspec.json.encode(fields)
