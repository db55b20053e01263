"""Attachments: the bytes of files that records refer to, kept once per source.

Two hidden streams, versioned like every other, so that an attachment lives exactly as long as some retained snapshot sees it:

* ``_attachments``  key: (stream, the record's key parts, path); value: JSON ``{"id", "name", "size", "content_type", "version"}``
* ``_blobs``        key: (id as bytes); value: 0x00 and the bytes themselves (up to 1 MiB), or 0x01 and a msgpack map ``{run, blob, size}``
                    that names the object ``b/<run>/<blob>``

A large attachment is a sealed object of type B: Y frames of 4 MiB raw (stored, not compressed, where zstd does not pay), a msgpack tail
``{v: 1, size, kinds, codecs, lens, raws}`` as in packs. Equal bytes have equal ids within an account; they are stored once per source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from listbackup.base.decode import from_json, from_msgpack
from listbackup.base.errors import DamagedError
from listbackup.store.blobs import read_blob, write_blob
from listbackup.store.keycode import decode_key, encode_key, prefix_range
from listbackup.store.model import ATTACHMENTS, BLOBS, AttachmentInfo, Key

if TYPE_CHECKING:
    from listbackup.store.view import View
    from listbackup.store.writing import Writing

INLINE_BYTES = 1024 * 1024
_INLINE, _OBJECT = b"\x00", b"\x01"


class AttachmentValue(msgspec.Struct, kw_only=True, frozen=True):
    """The value of a row of ``_attachments``."""

    id: str
    name: str
    size: int
    content_type: str | None = None
    version: str | None = None


class BlobPointer(msgspec.Struct, kw_only=True, frozen=True):
    """Where a large attachment's bytes are."""

    run: str
    blob: str
    size: int


class Attaching:
    """The attachments of one run."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._kept: dict[bytes, bytes] | None = None  # code -> value, as they stand with this run's changes
        self._stored: set[bytes] = set()  # blob ids that this run stored
        self._dropped: set[str] = set()  # blob ids that lost a reference in this run

    def attach(
        self, stream: str, key: Key, path: str, name: str, content_type: str | None, chunks: Iterable[bytes], version: str | None
    ) -> AttachmentInfo:
        """Store the bytes unless equal ones are there, and refer to them."""
        blob_id, size, fresh = self._store(chunks)
        value = AttachmentValue(id=blob_id.hex(), name=name, size=size, content_type=content_type, version=version)
        code, raw = _code(stream, key, path), msgspec.json.encode(value)
        before = self._attachments().get(code)
        if before is not None and before != raw:
            self._dropped.add(attachment_value(before).id)
        self._attachments()[code] = raw
        self._writing.stream_for_attachments(ATTACHMENTS).write([(stream, *key, path)], [raw])
        return _info(stream, key, path, value, fresh=fresh)

    def find(self, stream: str, key: Key, path: str, version: str | None) -> AttachmentInfo | None:
        """What is kept, if it is certain to be what the platform has."""
        raw = self._attachments().get(_code(stream, key, path))
        if raw is None:
            return None
        value = attachment_value(raw)
        if version is not None:
            return _info(stream, key, path, value) if value.version == version else None
        writer = self._writing.writers.get(stream)
        unchanged = writer is None or not writer.changed(encode_key(key))
        return _info(stream, key, path, value) if unchanged else None

    def paths(self, stream: str, key: Key) -> Sequence[str]:
        """The paths of a record's attachments."""
        start, stop = prefix_range(encode_key((stream, *key)))
        keys = [decode_key(code) for code in self._attachments() if start <= code < stop]
        return sorted(str(found[-1]) for found in keys if len(found) == len(key) + 2)

    def detach(self, stream: str, key: Key, paths: Sequence[str], evidence: str = "direct_read") -> None:
        """Refer to these no more."""
        for path in paths:
            raw = self._attachments().pop(_code(stream, key, path), None)
            if raw is not None:
                self._dropped.add(attachment_value(raw).id)
                self._writing.stream_for_attachments(ATTACHMENTS).gone([(stream, *key, path)], evidence)

    def finish(self) -> None:
        """Drop the attachments of records that are gone, and the bytes that nothing refers to any more."""
        gone = {encode_key((name,)) + code for name, writer in self._writing.writers.items() for code in writer.removed if name[0] != "_"}
        if gone and self._exist():
            for code in [code for code in self._attachments() if _record_part(code) in gone]:
                found = decode_key(code)
                self.detach(str(found[0]), found[1:-1], [str(found[-1])], "record_removed")
        if self._dropped:
            used = {attachment_value(raw).id for raw in self._attachments().values()}
            dead = sorted(self._dropped - used)
            self._writing.stream_for_attachments(BLOBS).gone([(bytes.fromhex(blob),) for blob in dead], "record_removed")
        for name in (ATTACHMENTS, BLOBS):
            writer = self._writing.writers.get(name)
            if writer is not None and not writer.finished:
                writer.finish(listing=False, complete=True)

    def _exist(self) -> bool:
        return ATTACHMENTS in self._writing.base.streams or ATTACHMENTS in self._writing.writers

    def _attachments(self) -> dict[bytes, bytes]:
        if self._kept is None:
            self._kept = dict(self._writing.store.run_values(self._writing, ATTACHMENTS))
        return self._kept

    def _store(self, chunks: Iterable[bytes]) -> tuple[bytes, int, bool]:
        """Id and size of the bytes, and whether they had to be stored."""
        digest = self._writing.store.hashes.blob()
        incoming = iter(chunks)
        head, ended = _up_to(incoming, INLINE_BYTES)
        if ended:
            digest.update(head)
            blob_id = digest.digest()
            return blob_id, len(head), self._keep(blob_id, _INLINE + head)

        def hashed() -> Iterator[bytes]:
            for chunk in _chain(head, incoming):
                digest.update(chunk)
                yield chunk

        store = self._writing.store
        blob, size, sealed = write_blob(store.ground, store.place, self._writing.run, hashed())
        blob_id = digest.digest()
        pointer = BlobPointer(run=self._writing.run, blob=blob, size=size)
        fresh = self._keep(blob_id, pointer_value(pointer))
        if fresh:
            self._writing.count_written(sealed)
        else:
            store.ground.objects.delete(store.place.blob(self._writing.run, blob))
        return blob_id, size, fresh

    def _keep(self, blob_id: bytes, value: bytes) -> bool:
        blobs = self._writing.stream_for_attachments(BLOBS)
        code = encode_key((blob_id,))
        if blob_id in self._stored or (blobs.holds(code) and code not in blobs.removed):
            return False
        blobs.write([(blob_id,)], [value])
        self._stored.add(blob_id)
        return True


def attachments_of(view: View, stream: str, key: Key) -> list[AttachmentInfo]:
    """A record's attachments as they stood."""
    start, stop = prefix_range(encode_key((stream, *key)))
    found = []
    for code, raw in view.items(ATTACHMENTS, start, stop):
        parts = decode_key(code)
        if len(parts) == len(key) + 2:
            found.append(_info(stream, key, str(parts[-1]), attachment_value(raw)))
    return found


def open_blob(view: View, blob_id: str) -> Iterator[bytes] | None:
    """The bytes of an attachment in pieces of at most 4 MiB, or None when there is no such one in the snapshot."""
    record = view.get(BLOBS, (bytes.fromhex(blob_id),))
    if record is None:
        return None
    if record.raw[:1] == _INLINE:
        return iter([record.raw[1:]])
    pointer = blob_pointer(record.raw)
    if pointer is None:
        raise DamagedError(f"the attachment {blob_id} is kept in a way this version does not know")
    return read_blob(view.store.ground, view.store.place, pointer.run, pointer.blob, pointer.size)


def pointer_value(pointer: BlobPointer) -> bytes:
    """The value of a ``_blobs`` row that points to an object."""
    return _OBJECT + msgspec.msgpack.encode(pointer)


def blob_pointer(raw: bytes) -> BlobPointer | None:
    """Where the bytes are, when the value of a ``_blobs`` row points to an object. Raises DamagedError."""
    if raw[:1] != _OBJECT:
        return None
    try:
        return from_msgpack(raw[1:], BlobPointer)
    except msgspec.MsgspecError as error:
        raise DamagedError(f"an attachment's pointer cannot be read: {error}") from None


def _up_to(chunks: Iterator[bytes], limit: int) -> tuple[bytes, bool]:
    """The first bytes, and whether that was all: more than ``limit`` are never all."""
    pieces, size = [], 0
    for chunk in chunks:
        pieces.append(chunk)
        size += len(chunk)
        if size > limit:
            return b"".join(pieces), False
    return b"".join(pieces), True


def _chain(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


def _code(stream: str, key: Key, path: str) -> bytes:
    return encode_key((stream, *key, path))


def _record_part(code: bytes) -> bytes:
    """The code without its last part, the path."""
    return encode_key(decode_key(code)[:-1])


def attachment_value(raw: bytes) -> AttachmentValue:
    """What a row of ``_attachments`` says. Raises DamagedError."""
    try:
        return from_json(raw, AttachmentValue)
    except msgspec.MsgspecError as error:
        raise DamagedError(f"an attachment's row cannot be read: {error}") from None


def _info(stream: str, key: Key, path: str, value: AttachmentValue, *, fresh: bool = False) -> AttachmentInfo:
    return AttachmentInfo(
        id=value.id,
        stream=stream,
        key=key,
        path=path,
        name=value.name,
        size_bytes=value.size,
        content_type=value.content_type,
        version=value.version,
        fresh=fresh,
    )
