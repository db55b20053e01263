"""Where a connection's secrets lie sealed, and how a rotated one replaces the last: by compare-and-set, before its first use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.backends.table.port import Absent, ConditionFailed, Equals
from listbackup.base.decode import from_json
from listbackup.base.errors import Conflict
from listbackup.base.secret import Secret
from listbackup.services.connections.events import secrets_rotated
from listbackup.services.connections.table import CONNECTION_SECRETS
from listbackup.services.desk import Desk
from listbackup.services.rows import Writes
from listbackup.services.scope import Scope


class Keys(Protocol):
    """The part of the key hierarchy that sealing needs (``AccountKeys`` has it)."""

    def for_account(self, account: str) -> KeyScope:
        """The account's keys. Raises KeyUnavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Secrets as they lie in the vault; ``version`` is 0 when there are none."""

    secrets: Mapping[str, Secret] = field(default_factory=dict)
    version: int = 0


class Vault:
    """The sealed secrets of connections."""

    def __init__(self, desk: Desk, keys: Keys) -> None:
        self._desk, self._keys = desk, keys

    def read(self, scope: Scope, connection: str) -> Kept:
        """The secrets of a connection. Raises KeyUnavailable, DamagedError."""
        row = self._desk.open(CONNECTION_SECRETS, scope).find(connection)
        if row is None:
            return Kept()
        version, sealed = row["version"], row["sealed"]
        assert isinstance(version, int)
        assert isinstance(sealed, bytes)
        plain = open_field(self._keys.for_account(scope.account), sealed, context=_context(connection, version))
        texts = from_json(plain, dict[str, str])
        return Kept(secrets={name: Secret(text) for name, text in texts.items()}, version=version)

    def write(self, scope: Scope, connection: str, secrets: Mapping[str, Secret], *, after: int) -> Writes:
        """The writes that replace version ``after`` (0: none yet) and fail if another came between."""
        version = after + 1
        plain = msgspec.json.encode({name: secret.reveal() for name, secret in secrets.items()})
        sealed = seal_field(self._keys.for_account(scope.account), plain, context=_context(connection, version))
        condition = Equals({"version": after}) if after else Absent()
        return [self._desk.open(CONNECTION_SECRETS, scope).put(connection, {"version": version, "sealed": sealed}, if_=condition)]

    def remove(self, scope: Scope, connection: str) -> Writes:
        """The writes that forget a connection's secrets."""
        return [self._desk.open(CONNECTION_SECRETS, scope).delete(connection)]

    def keeper(self, scope: Scope, connection: str, kept: Kept) -> Keeper:
        """What a session calls with rotated secrets."""
        return Keeper(self, scope, connection, kept)


class Keeper:
    """Keeps the secrets that a platform rotates during one session."""

    def __init__(self, vault: Vault, scope: Scope, connection: str, kept: Kept) -> None:
        self._vault, self._scope, self._connection, self._kept = vault, scope, connection, kept

    def __call__(self, rotated: Mapping[str, Secret]) -> None:
        """Durable on return. Raises Conflict when another session rotated them first: its token is the good one, so open anew."""
        secrets = {**self._kept.secrets, **rotated}
        writes = self._vault.write(self._scope, self._connection, secrets, after=self._kept.version)
        try:
            self._vault._desk.commit(self._scope, writes, secrets_rotated(self._connection, self._kept.version + 1))
        except ConditionFailed:
            message = "the credentials were renewed by another run meanwhile"
            raise Conflict(message, hint="run again: the renewed ones will be used") from None
        self._kept = Kept(secrets=secrets, version=self._kept.version + 1)


def _context(connection: str, version: int) -> tuple[str, str, str, str]:
    return (CONNECTION_SECRETS.name, connection, "sealed", str(version))
