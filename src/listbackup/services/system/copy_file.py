"""What a copy of the control plane looks like: a header that can be read without a key, and one sealed stream of files.

::

    listbackup system copy\\n                  magic
    u32, little endian                        length of the header
    header, JSON                              version, installation, id and time of the copy, the root key it needs, its own key wrapped by that
    frames (backends/keyring/sealed_stream)   zstd of a tar of manifest.json and the files it names with their SHA-256

The header is bound to the frames by its hash. Source: docs/design/recovery.md.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO, Protocol, cast

import msgspec
import zstandard

from listbackup.backends.keyring.scope import KEY_BYTES
from listbackup.backends.keyring.sealed_stream import OpeningStream, SealingStream
from listbackup.base.decode import from_json
from listbackup.base.errors import DamagedError, KeyUnavailable, NewerFormat, StoreError

MARK, TABLES, KEYS, CONFIGURATION = "listbackup.json", "tables.db", "keys.db", "config.toml"
_NAMES = (MARK, TABLES, KEYS, CONFIGURATION)
_NEEDED = (MARK, TABLES, KEYS)
_MAGIC = b"listbackup system copy\n"
_VERSION = 1
_MOST_HEADER = 1 << 20
_AT_ONCE = 4 << 20
_WRAPPED_AS = "control-plane"
_STREAM = "system-copy"
_TAKE_ANOTHER = "take another copy:  listbackup system copies --from PLACE   lists them"


class Wrapping(Protocol):
    """Root keys, as a copy needs them (``Keyring`` and ``Roots`` have them)."""

    def wrap(self, account: str, key: bytes) -> bytes:
        """The key, under the current root."""
        ...

    def unwrap(self, account: str, wrapped: bytes) -> bytes:
        """The key of ``wrap``. Raises KeyUnavailable."""
        ...


class Header(msgspec.Struct, kw_only=True, frozen=True):
    """What anybody may read of a copy."""

    version: int
    installation: str
    id: str
    made_at: datetime
    root: str  # the root key that opens the copy
    needs: tuple[str, ...]  # those that open what is in it: one, or two while a change of the root key goes on
    key: bytes  # the copy's own key, wrapped


class _File(msgspec.Struct):
    name: str
    size: int
    sha256: str


class _Manifest(msgspec.Struct):
    files: list[_File]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a new copy says of itself."""

    installation: str
    id: str
    made_at: datetime
    root: str
    needs: Sequence[str]


def write_copy(target: BinaryIO, about: About, files: Mapping[str, Path], roots: Wrapping) -> None:
    """A copy of these files, by their names in it, onto ``target``."""
    key = os.urandom(KEY_BYTES)
    header = Header(
        version=_VERSION,
        installation=about.installation,
        id=about.id,
        made_at=about.made_at,
        root=about.root,
        needs=tuple(about.needs),
        key=roots.wrap(_WRAPPED_AS, key),
    )
    raw = msgspec.json.encode(header)
    target.write(_MAGIC + len(raw).to_bytes(4, "little") + raw)
    sealing = SealingStream(key, target, context=_context(header, raw))
    with zstandard.ZstdCompressor(level=3).stream_writer(cast(IO[bytes], sealing), closefd=False) as packed:
        with tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            _add(tar, "manifest.json", msgspec.json.encode(_Manifest(files=[_described(name, path) for name, path in files.items()])))
            for name, path in files.items():
                with open(path, "rb") as file:
                    info = tarfile.TarInfo(name)
                    info.size, info.mode = path.stat().st_size, 0o600
                    tar.addfile(info, file)
    sealing.end()


def read_header(read: Callable[[int, int], bytes], name: str) -> Header:
    """The header of the copy whose bytes ``read(start, length)`` gives. Raises DamagedError, NewerFormat."""
    return _header(read, name)[0]


def open_copy(read: Callable[[int, int], bytes], name: str, roots: Wrapping, target: Path | None) -> Header:
    """The files of the copy in the folder ``target`` (None: only looked at), durable, each as it was put in.

    Raises KeyUnavailable (sealed under another root key), DamagedError (changed, cut, mixed up), NewerFormat; then what lies in ``target`` counts for nothing.
    """
    header, raw, start = _header(read, name)
    try:
        key = roots.unwrap(_WRAPPED_AS, header.key)
    except KeyUnavailable:
        raise KeyUnavailable(
            f"the copy {name} opens with the root key {header.root}, which is not here",
            hint="give the recovery kit of that time with --kit",
        ) from None
    except StoreError:
        raise _damaged(name) from None
    with _all_damage_is_told(name):
        opening = OpeningStream(key, _fetching(read, start), context=_context(header, raw))
        with zstandard.ZstdDecompressor().stream_reader(io.BufferedReader(opening, _AT_ONCE), closefd=False) as plain:
            _unpack(plain, target)
            while plain.read(_AT_ONCE):  # to the end: what was cut off there is noticed by nothing else
                pass
        if opening.read(1):
            raise DamagedError("something stands behind the files")
    return header


def _unpack(plain: IO[bytes], target: Path | None) -> None:
    with tarfile.open(fileobj=plain, mode="r|") as tar:
        expected: dict[str, _File] | None = None
        for info in tar:
            content = tar.extractfile(info)
            if content is None:
                raise DamagedError("the copy holds something that is no file")
            if expected is None:
                manifest = from_json(content.read(_MOST_HEADER), _Manifest)
                expected = {one.name: one for one in manifest.files}
                if info.name != "manifest.json" or not set(_NEEDED) <= set(expected) <= set(_NAMES):
                    raise DamagedError("the copy's list of files is none")
                continue
            one = expected.pop(info.name, None)
            if one is None or _kept(content, target / info.name if target is not None else None) != (one.size, one.sha256):
                raise DamagedError("a file in the copy is not what its list says")
        if expected or expected is None:
            raise DamagedError("a file is missing in the copy")


def _kept(content: IO[bytes], path: Path | None) -> tuple[int, str]:
    """Size and hash of what was written [bytes, hexadecimal]."""
    size, sha = 0, hashlib.sha256()
    with open(path, "xb") if path is not None else io.BytesIO() as file:
        while piece := content.read(_AT_ONCE):
            size += len(piece)
            sha.update(piece)
            if path is not None:
                file.write(piece)
        if path is not None:
            os.chmod(path, 0o600)
            file.flush()
            os.fsync(file.fileno())
    return size, sha.hexdigest()


def _header(read: Callable[[int, int], bytes], name: str) -> tuple[Header, bytes, int]:
    start = len(_MAGIC) + 4
    begin = read(0, start)
    length = int.from_bytes(begin[-4:], "little")
    if len(begin) != start or not begin.startswith(_MAGIC) or length > _MOST_HEADER:
        raise _damaged(name)
    raw = read(start, length)
    try:
        if from_json(raw, _Version).version > _VERSION:
            raise NewerFormat(f"the copy {name} was made by a newer version", hint="upgrade listbackup")
        return from_json(raw, Header), raw, start + length
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _damaged(name) from None


class _Version(msgspec.Struct):
    version: int


def _context(header: Header, raw: bytes) -> Sequence[str]:
    return (_STREAM, header.id, hashlib.sha256(raw).hexdigest())


def _fetching(read: Callable[[int, int], bytes], start: int) -> Callable[[int], bytes]:
    """Bytes one after the other out of an object, fetched in large pieces."""
    held, place = b"", start

    def fetch(size: int) -> bytes:
        nonlocal held, place
        while len(held) < size:
            piece = read(place, _AT_ONCE)
            if not piece:
                break
            held, place = held + piece, place + len(piece)
        given, held = held[:size], held[size:]
        return given

    return fetch


def _described(name: str, path: Path) -> _File:
    with open(path, "rb") as file:
        return _File(name=name, size=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    tar.addfile(info, io.BytesIO(data))


@contextmanager
def _all_damage_is_told(name: str) -> Iterator[None]:
    try:
        yield
    except (DamagedError, zstandard.ZstdError, tarfile.TarError, msgspec.MsgspecError, EOFError):
        raise _damaged(name) from None


def _damaged(name: str) -> DamagedError:
    return DamagedError(f"the copy {name} is damaged: it is not what was written", where=name, hint=_TAKE_ANOTHER)
