"""Hooks: made, rotated, heard; what was heard becomes early runs, however often it was said."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.backends.table.port import Absent, ConditionFailed, Delete, Equals, Item, Put, Scalar, Table, Update, Write
from listbackup.base.clock import from_unix_ms, unix_ms
from listbackup.base.decode import from_json
from listbackup.base.errors import BusyError, Conflict, KeyUnavailable, ListBackupError, NotFound
from listbackup.base.paging import iter_pages
from listbackup.http.problem import RATE, Refused
from listbackup.http.ratelimit import Rate, RateLimiter
from listbackup.processor.progress import RunState
from listbackup.services.accounts import Accounts
from listbackup.services.connections import Connections
from listbackup.services.desk import Desk
from listbackup.services.hooks.events import hook_fact
from listbackup.services.hooks.model import Hook, NewHook
from listbackup.services.hooks.signing import TOLERANCE, new_secret, signed_at
from listbackup.services.hooks.table import HOOK_DELIVERIES, HOOKS
from listbackup.services.rows import Writes
from listbackup.services.runs import Runs, Trigger
from listbackup.services.scope import Scope
from listbackup.services.sources import Sources

FORMER_LASTS = timedelta(hours=1)  # the secret before the last one
SETTLE = timedelta(seconds=5)  # changes come in bursts
APART = timedelta(seconds=60)  # early runs of one connection
RATE_OF_ONE = Rate(per_second=2, burst=60)

_log = logging.getLogger(__name__)

_QUEUE, _SK = "hooks", "hook"
_TRIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRooms:
    """The services whose things are heard of."""

    accounts: Accounts
    connections: Connections
    sources: Sources
    runs: Runs


class Keys(Protocol):
    """The part of the key hierarchy that sealing needs (``AccountKeys`` has it)."""

    def for_account(self, account: str) -> KeyScope:
        """The account's keys. Raises KeyUnavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Secrets:
    now: str
    former: str | None = None
    former_until: datetime | None = None
    made_at: datetime


class Hooks:
    """What connections hear from outside. A connection's hook is one row; its secrets are sealed under the account's key."""

    def __init__(self, desk: Desk, rooms: HookRooms, keys: Keys, *, public_url: str | None = None, rate: Rate = RATE_OF_ONE) -> None:
        self._desk, self._rooms, self._keys = desk, rooms, keys
        self._url = public_url.rstrip("/") if public_url else None
        self._table, self._deliveries = desk.tables.open(HOOKS), desk.tables.open(HOOK_DELIVERIES)
        self._limiter = RateLimiter(rate, desk.clock)

    def make(self, scope: Scope, connection: str) -> NewHook:
        """The connection's hook with a new secret; the one before stays good for an hour, so that the sender can be told. Raises NotFound, Conflict."""
        of, now = self._rooms.connections.get(scope, connection).id, self._desk.clock.now()
        row = self._table.find(of, _SK)
        old = self._open(row) if row is not None else None
        secrets = _Secrets(
            now=new_secret(),
            former=old.now if old is not None else None,
            former_until=now + FORMER_LASTS if old is not None else None,
            made_at=now,
        )
        version = _int(row, "version") + 1 if row is not None else 1
        kept: dict[str, Scalar] = {**(row or {}), "pk": of, "sk": _SK, "account": scope.account, "version": version}
        kept["sealed"] = self._seal(scope.account, of, version, secrets)
        condition = Equals({"version": _int(row, "version")}) if row is not None else Absent()
        try:
            fact = hook_fact("rotated" if row is not None else "made", of)
            self._desk.commit(scope, [(self._table, Put(item=kept, if_=condition))], fact)
        except ConditionFailed:
            raise Conflict("the hook was changed by somebody else meanwhile", hint="look again and repeat") from None
        return NewHook(hook=self._shown(kept, secrets), secret=secrets.now)

    def get(self, scope: Scope, connection: str) -> Hook:
        """The connection's hook. Raises NotFound."""
        row = self._row(scope, connection)
        return self._shown(row, self._open(row))

    def remove(self, scope: Scope, connection: str) -> None:
        """The connection hears nothing any more. Raises NotFound."""
        row = self._row(scope, connection)
        gone = Delete(pk=str(row["pk"]), sk=_SK, if_=Equals({"version": row["version"]}))
        self._desk.commit(scope, [(self._table, gone)], hook_fact("removed", str(row["pk"])))

    def hear(self, connection: str, body: bytes, signature: str) -> None:
        """Something changed there: a run comes soon. What was said before is heard and changes nothing.

        Raises NotFound for whatever is wrong, so that nobody learns what there is; Refused when it is said too often.
        """
        allowance = self._limiter.take(connection)  # before anything is looked at: as often for a connection that is not there
        if not allowance.allowed:
            raise Refused(RATE, "too many deliveries", retry_after=allowance.wait)
        row, now = self._table.find(connection, _SK), self._desk.clock.now()
        good = self._good(row, now) if row is not None else [new_secret()]  # which nobody has, so that it takes as long
        at = signed_at(signature, body, among=good, now=now)
        if at is None or row is None or not self._is_there(row):
            raise NotFound(f"there is no hook {connection!r}")
        self._arm(connection, self._heard(connection, at, body, now), now)

    def tick(self, *, limit: int = 100) -> int:
        """Start the runs of what was heard; how many. Any number of processes may tick: each hook is claimed by one."""
        due = self._table.query(_QUEUE, index="by_due", before=_stamp(self._desk.clock.now()), limit=limit)
        return sum(self._try_to_start(row) for row in due.items)

    def _try_to_start(self, row: Item) -> int:
        """One that cannot be started holds up no other; it is tried again a minute later."""
        try:
            return self._start(row)
        except ListBackupError as error:
            _log.warning("what connection %s heard waits: %s", row["pk"], error)
        return 0

    def _start(self, row: Item) -> int:
        connection, now = str(row["pk"]), self._desk.clock.now()
        in_hand = _stamp(now + APART)  # should this process die now, another takes it up then
        try:
            self._table.update(Update(pk=connection, sk=_SK, set={"due": in_hand}, if_=Equals({"due": row["due"]})))
        except ConditionFailed:  # another process has it
            return 0
        scope = self._enter(row)
        if scope is None:
            return 0
        states = [state for source in self._sources(scope, connection) if (state := self._run(scope, source)) is not None]
        if RunState.RUNNING not in states:  # else it may have read past what changed: once more, afterwards
            self._settle(connection, in_hand, now)
        started = sum(state is not RunState.RUNNING for state in states)
        self._desk.commit(scope, [], hook_fact("started", connection, runs=started))
        return started

    def _run(self, scope: Scope, source: str) -> RunState | None:
        try:
            return self._rooms.runs.start(scope, source, trigger=Trigger.HOOK).state
        except NotFound:  # the source was deleted at this moment
            return None

    def _settle(self, connection: str, in_hand: str, now: datetime) -> None:
        done: dict[str, Scalar] = {"queue": None, "due": None, "started": _stamp(now)}
        try:
            self._table.update(Update(pk=connection, sk=_SK, set=done, if_=Equals({"due": in_hand})))
        except ConditionFailed:  # removed, or somebody thought this process dead
            return

    def _sources(self, scope: Scope, connection: str) -> Sequence[str]:
        every = iter_pages(lambda cursor: self._rooms.sources.list(scope, cursor=cursor))
        return [source.id for source in every if source.connection == connection]

    def _arm(self, connection: str, heard: tuple[Table, Write], now: datetime) -> None:
        """Runs become due: soon, but not sooner than a minute after the last. Due already, they stay due when they were.

        That the word was heard is kept with what comes of it: one that fails here is heard when it is said again.
        """
        for _ in range(_TRIES):
            row = self._table.find(connection, _SK)
            if row is None:
                return
            writes: list[tuple[Table, Write]] = [heard]
            if row.get("due") is None:
                due = _stamp(now + SETTLE)
                if row.get("started") is not None:
                    due = max(due, _stamp(_instant(str(row["started"])) + APART))
                waits: dict[str, Scalar] = {"queue": _QUEUE, "due": due}
                unchanged = Equals({"due": None, "version": row["version"]})
                writes.append((self._table, Update(pk=connection, sk=_SK, set=waits, if_=unchanged)))
            try:
                self._desk.tables.transact(writes)
            except ConditionFailed as error:
                if error.position == 0:  # it was heard before
                    return
                continue
            return
        raise BusyError("too much is said at once", hint="say it again in a moment")

    def _heard(self, connection: str, at: int, body: bytes, now: datetime) -> tuple[Table, Write]:
        """The write that keeps a word from being heard twice. Told by what was signed, not by the header: that can be spelled in many ways."""
        seen = hashlib.sha256(f"{at}.".encode() + body).hexdigest()
        until = int((now + 2 * TOLERANCE).timestamp()) + 1
        return self._deliveries, Put(item={"pk": connection, "sk": seen, "expires_at": until}, if_=Absent())

    def _is_there(self, row: Item) -> bool:
        return self._enter(row) is not None

    def _enter(self, row: Item) -> Scope | None:
        """The scope of the hook's account while the connection can be used. A hook that outlived its connection or its account is forgotten; an account in
        the trash may come back, and its hooks with it."""
        account = str(row["account"])
        try:
            scope = self._rooms.accounts.enter(account, actor="hook")
        except NotFound:
            if self._rooms.accounts.tree.find(account) is None:
                self._table.delete(str(row["pk"]), _SK)
            return None
        try:
            self._rooms.connections.get(scope, str(row["pk"]))
        except NotFound:
            self._table.delete(str(row["pk"]), _SK)
            return None
        return scope

    def _good(self, row: Item, now: datetime) -> Sequence[str]:
        """The secrets that count; nobody's where the account's keys were destroyed."""
        try:
            secrets = self._open(row)
        except KeyUnavailable:
            return [new_secret()]
        former = secrets.former if secrets.former_until is not None and now < secrets.former_until else None
        return [secrets.now] if former is None else [secrets.now, former]

    def _row(self, scope: Scope, connection: str) -> Item:
        of = self._rooms.connections.get(scope, connection).id
        row = self._table.find(of, _SK)
        if row is None or row["account"] != scope.account:
            raise NotFound(f"connection {connection!r} has no hook")
        return row

    def _shown(self, row: Item, secrets: _Secrets) -> Hook:
        due, started = row.get("due"), row.get("started")
        return Hook(
            connection=str(row["pk"]),
            url=f"{self._url}/v2/hooks/{row['pk']!s}" if self._url is not None else None,
            made_at=secrets.made_at,
            former_until=secrets.former_until,
            started_at=_instant(str(started)) if started is not None else None,
            due_at=_instant(str(due)) if due is not None else None,
            version=_int(row, "version"),
        )

    def _seal(self, account: str, connection: str, version: int, secrets: _Secrets) -> bytes:
        return seal_field(self._keys.for_account(account), msgspec.json.encode(secrets), context=_context(connection, version))

    def _open(self, row: Item) -> _Secrets:
        sealed = row["sealed"]
        assert isinstance(sealed, bytes)
        context = _context(str(row["pk"]), _int(row, "version"))
        return from_json(open_field(self._keys.for_account(str(row["account"])), sealed, context=context), _Secrets)


def forget_hook(desk: Desk, connection: str) -> Writes:
    """The write that removes a connection's hook, if it has one."""
    return [(desk.tables.open(HOOKS), Delete(pk=connection, sk=_SK))]


def _context(connection: str, version: int) -> tuple[str, str, str, str]:
    return (HOOKS.name, connection, "sealed", str(version))


def _stamp(at: datetime) -> str:
    return f"{unix_ms(at):015d}"


def _instant(stamp: str) -> datetime:
    return from_unix_ms(int(stamp))


def _int(row: Item, name: str) -> int:
    found = row[name]
    assert isinstance(found, int)
    return found
