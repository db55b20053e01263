"""Sessions of browsers (an opaque cookie) and of programs (a refresh token that is replaced each time it is used).

A refresh token is ``lbr_<session>_<counter>_<mac>``: computed, never kept, so that the one before the last can be answered with the very same successor. Source:
the refresh tokens of Supabase's auth server, version 2 (counter and HMAC), read 2026-11-21.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from listbackup.backends.identity.opaque import OPAQUE, digest, mac, new_secret, same, split
from listbackup.backends.identity.people import BuiltinPeople
from listbackup.backends.identity.port import Client, Factor, Person, Session, SessionKind, SignInRefused, TokenReused, Writes
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.backends.identity.table import SESSIONS
from listbackup.backends.table.port import Absent, ConditionFailed, Delete, Equals, Exists, Item, Put, Scalar, Tables, Update
from listbackup.base.clock import Clock, unix_ms
from listbackup.base.decode import from_json
from listbackup.base.errors import BusyError
from listbackup.base.ids import new_id
from listbackup.base.paging import iter_pages

_ID = r"[0-9a-hjkmnp-tv-z]{26}"
_COOKIE = re.compile(rf"lbs_({_ID})_({OPAQUE})")
_REFRESH = re.compile(rf"lbr_({_ID})_(0|[1-9][0-9]{{0,8}})_({OPAQUE})")
_SEEN_EVERY = timedelta(seconds=60)  # how exactly "last seen" is kept
_TRIES = 200


class BuiltinSessions:
    """Sessions in the table ``SESSIONS``. Whoever asks reads the rows again: an end is seen at once, by every process."""

    def __init__(self, tables: Tables, people: BuiltinPeople, clock: Clock, settings: IdentitySettings, *, refresh_key: bytes) -> None:
        self._table = tables.open(SESSIONS)
        self._people, self._clock, self._figures, self._refresh_key = people, clock, settings, refresh_key

    def open_browser(self, person: Person, by: Sequence[Factor], client: Client, *, privileged: bool) -> tuple[str, Session, Writes]:
        """See the port."""
        lasts = self._figures.absolute_privileged if privileged else self._figures.absolute
        secret = new_secret()
        session = self._new(person, SessionKind.BROWSER, by, client, lasts)
        row = _item(session) | {"hash": digest(secret)}
        return _cookie(session, secret), session, [(self._table, Put(item=row, if_=Absent()))]

    def open_program(self, person: Person, by: Sequence[Factor], client: Client) -> tuple[str, Session, Writes]:
        """See the port."""
        session = self._new(person, SessionKind.PROGRAM, by, client, self._figures.refresh)
        return self._refresh_token(session), session, [(self._table, Put(item=_item(session), if_=Absent()))]

    def authenticate(self, token: str) -> tuple[Person, Session]:
        """See the port."""
        parts = split(token, _COOKIE)
        row = self._table.find(f"ses_{parts[0]}", "session") if parts is not None else None
        if parts is None or row is None or not same(digest(parts[1]), str(row.get("hash"))):
            raise SignInRefused
        person, session = self._living(_read(row), SessionKind.BROWSER)
        now = self._clock.now()
        if now - session.seen_at >= _SEEN_EVERY:
            seen, writes = self._change(session, replace(session, seen_at=now))
            with contextlib.suppress(ConditionFailed):  # another request of the same session was seen, or it ended: the next one tells
                self._table.update(writes)
                session = seen
        return person, session

    def get_live(self, user: str, session: str) -> tuple[Person, Session]:
        """See the port."""
        row = self._table.find(session, "session") if session else None
        if row is None or row.get("user") != user:
            raise SignInRefused
        found = _read(row)
        return self._living(found, found.kind)

    def refresh(self, token: str) -> tuple[str, Person, Session]:
        """See the port. Durable on return, and not part of anybody's transaction: that the successor is handed out is the whole act."""
        parts = split(token, _REFRESH)
        if parts is None or not same(parts[2], self._mac(f"ses_{parts[0]}", int(parts[1]))):
            raise SignInRefused
        for _ in range(_TRIES):
            row = self._table.find(f"ses_{parts[0]}", "session")
            if row is None:
                raise SignInRefused
            person, session = self._living(_read(row), SessionKind.PROGRAM)
            if int(parts[1]) != session.counter:
                return self._again(int(parts[1]), person, session)
            newer, write = self._change(session, self._rotated(session))
            try:
                self._table.update(write)
            except ConditionFailed:  # replaced by another one's try at this moment, or ended: the row says which
                continue
            return self._refresh_token(newer), person, newer
        raise BusyError("this session is refreshed by too many at once", hint="refresh once and share what comes back")

    def step_up(self, session: Session, by: Factor) -> tuple[str | None, Session, Writes]:
        """See the port."""
        now = self._clock.now()
        factors = (*(one for one in session.by if one is not by), by)
        newer, write = self._change(session, replace(session, proved_at=now, seen_at=now, by=factors))
        if session.kind is SessionKind.PROGRAM:
            return None, newer, [(self._table, write)]
        secret = new_secret()
        return _cookie(session, secret), newer, [(self._table, replace(write, set={**write.set, "hash": digest(secret)}))]

    def keep(self, session: Session, person: Person) -> tuple[Session, Writes]:
        """See the port."""
        newer, write = self._change(session, replace(session, generation=person.generation))
        return newer, [(self._table, write)]

    def end(self, session: Session) -> Writes:
        """See the port."""
        return [(self._table, Delete(pk=session.id, sk="session", if_=Exists()))]

    def list(self, person: Person) -> Sequence[Session]:
        """See the port."""
        rows = iter_pages(lambda cursor: self._table.query(person.id, index="by_user", reverse=True, cursor=cursor))
        return [session for session in map(_read, rows) if self._is_alive(session, person)]

    def _new(self, person: Person, kind: SessionKind, by: Sequence[Factor], client: Client, lasts: timedelta) -> Session:
        now = self._clock.now()
        return Session(
            id=new_id("ses", unix_ms(now)),
            user=person.id,
            kind=kind,
            by=tuple(by),
            created_at=now,
            seen_at=now,
            proved_at=now,
            expires_at=now + lasts,
            generation=person.generation,
            agent=client.agent[:200],
            address=client.address[:64],
        )

    def _living(self, session: Session, kind: SessionKind) -> tuple[Person, Session]:
        person = self._people.find(session.user)
        if person is None or session.kind is not kind or not self._is_alive(session, person):
            raise SignInRefused
        return person, session

    def _is_alive(self, session: Session, person: Person) -> bool:
        now = self._clock.now()
        idle = session.kind is SessionKind.BROWSER and now - session.seen_at >= self._figures.idle
        ahead = session.seen_at - now >= self._figures.idle  # seen by a clock that was wrong: by its times it would never end
        return not person.disabled and session.generation == person.generation and now < session.expires_at and not idle and not ahead

    def _again(self, counter: int, person: Person, session: Session) -> tuple[str, Person, Session]:
        """The same successor for whoever asks with its parent soon enough."""
        rotated_at = session.rotated_at
        if counter == session.counter - 1 and rotated_at is not None and self._clock.now() - rotated_at <= self._figures.refresh_grace:
            return self._refresh_token(session), person, session
        raise TokenReused(session)

    def _rotated(self, session: Session) -> Session:
        now = self._clock.now()
        ends = min(now + self._figures.refresh, session.created_at + self._figures.refresh_absolute)
        return replace(session, counter=session.counter + 1, rotated_at=now, seen_at=now, expires_at=ends)

    def _refresh_token(self, session: Session) -> str:
        return f"lbr_{session.id[4:]}_{session.counter}_{self._mac(session.id, session.counter)}"

    def _mac(self, session: str, counter: int) -> str:
        return mac(self._refresh_key, f"{session}/{counter}")

    def _change(self, old: Session, new: Session) -> tuple[Session, Update]:
        newer = replace(new, version=old.version + 1)
        kept = {name: value for name, value in _item(newer).items() if name not in ("pk", "sk")}
        return newer, Update(pk=old.id, sk="session", set=kept, if_=Equals({"version": old.version}))


def _cookie(session: Session, secret: str) -> str:
    return f"lbs_{session.id[4:]}_{secret}"


def _item(session: Session) -> dict[str, Scalar]:
    doc = msgspec.json.encode(session).decode()
    return {
        "pk": session.id,
        "sk": "session",
        "user": session.user,
        "version": session.version,
        "ends": _whole(session.expires_at),
        "doc": doc,
    }


def _whole(instant: datetime) -> int:
    return int(instant.timestamp()) + 1


def _read(row: Item) -> Session:
    return from_json(str(row["doc"]), Session)
