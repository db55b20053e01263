"""Secrets in one file, each sealed under the installation's keys for its own name."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from listbackup.backends.durable import ensure_folder, locked, replace_file
from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.backends.os_errors import translated
from listbackup.backends.secrets.names import check_secret_name
from listbackup.base.decode import from_json
from listbackup.base.errors import DamagedError, NewerFormat
from listbackup.base.secret import Secret

_FORMAT = "listbackup secrets"
_VERSION = 1


class _File(msgspec.Struct):
    format: str
    version: int
    secrets: dict[str, str]  # name -> base64 of the sealed value


class FileSecrets:
    """A file that is replaced whole at every change; names are readable in it, values are not. Safe to share between threads and between processes."""

    def __init__(self, path: Path, scope: KeyScope) -> None:
        self._path = path
        self._scope = scope

    def set(self, name: str, value: Secret) -> None:
        """See the port."""
        sealed = seal_field(self._scope, value.reveal().encode(), context=("secret", check_secret_name(name)))
        self._change(lambda secrets: secrets.__setitem__(name, base64.b64encode(sealed).decode()))

    def find(self, name: str) -> Secret | None:
        """See the port. Raises DamagedError when the file is not what was written, KeyUnavailable when its key is not here."""
        check_secret_name(name)
        found = self._read().get(name)
        if found is None:
            return None
        try:
            sealed = base64.b64decode(found, validate=True)
        except binascii.Error:
            raise self._damaged() from None
        return Secret(open_field(self._scope, sealed, context=("secret", name)).decode())

    def remove(self, name: str) -> None:
        """See the port."""
        check_secret_name(name)
        if name in self._read():
            self._change(lambda secrets: secrets.pop(name, None))

    def list_names(self) -> Sequence[str]:
        """See the port."""
        return sorted(self._read())

    def _change(self, change: Callable[[dict[str, str]], object]) -> None:
        with translated("write", str(self._path)):
            ensure_folder(self._path.parent)
            with locked(self._path):
                secrets = self._read()
                change(secrets)
                file = _File(format=_FORMAT, version=_VERSION, secrets=dict(sorted(secrets.items())))
                replace_file(self._path, msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n")

    def _read(self) -> dict[str, str]:
        with translated("read", str(self._path)):
            try:
                raw = self._path.read_bytes()
            except FileNotFoundError:
                return {}
        try:
            file = from_json(raw, _File)
        except msgspec.DecodeError:
            raise self._damaged() from None
        if file.format != _FORMAT:
            raise self._damaged()
        if file.version > _VERSION:
            raise NewerFormat(f"{self._path} has format {file.version}, this version knows {_VERSION}", hint="upgrade listbackup")
        return file.secrets

    def _damaged(self) -> DamagedError:
        return DamagedError(
            f"the file of secrets {self._path} is damaged",
            where=str(self._path),
            hint="put it back from a copy, or remove it and enter the secrets again",
        )
