"""Creating, changing and deleting through the simulated CRM's API."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import msgspec

from listbackup.base.decode import from_json
from listbackup.testing.saas.invent import stamp
from listbackup.testing.saas.rows import State
from listbackup.testing.saas.wire import Response
from listbackup.testing.saas.world import World

KEEPS_IDS = ("companies", "tags", "deals", "documents")  # may be re-created under the id they had
MANAGED = ("id", "object", "created_at", "updated_at", "deleted_at", "notes_count", "links", "size_bytes", "version", "url")
Fields = dict[str, object]


class Refused(Exception):
    """The platform will not; becomes an HTTP answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Response(status=status, body=raw, headers={"Content-Type": "application/json", **(headers or {})})


class Writes:
    """The write side; every change takes one tick of simulated time."""

    def __init__(self, world: World, *, keeps_ids: bool) -> None:
        self._world, self._keeps_ids = world, keeps_ids
        self._answers: dict[tuple[str, str], tuple[bytes, Response]] = {}  # by stream and idempotency key
        self._lock = threading.Lock()

    def create(self, stream: str, body: bytes, idempotency_key: str | None) -> Response:
        """A new record: 201; the same idempotency key again: the same answer. Raises Refused."""
        with self._lock, self._world.lock:
            known = self._answers.get((stream, idempotency_key)) if idempotency_key else None
            if known is not None:
                if known[0] != body:
                    raise Refused(409, "this idempotency key was used with another body")
                return known[1]
            made = self._create(stream, _fields(body))
            if idempotency_key:
                self._answers[stream, idempotency_key] = (body, made)
            return made

    def _create(self, stream: str, fields: Fields) -> Response:
        world, rows = self._world, self._world.rows[stream]
        contact = self._parent(fields) if stream == "notes" else None
        now = world.moment()
        row = self._old_row(stream, fields)
        if row is not None:
            rows.revive(row, now, None)
        else:
            row = rows.add(now)
        if contact is not None:
            world.attach_note(row, contact)
        rows.written[row] = self._content(stream, row, fields, created=stamp(now))
        if stream == "documents":
            world.files[row] = b""
            rows.written[row] = self._content(stream, row, fields, created=stamp(now))
        world.touch_parent(stream, row)
        return self.shown(stream, row, 201)

    def _old_row(self, stream: str, fields: Fields) -> int | None:
        if not self._keeps_ids or stream not in KEEPS_IDS or "id" not in fields:
            return None
        row = self._world.row_of(stream, str(fields["id"]))
        if row is not None and self._world.rows[stream].state(row) is State.LIVE:
            raise Refused(409, f"{fields['id']} exists")
        return row

    def _parent(self, fields: Fields) -> int:
        row = self._world.row_of("contacts", str(fields.get("contact_id")))
        if row is None or self._world.rows["contacts"].state(row) is not State.LIVE:
            raise Refused(422, "contact_id names no contact")
        return row

    def replace(self, stream: str, id_: str, body: bytes, if_match: str | None) -> Response:
        """Put this content in the place of a record's. Raises Refused: 404, 412 when it changed since ``if_match``."""
        with self._world.lock:
            row = self._live(stream, id_)
            rows = self._world.rows[stream]
            if if_match is not None and if_match != self.etag(stream, row):
                raise Refused(412, "the record changed meanwhile")
            fields, old = _fields(body), _fields(rows.raw(row))
            rows.change(row, self._world.moment(), b"{}")
            rows.written[row] = self._content(stream, row, fields, created=str(old.get("created_at", stamp(rows.made_ms(row)))))
            self._world.touch_parent(stream, row)
            return self.shown(stream, row, 200)

    def delete(self, stream: str, id_: str) -> Response:
        """Delete as the platform does: deals go to the trash. Raises Refused 404."""
        with self._world.lock:
            row = self._live(stream, id_)
            self._world.moment()
            self._world.remove(stream, row)
            return Response(status=204)

    def undelete(self, id_: str) -> Response:
        """Take a deal out of the trash. Raises Refused 404."""
        with self._world.lock:
            row = self._world.row_of("deals", id_)
            rows = self._world.rows["deals"]
            if row is None or rows.state(row) is not State.TRASHED:
                raise Refused(404, "no such deal in the trash")
            old = _fields(rows.raw(row))
            rows.revive(row, self._world.moment(), b"{}")
            rows.written[row] = self._content("deals", row, old, created=str(old["created_at"]))
            return self.shown("deals", row, 200)

    def upload(self, id_: str, content: bytes) -> Response:
        """Give a document its bytes. Raises Refused 404."""
        with self._world.lock:
            row = self._live("documents", id_)
            rows = self._world.rows["documents"]
            fields = _fields(rows.raw(row))
            self._world.files[row] = content
            rows.change(row, self._world.moment(), b"{}")
            rows.written[row] = self._content("documents", row, fields, created=str(fields["created_at"]))
            return self.shown("documents", row, 200)

    def shown(self, stream: str, row: int, status: int) -> Response:
        """The record as it is now, with its ETag."""
        return answer(status, self._world.rows[stream].raw(row), {"ETag": self.etag(stream, row)})

    def etag(self, stream: str, row: int) -> str:
        """Changes with every version."""
        rows = self._world.rows[stream]
        return f'"{stream}-{row}-{rows.version(row)}-{rows.updated_ms(row)}"'

    def _live(self, stream: str, id_: str) -> int:
        row = self._world.row_of(stream, id_)
        if row is None or self._world.rows[stream].state(row) is not State.LIVE:
            raise Refused(404, f"no such record in {stream}")
        return row

    def _content(self, stream: str, row: int, fields: Fields, *, created: str) -> bytes:
        world, rows = self._world, self._world.rows[stream]
        id_ = world.id_of(stream, row)
        content: Fields = {"id": id_, "object": stream.rstrip("s") if stream != "companies" else "company"}
        content |= {name: value for name, value in fields.items() if name not in MANAGED}
        content |= {"created_at": created, "updated_at": stamp(rows.updated_ms(row))}
        if stream == "contacts":
            content |= {"notes_count": len(world.notes_of(row)), "links": {"self": f"https://api.crm.example/v1/contacts/{id_}"}}
        elif stream == "deals":
            content["deleted_at"] = None
        elif stream == "documents":
            content |= {
                "size_bytes": len(world.file_content(row)),
                "version": f"v{rows.version(row)}",
                "url": f"/v1/documents/{id_}/content",
            }
        return msgspec.json.encode(content)


def _fields(body: bytes) -> Fields:
    try:
        return from_json(body, dict[str, object])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Refused(422, f"not a JSON object: {error}") from error
