"""Connections: tested before they are kept, sealed, and opened for whoever reads or writes through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from listbackup.backends.table.port import Absent, ConditionFailed, Equals, Exists
from listbackup.base.errors import BusyError, Conflict, InputError, ListBackupError, NotFound, PlatformError, PlatformFault
from listbackup.base.ids import ConnectionId
from listbackup.base.paging import Page
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import AuthMethod, Connector, Credentials, Describes, Session, Site, StreamInfo
from listbackup.connectors.engine.quota import KnowsQuota, OwnBook, QuotaLeft
from listbackup.services.accounts import Limits
from listbackup.services.connections.credentials import AgreedTo, by_key, by_sign_in, leads_elsewhere, without_tokens
from listbackup.services.connections.events import connection_fact
from listbackup.services.connections.memory import SealedMemory
from listbackup.services.connections.model import Connection, ConnectionState, sayable
from listbackup.services.connections.notices import Notices
from listbackup.services.connections.quota import TableQuotaBook, forget_quota, keep_quota
from listbackup.services.connections.reach import Egress, Reach
from listbackup.services.connections.renewal import Renewal, forget_renewal
from listbackup.services.connections.revocation import Revocations
from listbackup.services.connections.table import CONNECTIONS
from listbackup.services.connections.vault import Kept, Keys, Vault
from listbackup.services.desk import Desk
from listbackup.services.integrations import Integrations
from listbackup.services.platforms import Platforms
from listbackup.services.rows import NamedRows, Writes
from listbackup.services.scope import Scope
from listbackup.services.turns import turn

_TRIES = 20


class Dependants(Protocol):
    """Who needs a connection to stay (``Sources`` says so)."""

    def __call__(self, scope: Scope, connection: str) -> Sequence[str]:
        """The names of what would stop working without it."""
        ...


class Connections:
    """The connections of an account. A connection is named by id or by name."""

    def __init__(
        self,
        desk: Desk,
        platforms: Platforms,
        keys: Keys,
        *,
        egress: Egress = Egress(),
        integrations: Integrations | None = None,
        notices: Notices | None = None,
        limits: Limits | None = None,
        cache: Path | None = None,
    ) -> None:
        self._desk, self._platforms, self._keys, self._cache = desk, platforms, keys, cache
        self._reach = Reach(desk, platforms, integrations, egress)
        self._vault, self._notices = Vault(desk, keys), notices
        self.revocations = Revocations(desk, keys, self._reach)
        self._dependants: list[Dependants] = []
        self._followers: list[Callable[[str], Writes]] = []
        self._limits = limits

    def guard(self, dependants: Dependants) -> None:
        """Have these asked before a connection is deleted."""
        self._dependants.append(dependants)

    def follow(self, forget: Callable[[str], Writes]) -> None:
        """Have these writes made with the deletion of a connection: what stands beside it and goes with it."""
        self._followers.append(forget)

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
        connector = self._asked_for(platform)
        self._reach.check(scope, platform)
        credentials = by_key(connector, values, secrets)
        connection = Connection(
            id=ConnectionId(self._desk.new_id("con")),
            name=name,
            platform=platform,
            created_at=self._desk.clock.now(),
            values=credentials.values,
            secret_names=tuple(sorted(credentials.secrets)),
        )
        rows = self._rows(scope)
        rows.insert(connection)  # a name that is taken, and a plan that is full, are said before the platform is asked
        self.room(scope)
        rotated, used = dict(credentials.secrets), OwnBook()
        if test:
            connection = self._tested(connection, self._reach.ask(scope, connector, credentials, rotated.update, used))
        sealed = self._vault.write(scope, connection.id, rotated, after=0)
        self._make(scope, rows, connection, [*sealed, *keep_quota(self._desk, scope, connection.id, used)])
        return connection

    def room(self, scope: Scope) -> Writes:
        """The writes that go with one more connection. Raises PlanLimit when the account holds as many as it may."""
        return self._limits.room(scope.account, "connections", self._rows(scope).iter()) if self._limits is not None else []

    def used(self, scope: Scope, connection: str) -> Writes:
        """The writes that go with something that needs this connection: they fail when it is gone, and its deletion fails when they come first. Raises NotFound."""
        table, found = self._desk.open(CONNECTIONS, scope), self.get(scope, connection)
        return [table.check(found.id, Exists()), turn(table, f"use/{found.id}")]

    def _make(self, scope: Scope, rows: NamedRows[Connection], connection: Connection, beside: Writes) -> None:
        """Kept, with what stands beside it. Raises Conflict, PlanLimit."""
        for _ in range(_TRIES):
            room, own = self.room(scope), [*rows.insert(connection), *beside]
            try:
                self._desk.commit(scope, [*own, *room], connection_fact("created", connection))
            except ConditionFailed as error:
                if error.position >= len(own):  # another was made at this moment: count again
                    continue
                raise self._overtaken(connection) from None
            return
        raise BusyError("too many connections are made at once", hint="try again")

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
        """The connection with new credentials, tested before the old ones are let go. What is not given stays as it was; with another value the secrets are
        given anew. Raises PlatformError, InputError."""
        rows = self._rows(scope)
        old, kept = self._whole(scope, connection)
        connector = self._platforms.connector(old.platform)
        still = {} if leads_elsewhere(old.values, values) else kept.secrets
        merged = {**still, **(secrets or {})}
        if old.method is AuthMethod.OAUTH:
            merged = without_tokens(merged)  # a key in place of what was agreed to
        credentials = by_key(connector, {**old.values, **(values or {})}, merged)
        fresh: dict[str, Secret] = dict(credentials.secrets)
        site = self._reach.ask(scope, connector, credentials, fresh.update, TableQuotaBook(self._desk, scope, old.id))
        changed = replace(self._tested(old, site), values=credentials.values, secret_names=tuple(sorted(fresh)))
        new, writes = rows.change(old, replace(changed, method=AuthMethod.KEY, client_id=None))
        writes = [*writes, *self._vault.write(scope, old.id, fresh, after=kept.version), *forget_renewal(self._desk, scope, old.id)]
        self._commit(scope, rows, new, writes, "reconnected")
        return new

    def test(self, scope: Scope, connection: str) -> Connection:
        """The connection as the platform answered just now. Raises PlatformError; ``needs_reauth`` is remembered."""
        found = self.get(scope, connection)
        session = self.open(scope, found.id)
        try:
            site = session.test()
        except PlatformError as error:
            self._met(scope, found, error)
            raise
        finally:
            session.close()
        return self._change(scope, found.id, lambda now: self._tested(now, site), "tested")

    def mark_needs_reauth(self, scope: Scope, connection: str, message: str) -> Connection:
        """Remember that the platform refuses the credentials, and write to the owners when that is new."""

        def refused(now: Connection) -> Connection:
            return replace(now, state=ConnectionState.NEEDS_REAUTH, message=message)

        found = self.get(scope, connection)
        if found.state is ConnectionState.NEEDS_REAUTH:
            return found
        return self._change(scope, connection, refused, "needs_reauth", tell=True)

    def mark_working(self, scope: Scope, connection: str) -> Connection:
        """Remember that the credentials were just used with success."""
        found = self.get(scope, connection)
        if found.state is ConnectionState.READY:
            return found
        return self._change(scope, connection, lambda now: replace(now, state=ConnectionState.READY, message=None), "working")

    def delete(self, scope: Scope, connection: str, *, force: bool = False) -> None:
        """Forget the connection and its secrets; the platform is told to forget the tokens, where it has an address for that: again, until it listens.

        Raises Conflict while something needs it, unless forced: what needs it then fails until it is given another.
        """
        rows, table = self._rows(scope), self._desk.open(CONNECTIONS, scope)
        found, kept = self._whole(scope, connection)
        use = table.find(f"turn/use/{found.id}")  # before it is asked who needs it: who comes to need it moves this on
        unused = table.delete(f"turn/use/{found.id}", if_=Equals({"n": use["n"]}) if use is not None else Absent())
        needed_by = [name for dependants in self._dependants for name in dependants(scope, found.id)]
        if needed_by and not force:
            raise Conflict(f"connection {found.name!r} is used by {', '.join(needed_by)}", hint="remove what uses it first")
        revoked = self._reach.revoke(scope, found, kept.secrets)
        later = self.revocations.writes(scope, found, kept.secrets) if revoked is False else ()
        beside = [write for forget in self._followers for write in forget(found.id)]
        known = [*forget_renewal(self._desk, scope, found.id), *forget_quota(self._desk, scope, found.id)]
        writes = [*rows.remove(found), unused, *self._vault.remove(scope, found.id), *known, *beside, *later]
        self._commit(scope, rows, found, writes, "deleted", revoked=revoked is True)

    def open(self, scope: Scope, connection: str, *, should_stop: Callable[[], bool] = lambda: False) -> Session:
        """A session through this connection; the caller closes it. Tokens that the platform rotates are kept before their first use."""
        found, kept = self._whole(scope, connection)
        refused = partial(self._refused, scope, found.id)
        ground = replace(
            self._reach.ground(scope, found.platform),
            keep_secrets=self._vault.keeper(scope, found.id, kept),
            should_stop=should_stop,
            renew=Renewal(self._desk, self._vault, scope, found.id, refused=refused),
            quota=TableQuotaBook(self._desk, scope, found.id),
            memory=SealedMemory(self._cache, self._keys.for_account(scope.account), found.id) if self._cache is not None else None,
        )
        return self._platforms.connector(found.platform).open(self._reach.with_application(scope, found, kept.secrets), ground)

    def _whole(self, scope: Scope, connection: str) -> tuple[Connection, Kept]:
        """The connection and its secrets, of one moment: those of after a reconnect are never sent to where the one of before it led."""
        found = self.get(scope, connection)
        for _ in range(_TRIES):
            kept, again = self._vault.read(scope, found.id), self.get(scope, found.id)
            if again.version == found.version:
                return found, kept
            found = again
        raise BusyError(f"connection {connection!r} is being changed by too many at once", hint="try again")

    def quota_left(self, scope: Scope, connection: str) -> QuotaLeft | None:
        """What is left of our share of the platform's calls; None where no quota is known, or the connection cannot be opened. The platform is not asked."""
        try:
            session = self.open(scope, connection)
        except ListBackupError:
            return None
        try:
            return session.quota_left() if isinstance(session, KnowsQuota) else None
        finally:
            session.close()

    def described(self, scope: Scope, connection: str) -> Mapping[str, StreamInfo]:
        """The streams that the platform's facts name, without asking it; empty where they depend on what is connected. Raises NotFound."""
        connector = self._platforms.connector(self.get(scope, connection).platform)
        return {nature.info.name: nature.info for nature in connector.describe()} if isinstance(connector, Describes) else {}

    # the sign-in page -----------------------------------------------------------------------------------------------

    @property
    def reach(self) -> Reach:
        """How the outside is reached."""
        return self._reach

    def known(self, scope: Scope, connection: Connection) -> Credentials:
        """What was given to connect this one, as far as its platform's sign-in page asks for it: not asked for again when it is repaired."""
        kept = without_tokens(self._vault.read(scope, connection.id).secrets)
        asked = self._reach.asked_before_sign_in(connection.platform, connection.values)
        values = {name: text for name, text in connection.values.items() if name in asked}
        return Credentials(values=values, secrets={name: secret for name, secret in kept.items() if name in asked})

    def keep_agreed(
        self, scope: Scope, *, platform: str, given: Credentials, tokens: Mapping[str, Secret], name: str | None, reconnect: str | None
    ) -> Connection:
        """What was agreed to, tested and kept: a new connection, or ``reconnect`` with new tokens. Raises PlatformError, Conflict, NotFound."""
        connector = self._platforms.connector(platform)
        page, _ = by_sign_in(connector, given.values, given.secrets)
        whole = self._reach.for_client(scope, platform, page, given)
        fresh = {**given.secrets, **tokens}
        site = self._reach.ask(scope, connector, replace(whole, secrets={**whole.secrets, **tokens}), fresh.update)
        own = whole.values["client_id"] if page.wants_application else None
        agreed = AgreedTo(values=given.values, secrets=fresh, client_id=own, site=site)
        return self._repaired(scope, reconnect, agreed) if reconnect is not None else self._agreed(scope, platform, name, agreed)

    def _asked_for(self, platform: str) -> Connector:
        """The code of a platform that a person named. Raises InputError: a word that was mistyped is nobody's secret."""
        try:
            return self._platforms.connector(platform)
        except NotFound as error:
            raise InputError(error.message, hint=error.hint, field="platform") from None

    def _agreed(self, scope: Scope, platform: str, name: str | None, agreed: AgreedTo) -> Connection:
        rows = self._rows(scope)
        label = name or agreed.site.name or self._platforms.connector(platform).label
        for number in range(1, _TRIES):
            made = Connection(
                id=ConnectionId(self._desk.new_id("con")),
                name=sayable(label, number),
                platform=platform,
                created_at=self._desk.clock.now(),
            )
            try:
                connection = self._with(made, agreed)
                self._make(scope, rows, connection, self._vault.write(scope, made.id, agreed.secrets, after=0))
            except Conflict:  # the name is taken; a person who comes back from elsewhere is not sent away for that
                continue
            return connection
        raise Conflict(f"a connection named {label!r} exists already", hint="choose another name", field="name")

    def _repaired(self, scope: Scope, connection: str, agreed: AgreedTo) -> Connection:
        rows = self._rows(scope)
        for _ in range(_TRIES):
            old, kept = rows.get(connection), self._vault.read(scope, connection)
            new, writes = rows.change(old, self._with(old, agreed))
            writes = [*writes, *self._vault.write(scope, old.id, agreed.secrets, after=kept.version)]
            try:
                self._desk.commit(scope, [*writes, *forget_renewal(self._desk, scope, old.id)], connection_fact("reconnected", new))
            except ConditionFailed:
                continue
            return new
        raise BusyError(f"connection {connection!r} is being changed by too many at once", hint="try again")

    def _with(self, connection: Connection, agreed: AgreedTo) -> Connection:
        return replace(
            self._tested(connection, agreed.site),
            method=AuthMethod.OAUTH,
            values=agreed.values,
            secret_names=tuple(sorted(agreed.secrets)),
            client_id=agreed.client_id,
        )

    # inside ---------------------------------------------------------------------------------------------------------

    def _met(self, scope: Scope, found: Connection, error: PlatformError) -> None:
        """Remember what a test met."""
        if error.fault is PlatformFault.NEEDS_REAUTH:
            self.mark_needs_reauth(scope, found.id, error.message)
        elif found.state is not ConnectionState.NEEDS_REAUTH:
            seen = replace(found, state=ConnectionState.UNREACHABLE, message=error.message)
            if (found.state, found.message) != (seen.state, seen.message):
                self._change(scope, found.id, lambda now: replace(now, state=seen.state, message=seen.message), "unreachable")

    def _refused(self, scope: Scope, connection: str, message: str) -> None:
        self.mark_needs_reauth(scope, connection, message)

    def _tested(self, connection: Connection, site: Site) -> Connection:
        return replace(
            connection,
            state=ConnectionState.READY,
            site_name=site.name,
            site_url=site.url,
            tested_at=self._desk.clock.now(),
            message=None,
        )

    def _change(
        self, scope: Scope, connection: str, edit: Callable[[Connection], Connection], happened: str, *, tell: bool = False
    ) -> Connection:
        rows = self._rows(scope)
        for _ in range(_TRIES):
            old = rows.get(connection)
            new, writes = rows.change(old, edit(old))
            if tell and self._notices is not None and old.state is not new.state:
                writes = [*writes, *self._notices.needs_reauth(scope, new)]
            try:
                self._desk.commit(scope, writes, connection_fact(happened, new))
            except ConditionFailed:
                continue
            return new
        raise BusyError(f"connection {connection!r} is being changed by too many at once", hint="try again")

    def _commit(
        self,
        scope: Scope,
        rows: NamedRows[Connection],
        connection: Connection,
        writes: Writes,
        happened: str,
        *,
        revoked: bool | None = None,
    ) -> None:
        try:
            self._desk.commit(scope, writes, connection_fact(happened, connection, revoked=revoked))
        except ConditionFailed:
            raise self._overtaken(connection) from None

    def _overtaken(self, connection: Connection) -> Conflict:
        message = f"connection {connection.name!r} was changed by somebody else meanwhile, or its name was taken"
        return Conflict(message, hint="look again and repeat")

    def _rows(self, scope: Scope) -> NamedRows[Connection]:
        table = self._desk.open(CONNECTIONS, scope)
        return NamedRows(table, Connection, noun="connection", prefix="con", columns=lambda one: {"platform": one.platform})
