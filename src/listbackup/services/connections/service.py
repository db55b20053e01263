"""Connections: tested before they are kept, sealed, and opened for whoever reads or writes through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from listbackup.backends.table.port import ConditionFailed
from listbackup.base.errors import BusyError, Conflict, InputError, PlatformError, PlatformFault
from listbackup.base.ids import ConnectionId
from listbackup.base.paging import Page
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import Connector, Credentials, Ground, Session, Site, asked_fields
from listbackup.services.connections.events import connection_fact
from listbackup.services.connections.model import Connection, ConnectionState
from listbackup.services.connections.table import CONNECTIONS
from listbackup.services.connections.vault import Keys, Vault
from listbackup.services.desk import Desk
from listbackup.services.platforms import Platforms
from listbackup.services.rows import NamedRows, Writes
from listbackup.services.scope import Scope

_TRIES = 20


class Dependants(Protocol):
    """Who needs a connection to stay (``Sources`` says so)."""

    def __call__(self, scope: Scope, connection: str) -> Sequence[str]:
        """The names of what would stop working without it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """How sessions may reach out from this installation."""

    allow_loopback: bool = False
    concurrency: int = 16


class Connections:
    """The connections of an account. A connection is named by id or by name."""

    def __init__(self, desk: Desk, platforms: Platforms, keys: Keys, *, egress: Egress = Egress()) -> None:
        self._desk, self._platforms, self._egress = desk, platforms, egress
        self._vault = Vault(desk, keys)
        self._dependants: list[Dependants] = []

    def guard(self, dependants: Dependants) -> None:
        """Have these asked before a connection is deleted."""
        self._dependants.append(dependants)

    def create(
        self,
        scope: Scope,
        *,
        platform: str,
        name: str,
        values: Mapping[str, str],
        secrets: Mapping[str, Secret],
        test: bool = True,
    ) -> Connection:
        """A new connection, tested first unless told otherwise; nothing is kept when the test fails.

        Raises InputError (a field is missing or unknown, the name cannot be one), Conflict (the name is taken), PlatformError (what the test met).
        """
        connector = self._platforms.connector(platform)
        credentials = _credentials(connector, values, secrets)
        connection = Connection(
            id=ConnectionId(self._desk.new_id("con")),
            name=name,
            platform=platform,
            created_at=self._desk.clock.now(),
            values=credentials.values,
            secret_names=tuple(sorted(credentials.secrets)),
        )
        rows = self._rows(scope)
        rows.insert(connection)  # a name that is taken is said before the platform is asked
        rotated: dict[str, Secret] = dict(credentials.secrets)
        if test:
            connection = self._tested(connection, self._ask(connector, credentials, rotated.update))
        writes = [*rows.insert(connection), *self._vault.write(scope, connection.id, rotated, after=0)]
        self._commit(scope, rows, connection, writes, "created")
        return connection

    def list(self, scope: Scope, *, limit: int = 100, cursor: str | None = None) -> Page[Connection]:
        """The account's connections, oldest first."""
        return self._rows(scope).page(limit=limit, cursor=cursor)

    def get(self, scope: Scope, connection: str) -> Connection:
        """The connection of this id or name. Raises NotFound."""
        return self._rows(scope).get(connection)

    def rename(self, scope: Scope, connection: str, name: str, *, version: int | None = None) -> Connection:
        """The connection under its new name. Raises VersionGone for another ``version``."""
        rows = self._rows(scope)
        old = rows.get_version(connection, version)
        new, writes = rows.change(old, replace(old, name=name))
        self._commit(scope, rows, new, writes, "changed")
        return new

    def reconnect(
        self, scope: Scope, connection: str, *, values: Mapping[str, str] | None = None, secrets: Mapping[str, Secret] | None = None
    ) -> Connection:
        """The connection with new credentials (what is not given stays as it was), tested before the old ones are let go. Raises PlatformError."""
        rows = self._rows(scope)
        old, kept = rows.get(connection), self._vault.read(scope, rows.get(connection).id)
        connector = self._platforms.connector(old.platform)
        credentials = _credentials(connector, {**old.values, **(values or {})}, {**kept.secrets, **(secrets or {})})
        fresh: dict[str, Secret] = dict(credentials.secrets)
        site = self._ask(connector, credentials, fresh.update)
        changed = replace(self._tested(old, site), values=credentials.values, secret_names=tuple(sorted(fresh)))
        new, writes = rows.change(old, changed)
        writes = [*writes, *self._vault.write(scope, old.id, fresh, after=kept.version)]
        self._commit(scope, rows, new, writes, "reconnected")
        return new

    def test(self, scope: Scope, connection: str) -> Connection:
        """The connection as the platform answered just now. Raises PlatformError; ``needs_reauth`` is remembered."""
        found = self.get(scope, connection)
        session = self.open(scope, found.id)
        try:
            site = session.test()
        except PlatformError as error:
            if error.fault is PlatformFault.NEEDS_REAUTH:
                self.mark_needs_reauth(scope, found.id, error.message)
            raise
        finally:
            session.close()
        return self._change(scope, found.id, lambda now: self._tested(now, site), "tested")

    def mark_needs_reauth(self, scope: Scope, connection: str, message: str) -> Connection:
        """Remember that the platform refuses the credentials."""

        def refused(now: Connection) -> Connection:
            return replace(now, state=ConnectionState.NEEDS_REAUTH, message=message)

        return self._change(scope, connection, refused, "needs_reauth")

    def delete(self, scope: Scope, connection: str) -> None:
        """Forget the connection and its secrets. Raises Conflict while something needs it."""
        rows = self._rows(scope)
        found = rows.get(connection)
        needed_by = [name for dependants in self._dependants for name in dependants(scope, found.id)]
        if needed_by:
            raise Conflict(f"connection {found.name!r} is used by {', '.join(needed_by)}", hint="remove what uses it first")
        self._commit(scope, rows, found, [*rows.remove(found), *self._vault.remove(scope, found.id)], "deleted")

    def open(self, scope: Scope, connection: str, *, should_stop: Callable[[], bool] = lambda: False) -> Session:
        """A session through this connection; the caller closes it. Tokens that the platform rotates are kept before their first use."""
        found = self.get(scope, connection)
        kept = self._vault.read(scope, found.id)
        ground = self._ground(self._vault.keeper(scope, found.id, kept), should_stop)
        return self._platforms.connector(found.platform).open(Credentials(values=found.values, secrets=kept.secrets), ground)

    def _ground(self, keep: Callable[[Mapping[str, Secret]], None], should_stop: Callable[[], bool]) -> Ground:
        return Ground(
            clock=self._desk.clock,
            allow_loopback=self._egress.allow_loopback,
            concurrency=self._egress.concurrency,
            keep_secrets=keep,
            should_stop=should_stop,
        )

    def _ask(self, connector: Connector, credentials: Credentials, keep: Callable[[Mapping[str, Secret]], None]) -> Site:
        session = connector.open(credentials, self._ground(keep, lambda: False))
        try:
            return session.test()
        finally:
            session.close()

    def _tested(self, connection: Connection, site: Site) -> Connection:
        return replace(
            connection,
            state=ConnectionState.READY,
            site_name=site.name,
            site_url=site.url,
            tested_at=self._desk.clock.now(),
            message=None,
        )

    def _change(self, scope: Scope, connection: str, edit: Callable[[Connection], Connection], happened: str) -> Connection:
        rows = self._rows(scope)
        for _ in range(_TRIES):
            old = rows.get(connection)
            new, writes = rows.change(old, edit(old))
            try:
                self._desk.commit(scope, writes, connection_fact(happened, new))
            except ConditionFailed:
                continue
            return new
        raise BusyError(f"connection {connection!r} is being changed by too many at once", hint="try again")

    def _commit(self, scope: Scope, rows: NamedRows[Connection], connection: Connection, writes: Writes, happened: str) -> None:
        try:
            self._desk.commit(scope, writes, connection_fact(happened, connection))
        except ConditionFailed:
            message = f"connection {connection.name!r} was changed by somebody else meanwhile, or its name was taken"
            raise Conflict(message, hint="look again and repeat") from None

    def _rows(self, scope: Scope) -> NamedRows[Connection]:
        table = self._desk.open(CONNECTIONS, scope)
        return NamedRows(table, Connection, noun="connection", prefix="con", columns=lambda one: {"platform": one.platform})


def _credentials(connector: Connector, values: Mapping[str, str], secrets: Mapping[str, Secret]) -> Credentials:
    fields = {field.name: field for field in asked_fields(connector, values)}
    for name in [*values, *secrets]:
        if name not in fields:
            hint = "it asks for: " + ", ".join(fields)
            raise InputError(f"{connector.label} does not ask for {name!r}", field=name, hint=hint)
    plain, hidden = dict(values), dict(secrets)
    for name in [name for name, field in fields.items() if field.secret and name in plain]:
        hidden[name] = Secret(plain.pop(name))  # what the platform calls a secret is treated as one, however it was given
    for name, field in fields.items():
        if name in plain or name in hidden:
            continue
        if field.default is not None:
            plain[name] = field.default
        elif field.required:
            raise InputError(f"{connector.label} needs {field.label!r}", field=name, hint=f"give a value for {name}")
    return Credentials(values=plain, secrets=hidden)
