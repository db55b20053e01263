"""Canaries: secrets that exist only to be looked for where they must not be.

``Canaries`` makes unique ones; a test gives them to the program as tokens, passwords and record values, and afterwards looks for them in every file, text and
answer: as they are (URL and JSON code leave their middle as it is), backwards, in base64, hexadecimal and UTF-16, also inside gzip, zstd and zip members.
"""

from __future__ import annotations

import base64
import io
import secrets
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import zstandard

_HEAD = "canarybrd"  # 9 bytes that all share: a file without them in any form is done with quickly
_ALPHABET = "abcdefghijkmnopqrstuvwxyz23456789"
_DEPTH = 3  # a zip in a gzip in a zstd is looked into; deeper is not
_UNPACKED_LIMIT = 256 << 20
_GZIP, _ZSTD, _ZIP = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A canary out of its cage."""

    where: str  # file or text, then the members it was inside of
    canary: str  # its name, never itself: this is printed
    form: str  # raw, base64, hex, utf-16, backwards


class Canaries:
    """A flock of unique secrets by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._by_name)

    def make(self, name: str) -> str:
        """A new secret under this name: 24 random characters between ``/canarybrd`` and ``+=``, so that every code but plain text changes it."""
        if name in self._by_name:
            raise ValueError(f"there is a canary {name} already")
        canary = self._by_name[name] = f"/{_HEAD}{''.join(secrets.choice(_ALPHABET) for _ in range(24))}+="
        return canary

    def in_texts(self, texts: Iterable[str | bytes], *, where: str = "text") -> Sequence[Found]:
        """What is found in these."""
        needles = self._needles()
        return [found for number, text in enumerate(texts) for found in _look(_as_bytes(text), f"{where} {number}", needles, _DEPTH)]

    def in_files(self, *paths: Path) -> Sequence[Found]:
        """What is found in these files, and in all files below these folders; their names are looked at too."""
        needles = self._needles()
        found: list[Found] = []
        for path in _iter_files(paths):
            found += _look(path.read_bytes(), str(path), needles, _DEPTH)
            found += _look(str(path).encode(), f"the name {path}", needles, 0)
        return found

    def _needles(self) -> Sequence[tuple[str, str, bytes]]:
        return [(name, form, needle) for name, canary in self._by_name.items() for form, needle in _forms(canary[1:-2])]


def _forms(body: str) -> Iterator[tuple[str, bytes]]:
    raw = body.encode()
    yield "raw", raw
    yield "hex", raw.hex().encode()
    yield "hex", raw.hex().upper().encode()
    yield "backwards", raw[::-1]
    yield "utf-16", body.encode("utf-16-le")
    for before in range(3):  # base64 of a text that begins 0, 1 or 2 bytes earlier: its first and last group may hold other bytes too
        coded = base64.b64encode(bytes(before) + raw)
        yield "base64", coded[4 if before else 0 : (before + len(raw)) // 3 * 4]


_MARKERS = [marker for _, marker in _forms(_HEAD)]


def _look(data: bytes, where: str, needles: Sequence[tuple[str, str, bytes]], depth: int) -> Iterator[Found]:
    suspicious = needles if any(marker in data for marker in _MARKERS) else ()
    for name, form, needle in suspicious:
        if needle in data:
            yield Found(where=where, canary=name, form=form)
    if depth:
        for member, inner in _members(data):
            yield from _look(inner, f"{where} > {member}", needles, depth - 1)


def _members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What is packed anywhere inside: a member may begin in the middle of a file."""
    for place in _places(data, _GZIP):
        inner = _gunzipped(data[place:])
        if inner:
            yield f"gzip at {place}", inner
    for place in _places(data, _ZSTD):
        inner = _unzstd(data[place:])
        if inner:
            yield f"zstd at {place}", inner
    if data.startswith(_ZIP):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                members = [(name, archive.read(name)) for name in archive.namelist()]
        except (zipfile.BadZipFile, RuntimeError, zlib.error):
            return
        yield from members


def _places(data: bytes, magic: bytes) -> Iterator[int]:
    place = data.find(magic)
    while place >= 0:
        yield place
        place = data.find(magic, place + 1)


def _gunzipped(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(data, _UNPACKED_LIMIT)
    except zlib.error:
        return b""


def _unzstd(data: bytes) -> bytes:
    try:
        with zstandard.ZstdDecompressor().stream_reader(data) as reader:
            return reader.read(_UNPACKED_LIMIT)
    except zstandard.ZstdError:
        return b""


def _iter_files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (below for below in sorted(path.rglob("*")) if below.is_file() and not below.is_symlink())
        elif path.exists():
            yield path


def _as_bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8", errors="surrogateescape") if isinstance(text, str) else text
