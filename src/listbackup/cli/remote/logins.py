"""Who signed in where: a file of the user's own, 0600, with an API key or a pair of tokens for each server."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from listbackup.base.decode import from_json
from listbackup.base.errors import InputError
from listbackup.base.secret import Secret
from listbackup.client import ApiKey, Credential, TokenPair
from listbackup.client.credentials import Exchange


class Login(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What opens one server: a key, or the tokens of a person."""

    key: str | None = None
    access: str | None = None
    refresh: str | None = None

    def __repr__(self) -> str:
        return "Login(***)"


class Logins:
    """The file. Several processes may use it at once: it is changed under a lock, and whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, server: str) -> Login | None:
        """What opens this server, or None. Raises InputError for a file that others may read, or that is not ours."""
        return self._read().get(plain_address(server))

    def keep(self, server: str, login: Login | None) -> None:
        """Remember it instead of what was there; None forgets."""
        with self.locked():
            self._write(server, login)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else changes the file while the block runs."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def keep_locked(self, server: str, login: Login) -> None:
        """As ``keep``, for who holds the lock."""
        self._write(server, login)

    def _read(self) -> dict[str, Login]:
        try:
            with open(self._path, "rb") as file:
                if os.fstat(file.fileno()).st_mode & 0o077:
                    raise InputError(f"{self._path} can be read by others", hint=f"chmod 600 {self._path}")
                return from_json(file.read(), dict[str, Login])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as error:
            raise InputError(f"{self._path} cannot be read: {error}", hint="remove it and sign in again") from None

    def _write(self, server: str, login: Login | None) -> None:
        known = self._read()
        known.pop(plain_address(server), None)
        if login is not None:
            known[plain_address(server)] = login
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(known), indent=2) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self._path)


class KeptTokens:
    """The tokens of the file. A refresh token works once: who renews looks first, under the lock, whether another process did."""

    def __init__(self, logins: Logins, server: str, pair: TokenPair) -> None:
        self._logins, self._server, self._pair = logins, server, pair

    def bearer(self) -> Secret:
        """The access token."""
        return self._pair.access

    def renew(self, refused: Secret, exchange: Exchange) -> bool:
        """New tokens, kept before they are used."""
        with self._logins.locked():
            kept = self._logins.find(self._server)
            if kept is None or kept.access is None or kept.refresh is None:
                return False
            self._pair = TokenPair(access=Secret(kept.access), refresh=Secret(kept.refresh))
            if self._pair.access == refused:
                self._pair = exchange(self._pair.refresh)
                self._logins.keep_locked(self._server, Login(access=self._pair.access.reveal(), refresh=self._pair.refresh.reveal()))
        return True


def credential_of(logins: Logins, server: str) -> Credential | None:
    """What the file has for this server."""
    login = logins.find(server)
    if login is None:
        return None
    if login.key is not None:
        return ApiKey(login.key)
    if login.access is None or login.refresh is None:
        return None
    return KeptTokens(logins, server, TokenPair(access=Secret(login.access), refresh=Secret(login.refresh)))


def plain_address(server: str) -> str:
    """One spelling for one server."""
    text = server if "//" in server else f"https://{server}"
    return text.rstrip("/").removesuffix("/v2").lower()
