"""Sessions over a user pool: rows here say which live; a program's session holds the pool's refresh token, sealed, in a row beside its own."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import timedelta

from listbackup.backends.identity.cognito_users import PoolTokens, UserPool, following
from listbackup.backends.identity.port import Client, Factor, Person, Session, Writes
from listbackup.backends.identity.sessions import BuiltinSessions
from listbackup.backends.identity.table import SESSIONS
from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.backends.table.port import Check, ConditionFailed, Delete, Exists, Put, Tables, Write

_ROW = "pool"
_ORIGIN = "origin"


class HeldTokens:
    """For as long as a session may last (``lasts``), the rows ``<session>/pool`` (the sealed refresh token) and ``origin/<jti>/origin`` (whose session an access token's family belongs to) in ``SESSIONS``."""

    def __init__(self, tables: Tables, keys: KeyScope, *, lasts: timedelta) -> None:
        self._tables, self._table, self._keys, self._lasts = tables, tables.open(SESSIONS), keys, lasts

    def find(self, session: str) -> str | None:
        """The pool's refresh token of this session, or None."""
        row = self._table.find(session, _ROW)
        sealed = row["sealed"] if row is not None else None
        return open_field(self._keys, sealed, context=_context(session)).decode() if isinstance(sealed, bytes) else None

    def keep(self, session: Session, tokens: PoolTokens, origin: str) -> None:
        """These tokens are the session's. Durable on return; for a session that has ended meanwhile it keeps nothing."""
        ends = int((session.created_at + self._lasts).timestamp()) + 1
        sealed = seal_field(self._keys, tokens.refresh.encode(), context=_context(session.id))
        writes: list[Write] = [
            Check(pk=session.id, sk="session", if_=Exists()),
            Put(item={"pk": session.id, "sk": _ROW, "sealed": sealed, "ends": ends}),
            Put(item={"pk": f"origin/{origin}", "sk": _ORIGIN, "session": session.id, "of": session.user, "ends": ends}),
        ]
        with contextlib.suppress(ConditionFailed):
            self._tables.transact([(self._table, write) for write in writes])

    def whose(self, origin: str) -> tuple[str, str] | None:
        """The user and the session that tokens of this origin were opened for, or None."""
        row = self._table.find(f"origin/{origin}", _ORIGIN) if origin else None
        return (str(row["of"]), str(row["session"])) if row is not None else None

    def drop(self, session: str) -> Writes:
        """The session holds none any more: the next access token begins a new family."""
        return [(self._table, Delete(pk=session, sk=_ROW))]


class CognitoSessions:
    """The port's ``Sessions``: what ``rows`` says, with the pool's tokens dropped and revoked where a session changes hands or ends."""

    def __init__(self, rows: BuiltinSessions, held: HeldTokens, pool: UserPool) -> None:
        self._rows, self._held, self._pool = rows, held, pool

    def open_browser(self, person: Person, by: Sequence[Factor], client: Client, *, privileged: bool) -> tuple[str, Session, Writes]:
        """See the port."""
        return self._rows.open_browser(person, by, client, privileged=privileged)

    def open_program(self, person: Person, by: Sequence[Factor], client: Client) -> tuple[str, Session, Writes]:
        """See the port. The pool is asked when the first access token is."""
        return self._rows.open_program(person, by, client)

    def authenticate(self, token: str) -> tuple[Person, Session]:
        """See the port."""
        return self._rows.authenticate(token)

    def get_live(self, user: str, session: str) -> tuple[Person, Session]:
        """See the port."""
        return self._rows.get_live(user, session)

    def refresh(self, token: str) -> tuple[str, Person, Session]:
        """See the port."""
        return self._rows.refresh(token)

    def step_up(self, session: Session, by: Factor) -> tuple[str | None, Session, Writes]:
        """See the port."""
        return self._rows.step_up(session, by)

    def keep(self, session: Session, person: Person) -> tuple[Session, Writes]:
        """See the port. What the pool gave it before was revoked with all the others."""
        newer, writes = self._rows.keep(session, person)
        return newer, [*writes, *self._held.drop(session.id)]

    def end(self, session: Session) -> Writes:
        """See the port."""
        refresh = self._held.find(session.id)
        if refresh is not None:
            with following():
                self._pool.revoke(refresh)
        return [*self._rows.end(session), *self._held.drop(session.id)]

    def list(self, person: Person) -> Sequence[Session]:
        """See the port."""
        return self._rows.list(person)


def _context(session: str) -> tuple[str, str, str]:
    return (SESSIONS.name, session, _ROW)
