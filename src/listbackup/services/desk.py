"""What every service works on: the tables, the outbox of events, the clock, and one way to commit a change."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from listbackup.backends.events.port import Event, Events
from listbackup.backends.table.port import Table, Tables, TableSpec, Write
from listbackup.base.clock import Clock, unix_ms
from listbackup.base.errors import ListBackupError
from listbackup.base.ids import new_id
from listbackup.base.origin import current_origin
from listbackup.services.scope import AccountTable, Scope

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened to a thing: becomes an event with the actor and the request's origin added, and so a line of the activity trail."""

    name: str  # ``source.created``
    subject: str  # the thing's id
    about: Mapping[str, str | int | bool | None] = field(default_factory=dict)
    account: str | None = None  # whose trail is told, where it is not that of the scope: the other end of a move


class Desk:
    """Tables, events and clock, handed to every service."""

    def __init__(self, tables: Tables, events: Events, clock: Clock) -> None:
        self.tables = tables
        self.events = events
        self.clock = clock

    def open(self, spec: TableSpec, scope: Scope) -> AccountTable:
        """The table as this account sees it."""
        return AccountTable(self.tables.open(spec), scope)

    def new_id(self, prefix: str) -> str:
        """A fresh id of this prefix."""
        return new_id(prefix, unix_ms(self.clock.now()))

    def commit(self, scope: Scope, writes: Sequence[tuple[Table, Write]], *facts: Fact) -> None:
        """All writes and the events that tell of them, or nothing. Raises ConditionFailed with the position in ``writes``."""
        self.tables.transact([*writes, *(self.events.outbox_write(self._event(scope, fact)) for fact in facts)])
        if facts:
            self.deliver()

    def deliver(self) -> None:
        """Hand recorded events to their listeners. What fails stays in the outbox and is delivered with the next change."""
        try:
            while self.events.drain():
                pass
        except ListBackupError as error:
            _log.warning("events wait in the outbox: %s", error)

    def _event(self, scope: Scope, fact: Fact) -> Event:
        origin = current_origin()
        from_ = {"origin_address": origin.address, "origin_agent": origin.agent} if origin is not None else {}
        body = {"actor": scope.actor, "subject": fact.subject, **fact.about, **from_}
        return Event(id=self.new_id("evt"), name=fact.name, account=fact.account or scope.account, at=self.clock.now(), body=body)
