"""A snapshot as it can be read: records by key, in key order, by page, by word."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from listbackup.base.errors import InputError, NotFound
from listbackup.base.paging import Page
from listbackup.store.attach import attachments_of, open_blob
from listbackup.store.columns import Rows
from listbackup.store.cursor import Chosen, SegmentCursor, chunks, newest
from listbackup.store.head import Head, StreamState, seen_from
from listbackup.store.keycode import decode_key, decode_keys, encode_key, prefix_range
from listbackup.store.lookup import find_row
from listbackup.store.model import HIDDEN, AttachmentInfo, Key, Op, Record, StreamCounts
from listbackup.store.packs import MISSING, PackGone

if TYPE_CHECKING:
    from listbackup.store.store import Store


class View:
    """The source as it stood at one snapshot. Reads are consistent for ever: a snapshot does not change, wherever its bytes move."""

    def __init__(self, store: Store, seq: int, head: Head) -> None:
        self.store = store
        self.seq = seq
        self._head = head

    def streams(self) -> Mapping[str, StreamCounts]:
        """The streams of the snapshot and how many records each holds."""
        return self.store.snapshot(self.seq).streams

    def count(self, stream: str) -> int:
        """How many records the stream held. Raises NotFound for an unknown stream."""
        counts = self.streams().get(stream)
        if counts is None:
            raise NotFound(f"snapshot {self.seq} has no stream {stream}", field="stream")
        return counts.live

    def get(self, stream: str, key: Key) -> Record | None:
        """The record of this key as it stood, or None. Raises NotFound for an unknown stream."""
        code = encode_key(key)
        for _ in self._fresh():
            state = self._state(stream)
            if state is None or self._erased(stream, code):
                return None
            try:
                found = find_row(self.store.packs, self._head, state, code, self.seq)
            except PackGone:
                continue
            return None if found is None or found.raw is None else Record(key, found.raw, found.seq)
        raise AssertionError("a fresh head was read")

    def scan(
        self,
        stream: str,
        *,
        after: Key | None = None,
        limit: int | None = None,
        prefix: Key | None = None,
    ) -> Iterator[Record]:
        """The records in key order; those above ``after``; those whose key begins with the parts ``prefix``; at most ``limit``."""
        left = limit
        for codes, values, seqs in self.blocks(stream, after=after, prefix=prefix, small=limit is not None and limit <= 1000):
            if left is not None:
                codes, values, seqs = codes[:left], values[:left], seqs[:left]
                left -= len(codes)
            yield from map(Record, decode_keys(codes), values, seqs)
            if left == 0:
                return

    def blocks(
        self, stream: str, *, after: Key | None = None, prefix: Key | None = None, small: bool = False
    ) -> Iterator[tuple[list[bytes], list[bytes], list[int]]]:
        """The same in blocks of (key codes, raws, snapshots that brought them): the fast way through everything."""
        start = encode_key(after) if after is not None else None
        stop = None
        if prefix is not None:
            begin, stop = prefix_range(encode_key(prefix))
            start = max(start or b"", begin[:-1])  # what is wanted lies above or at ``begin``
        for chosen, values in self._chosen(stream, start, stop, small=small):
            codes, seqs = chosen.rows.codes, chosen.rows.seq.tolist()
            if prefix is not None and codes[0] < begin:
                low = sum(code < begin for code in codes)
                codes, values, seqs = codes[low:], values[low:], seqs[low:]
            yield codes, values, seqs

    def rows(self, stream: str) -> Iterator[Rows]:
        """The live records' rows without their values: codes, hashes, origins."""
        for chosen, _ in self._chosen(stream, None, None, values=False):
            yield chosen.rows

    def items(self, stream: str, start: bytes | None, stop: bytes | None) -> Iterator[tuple[bytes, bytes]]:
        """(code, value) of the live rows of any stream, hidden ones too, with ``start < code < stop`` (None: no bound)."""
        for chosen, values in self._chosen(stream, start, stop, small=True):
            yield from zip(chosen.rows.codes, values, strict=True)

    def get_many(self, stream: str, codes: Sequence[bytes]) -> dict[bytes, bytes]:
        """The values of those of these codes (sorted) that live."""
        found: dict[bytes, bytes] = {}
        for chosen, values in self._chosen(stream, None, None, wanted=codes):
            found.update(zip(chosen.rows.codes, values, strict=True))
        return found

    def page(self, stream: str, *, cursor: str | None = None, limit: int = 100) -> Page[Record]:
        """A page of records in key order."""
        if limit < 1:
            raise InputError("a page holds at least one record", field="limit")
        after = _cursor_key(cursor) if cursor is not None else None
        records = list(self.scan(stream, after=after, limit=limit + 1))
        more = len(records) > limit
        items = records[:limit]
        return Page(items=items, next_cursor=encode_key(items[-1].key).hex() if more else None)

    def attachments(self, stream: str, key: Key) -> Sequence[AttachmentInfo]:
        """The record's attachments, by path."""
        return attachments_of(self, stream, key)

    def open_attachment(self, attachment_id: str) -> Iterator[bytes]:
        """The attachment's bytes in pieces of at most 4 MiB. Raises NotFound."""
        try:
            chunks_of_bytes = open_blob(self, attachment_id)
        except ValueError:
            chunks_of_bytes = None
        if chunks_of_bytes is None:
            raise NotFound(f"snapshot {self.seq} has no attachment {attachment_id}", field="attachment")
        return chunks_of_bytes

    def search(self, text: str, stream: str | None = None) -> Iterator[tuple[str, Record]]:
        """(stream, record) of every record whose raw bytes hold the text as UTF-8 or as JSON escapes it, whatever the case of ASCII letters."""
        needles = needles_of(text)
        for name in [stream] if stream is not None else list(self.streams()):
            for codes, values, seqs in self.blocks(name):
                for index, value in enumerate(values):
                    lowered = value.lower()
                    if any(needle in lowered for needle in needles):
                        yield name, Record(decode_key(codes[index]), value, seqs[index])

    def look_through(self, stream: str, text: str, *, after: Key | None = None) -> Iterator[tuple[Key, Sequence[Record]]]:
        """The stream in blocks of some thousand records: the last key of each, and its records that hold the text (as ``search`` judges).

        For who must stop in time and go on later: what is behind the last key given out is what was not looked at yet.
        """
        needles = needles_of(text)
        for codes, values, seqs in self.blocks(stream, after=after, small=True):
            found = [
                Record(decode_key(code), value, seq)
                for code, value, seq in zip(codes, values, seqs, strict=True)
                if any(needle in value.lower() for needle in needles)
            ]
            yield decode_key(codes[-1]), found

    # --- inside ---

    def _chosen(
        self,
        stream: str,
        after: bytes | None,
        stop: bytes | None,
        *,
        small: bool = False,
        wanted: Sequence[bytes] | None = None,
        values: bool = True,
    ) -> Iterator[tuple[Chosen, list[bytes]]]:
        """The live rows in chunks of key order, with their values; goes on from where it was when packs have moved meanwhile, also between keys and values."""
        last = after
        for _ in self._fresh():
            try:
                for chosen in self._walk(stream, last, stop, small=small, wanted=wanted):
                    yield chosen, chosen.values() if values else []
                    last = chosen.rows.codes[-1]
                return
            except PackGone:
                continue

    def _walk(
        self, stream: str, after: bytes | None, stop: bytes | None, *, small: bool, wanted: Sequence[bytes] | None
    ) -> Iterator[Chosen]:
        state = self._state(stream)
        if state is None:
            return
        segments = seen_from(state.segments, self.seq)
        if wanted is None and after is None and stop is None:
            self.store.packs.readers([(part.pack, self._head.packs[part.pack]) for segment in segments for part in segment.parts[:1]])
        at_once = 1 if small else max(1, min(8, 64 // max(1, len(segments))))
        cursors = [
            SegmentCursor(
                self.store.packs,
                self._head.packs,
                segment,
                after=after,
                stop=stop,
                wanted=wanted,
                at_once=at_once,
                side_by_side=wanted is not None,
            )
            for segment in segments
        ]
        erased = {erasure.key for erasure in self._head.erasures if erasure.stream == stream}
        for slices in chunks(cursors):
            chosen = newest(slices, self.seq)
            chosen = chosen.where(chosen.rows.kind != Op.DELETE)
            if erased and len(chosen):
                chosen = chosen.where(np.array([code not in erased for code in chosen.rows.codes], np.bool_))
            if len(chosen):
                yield chosen

    def _state(self, stream: str) -> StreamState | None:
        state = self._head.streams.get(stream)
        if state is None and not stream.startswith(HIDDEN):
            raise NotFound(f"there is no stream {stream}", field="stream", hint=f"streams: {', '.join(self.streams())}")
        return state

    def _erased(self, stream: str, code: bytes) -> bool:
        return any(erasure.stream == stream and erasure.key == code for erasure in self._head.erasures)

    def _fresh(self) -> Iterator[None]:
        """Once with the head at hand, then with ever newer ones, as long as there are newer ones. Raises what the last read raised."""
        yield
        for _ in range(8):
            before = self._head.gen
            self._head = self.store.head()
            if self._head.entry(self.seq) is None:
                raise NotFound(f"snapshot {self.seq} was dropped meanwhile", field="snapshot")
            if self._head.gen == before:
                break
            yield
        raise PackGone(f"a pack of snapshot {self.seq} is missing", where=self.store.place.prefix, hint=MISSING)


def _cursor_key(cursor: str) -> Key:
    try:
        return decode_key(bytes.fromhex(cursor))
    except ValueError:
        raise InputError("this is not a cursor of a page", field="cursor") from None


def needles_of(text: str) -> list[bytes]:
    """The text as it may stand in a record: as it is, and as JSON escapes it with and without non-ASCII letters."""
    forms = {text, json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1]}
    return sorted({form.encode("utf-8", "surrogatepass").lower() for form in forms})
