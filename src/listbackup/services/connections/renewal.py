"""Renewing a connection's tokens, once, whoever else wants to: threads, processes, machines over one table.

 1. a fenced lease on the connection, longer than a token request can last
 2. the vault is read again: tokens that somebody renewed meanwhile are taken as they are
 3. the intent is written: the hash of the refresh token that is about to be sent
 4. the token is sent, once
 5. the new tokens, the end of the intent and the end of the lease are one transaction, which fails for whoever lost the lease or the vault's version

After a crash between 4 and 5, or an answer that never came, nobody knows what the platform did. The next one finds the intent and sends the token once more; when
that is refused, or its outcome is unknown again, the connection needs a person. A token that was refused is never sent again. What the platform did not hear, or
declined for now, is no such case: it is tried again after a pause that grows. Source: TRUST.md, abuse 7; decision 0160.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from listbackup.backends.table.lease import Lease, Leases
from listbackup.backends.table.port import ConditionFailed
from listbackup.base.decode import from_json
from listbackup.base.errors import BusyError, PlatformError, PlatformFault
from listbackup.base.retry import retry
from listbackup.base.secret import Secret
from listbackup.connectors.engine.faults import unreachable
from listbackup.connectors.engine.oauth import NotGranted, Outcome
from listbackup.services.connections.events import secrets_rotated
from listbackup.services.connections.table import RENEWALS
from listbackup.services.connections.vault import Kept, Vault
from listbackup.services.desk import Desk, Fact
from listbackup.services.rows import Writes
from listbackup.services.scope import AccountTable, Scope

LEASE = timedelta(seconds=60)  # a token request ends after 10 s of connecting, 20 s of silence and 10 s of body
_POLL_SECONDS = 0.05
_MOST_SENT = 2  # the first time, and once more when nobody knows what became of it
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)

Send = Callable[[Secret | None], Mapping[str, Secret]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """The refresh token that was sent last, by its hash; ``sent`` counts the times whose outcome is not known."""

    token: str
    sent: int = 0
    put_off: int = 0  # how often in a row the platform did not hear or declined for now
    not_before: datetime | None = None
    refused: bool = False


class Renewal:
    """What a session of one connection calls when its access token is stale (``Ground.renew``)."""

    def __init__(self, desk: Desk, vault: Vault, scope: Scope, connection: str, *, refused: Callable[[str], None]) -> None:
        self._desk, self._vault, self._scope, self._connection, self._refused = desk, vault, scope, connection, refused
        self._leases = Leases(desk.tables, desk.clock)

    def __call__(self, stale: str, send: Send) -> Mapping[str, Secret]:
        """Tokens other than ``stale``, durable. Raises PlatformError (needs_reauth, unreachable), BusyError."""
        lease, kept = self._enter(stale)
        if lease is None:
            return kept.secrets
        try:
            return self._renew(lease, kept, send)
        except PlatformError as error:
            self._leases.release(lease)
            if error.fault is PlatformFault.NEEDS_REAUTH:
                self._refused(error.message)
            raise

    def _enter(self, stale: str) -> tuple[Lease | None, Kept]:
        """The lease and what is kept; no lease where somebody renewed the tokens meanwhile."""
        clock, holder = self._desk.clock, self._desk.new_id("hld")
        give_up = clock.monotonic() + 2 * LEASE.total_seconds()
        while True:
            kept = self._vault.read(self._scope, self._connection)
            if _access(kept) != stale:
                return None, kept
            try:
                lease = self._leases.acquire(f"tokens/{self._scope.account}/{self._connection}", holder, LEASE)
            except BusyError:
                if clock.monotonic() >= give_up:
                    raise
                clock.sleep(_POLL_SECONDS)
                continue
            kept = self._vault.read(self._scope, self._connection)
            if _access(kept) == stale:
                return lease, kept
            self._leases.release(lease)
            return None, kept

    def _renew(self, lease: Lease, kept: Kept, send: Send) -> Mapping[str, Secret]:
        refresh = kept.secrets.get("refresh_token")
        intent = self._intend(lease, refresh) if refresh is not None else None
        try:
            fresh = send(refresh)
        except NotGranted as error:
            raise self._not_granted(lease, kept, intent, error) from None
        secrets = {**kept.secrets, **fresh}
        writes = [
            *self._vault.write(self._scope, self._connection, secrets, after=kept.version),
            self._table().delete(self._connection),
            self._leases.release_write(lease),
        ]
        try:
            fact = secrets_rotated(self._connection, kept.version + 1)
            retry(lambda: self._desk.commit(self._scope, writes, fact), clock=self._desk.clock)  # what is in hand now is nowhere else
        except ConditionFailed:
            self._leases.release(lease)
            return self._others(kept)
        return secrets

    def _intend(self, lease: Lease, refresh: Secret) -> Intent:
        """What is about to be sent, durable. Raises PlatformError where it must not be sent, or not yet."""
        table, token = self._table(), _hash(refresh)
        row = table.find(self._connection)
        old = from_json(str(row["doc"]), Intent) if row is not None else None
        intent = old if old is not None and old.token == token else Intent(token=token)
        if intent.refused:
            raise _needs_person("the platform no longer accepts the refresh token")
        if intent.not_before is not None and self._desk.clock.now() < intent.not_before:
            wait = intent.not_before - self._desk.clock.now()
            raise unreachable("the platform did not renew the access token a moment ago", hint="it is tried again", wait=wait)
        if intent.sent >= _MOST_SENT:
            raise self._lost(lease, intent)
        intent = replace(intent, sent=intent.sent + 1, not_before=None)
        self._write(lease, intent)
        return intent

    def _not_granted(self, lease: Lease, kept: Kept, intent: Intent | None, error: NotGranted) -> PlatformError:
        """The error to raise, after what is known of the token was written."""
        if intent is None:
            return error
        if self._vault.read(self._scope, self._connection).version != kept.version:
            return unreachable("the credentials were replaced meanwhile", hint="run again: the new ones will be used")
        match error.outcome:
            case Outcome.REFUSED:
                self._write(lease, replace(intent, refused=True), Fact(name="connection.renewal_refused", subject=self._connection))
            case Outcome.WRONG_CLIENT:
                self._write(lease, replace(intent, sent=intent.sent - 1))
            case Outcome.NOT_NOW:
                pause = min(_FIRST_PAUSE * 2**intent.put_off, _LONGEST_PAUSE)
                later = self._desk.clock.now() + pause
                self._write(lease, replace(intent, sent=intent.sent - 1, put_off=min(intent.put_off + 1, 30), not_before=later))
                return unreachable(error.message, hint="it is tried again", status=error.status, wait=pause)
            case Outcome.UNKNOWN if intent.sent >= _MOST_SENT:
                return self._lost(lease, intent)
            case Outcome.UNKNOWN:
                self._write(lease, replace(intent, not_before=self._desk.clock.now() + _FIRST_PAUSE))
                return unreachable(error.message, hint="it is asked once more", status=error.status, wait=_FIRST_PAUSE)
        return error

    def _lost(self, lease: Lease, intent: Intent) -> PlatformError:
        self._write(lease, replace(intent, refused=True), Fact(name="connection.renewal_lost", subject=self._connection))
        return _needs_person("it is not known what the platform did with the refresh token, and asking once more did not tell")

    def _write(self, lease: Lease, intent: Intent, *facts: Fact) -> None:
        writes: Writes = [
            self._table().put(self._connection, {"doc": msgspec.json.encode(intent).decode()}),
            self._leases.check(lease),
        ]
        try:
            self._desk.commit(self._scope, writes, *facts)
        except ConditionFailed:
            raise unreachable("another process renews the credentials", hint="run again") from None

    def _others(self, kept: Kept) -> Mapping[str, Secret]:
        """What somebody else kept while we renewed: theirs is the good one."""
        now = self._vault.read(self._scope, self._connection)
        if now.version == kept.version:
            raise unreachable("the renewal was overtaken by another process", hint="run again")
        return now.secrets

    def _table(self) -> AccountTable:
        return self._desk.open(RENEWALS, self._scope)


def forget_renewal(desk: Desk, scope: Scope, connection: str) -> Writes:
    """The write that forgets what is known of a connection's refresh token: it has another one now, or none."""
    return [desk.open(RENEWALS, scope).delete(connection)]


def _access(kept: Kept) -> str:
    found = kept.secrets.get("access_token")
    return found.reveal() if found is not None else ""


def _hash(token: Secret) -> str:
    return hashlib.sha256(b"refresh token " + token.reveal().encode()).hexdigest()


def _needs_person(message: str) -> PlatformError:
    return PlatformError(message, fault=PlatformFault.NEEDS_REAUTH, hint="connect again: listbackup connect")
