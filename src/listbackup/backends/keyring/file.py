"""The keyring of one machine: the root keys in a file that only this user can read, outside the data folder."""

from __future__ import annotations

import base64
import binascii
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from listbackup.backends.durable import ensure_folder, locked, replace_file
from listbackup.backends.keyring.roots import Roots, root_id, wrapping_root
from listbackup.backends.keyring.scope import KEY_BYTES
from listbackup.backends.os_errors import translated
from listbackup.base.decode import from_json
from listbackup.base.errors import Conflict, InputError, KeyUnavailable, NewerFormat

_FORMAT = "listbackup root keys"
_VERSION = 1
_KIT_HINT = "restore it from the recovery kit: `listbackup keys recovery-kit --restore FILE`"


class _Root(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    key: str  # base64


class _File(msgspec.Struct):
    format: str
    version: int
    roots: list[_Root] = []


class FileKeyring:
    """Root keys in a 0600 file of a 0700 folder; safe to share between threads and between processes: a change by one is seen by all at their next call.

    ``open`` never makes a key: a new root where an old one is missing would hide the loss. Use ``create`` on a new installation, ``restore`` with a kit.
    """

    def __init__(self, path: Path, roots: Roots, stamp: tuple[int, int, int]) -> None:
        self.path = path
        self._read = (stamp, roots)

    @classmethod
    def create(cls, path: Path, *, data_folder: Path) -> FileKeyring:
        """A new keyring with one fresh root key. Raises Conflict when the file exists, InputError when it would lie inside the data folder."""
        return cls.restore(path, Roots.fresh(), data_folder=data_folder)

    @classmethod
    def restore(cls, path: Path, roots: Roots, *, data_folder: Path) -> FileKeyring:
        """A keyring file with the roots of a recovery kit. Raises as ``create``."""
        _refuse_inside(path, data_folder)
        with translated("write", str(path)):
            ensure_folder(path.parent)
            _refuse_wide(path.parent)
            with locked(path):
                if path.exists():
                    raise Conflict(f"there are root keys in {path} already", hint="keep them: without them their copies cannot be opened")
                replace_file(path, _encode(roots))
        return cls.open(path, data_folder=data_folder)

    @classmethod
    def open(cls, path: Path, *, data_folder: Path) -> FileKeyring:
        """The keyring in this file. Raises KeyUnavailable (missing, damaged), InputError (others may read it, or it lies inside the data folder)."""
        _refuse_inside(path, data_folder)
        with translated("look at", str(path.parent)):
            if path.parent.is_dir():
                _refuse_wide(path.parent)
        stamp, roots = _load(path)
        return cls(path, roots, stamp)

    @property
    def roots(self) -> Roots:
        """The root keys themselves, for a recovery kit."""
        return self._fresh()

    def wrap(self, account: str, key: bytes) -> bytes:
        """See the port."""
        return self._fresh().wrap(account, key)

    def unwrap(self, account: str, wrapped: bytes) -> bytes:
        """See the port."""
        return self._fresh().unwrap(account, wrapped)

    def current(self) -> str:
        """See the port."""
        return self._fresh().current

    def wrapped_with(self, wrapped: bytes) -> str:
        """See the port."""
        return wrapping_root(wrapped)

    def rotate(self) -> str:
        """See the port."""
        return self._change(Roots.rotated).current

    def list_roots(self) -> Sequence[str]:
        """See the port."""
        return self._fresh().ids

    def retire(self, root: str) -> None:
        """See the port. The old file's blocks are freed, not overwritten: a disk may keep them until it needs the room."""
        self._change(lambda roots: roots.without(root))

    def _fresh(self) -> Roots:
        stamp, roots = self._read
        try:
            if _stamp(os.stat(self.path)) == stamp:
                return roots
        except OSError:
            pass  # _load says it in a sentence
        self._read = _load(self.path)
        return self._read[1]

    def _change(self, change: Callable[[Roots], Roots]) -> Roots:
        with translated("write", str(self.path)), locked(self.path):
            roots = change(_load(self.path)[1])
            replace_file(self.path, _encode(roots))
        return roots


def _load(path: Path) -> tuple[tuple[int, int, int], Roots]:
    with translated("read", str(path)):
        try:
            with open(path, "rb") as file:
                status = os.fstat(file.fileno())
                _refuse_wide(path, status)
                raw = file.read()
        except FileNotFoundError:
            raise KeyUnavailable(f"there is no root key file {path}", hint=f"put it back, or {_KIT_HINT}") from None
    return _stamp(status), _decode(path, raw)


def _encode(roots: Roots) -> bytes:
    lines = [_Root(id=root_id(key), key=base64.b64encode(key).decode()) for key in roots.keys]
    return msgspec.json.format(msgspec.json.encode(_File(format=_FORMAT, version=_VERSION, roots=lines)), indent=2) + b"\n"


def _decode(path: Path, raw: bytes) -> Roots:
    damaged = KeyUnavailable(f"the root key file {path} is damaged", hint=_KIT_HINT[0].upper() + _KIT_HINT[1:])
    try:
        file = from_json(raw, _File)
        keys = tuple(base64.b64decode(root.key, validate=True) for root in file.roots)
    except (msgspec.DecodeError, binascii.Error, UnicodeDecodeError):
        raise damaged from None
    if file.format == _FORMAT and file.version > _VERSION:
        raise NewerFormat(f"the root key file {path} has format {file.version}, this version knows {_VERSION}", hint="upgrade listbackup")
    if (
        file.format != _FORMAT
        or not keys
        or any(len(key) != KEY_BYTES or root_id(key) != root.id for key, root in zip(keys, file.roots, strict=True))
    ):
        raise damaged
    return Roots(keys)


def _refuse_inside(path: Path, data_folder: Path) -> None:
    if path.resolve().is_relative_to(data_folder.resolve()):
        raise InputError(
            f"the root key file {path} lies inside the data folder {data_folder}",
            hint="keep it elsewhere: whoever copies the data folder must not get the key with it",
            field="key_file",
        )


def _refuse_wide(path: Path, status: os.stat_result | None = None) -> None:
    status = status or os.stat(path)
    folder = stat.S_ISDIR(status.st_mode)
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise InputError(
            f"{path} can be read or written by others (mode {stat.S_IMODE(status.st_mode):04o})",
            hint=f"chmod {'700' if folder else '600'} {path}",
            field="key_file",
        )
    if status.st_uid != os.geteuid():
        raise InputError(f"{path} belongs to another user", hint="run as the user who made it", field="key_file")


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_mtime_ns, status.st_size
