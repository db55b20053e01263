"""Tickets, made and used up."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from listbackup.backends.identity.opaque import digest, new_secret
from listbackup.backends.table.port import ConditionFailed, Delete, Equals, Put, Scalar
from listbackup.base.decode import from_json
from listbackup.base.errors import NotFound
from listbackup.services.accounts import Accounts
from listbackup.services.desk import Desk
from listbackup.services.downloads.events import download_fact
from listbackup.services.downloads.model import LASTS, Delivery, Grant, Kind, Ticket
from listbackup.services.downloads.table import TICKETS
from listbackup.services.scope import Scope

Open = Callable[[Scope, str], Delivery]


class Downloads:
    """One-time downloads. Whoever has bytes to give says with ``deliver`` how a thing of its kind is opened."""

    def __init__(self, desk: Desk, accounts: Accounts) -> None:
        self._desk, self._accounts = desk, accounts
        self._table = desk.tables.open(TICKETS)
        self._open: dict[Kind, Open] = {}

    def deliver(self, kind: Kind, open_: Open) -> None:
        """Have things of this kind opened so."""
        self._open[kind] = open_

    def offer(self, scope: Scope, kind: Kind, thing: str, *, subject: str) -> Ticket:
        """A ticket for this thing of the account, good for one download within five minutes."""
        token, ends_at = new_secret(), self._desk.clock.now() + LASTS
        grant = Grant(account=scope.account, actor=scope.actor, kind=kind, thing=thing, ends_at=ends_at)
        row: dict[str, Scalar] = {
            "pk": digest(token),
            "sk": "ticket",
            "doc": _doc(grant),
            "subject": subject,
            "expires_at": int(ends_at.timestamp()) + 1,
        }
        self._desk.commit(scope, [(self._table, Put(item=row))], download_fact("offered", kind, subject))
        return Ticket(token=token, ends_at=ends_at)

    def use(self, token: str) -> Delivery:
        """What the ticket opens; of many who come with it at once one is served. Raises NotFound: never made, used, or too old."""
        row = self._table.find(digest(token), "ticket")
        grant = from_json(str(row["doc"]), Grant) if row is not None else None
        if row is None or grant is None or self._desk.clock.now() >= grant.ends_at:
            raise _no_ticket()
        scope = self._accounts.enter(grant.account, actor=grant.actor)
        delivery = self._open[grant.kind](scope, grant.thing)  # first: what cannot be opened now uses up no ticket
        used_up = Delete(pk=digest(token), sk="ticket", if_=Equals({"doc": _doc(grant)}))
        try:
            self._desk.commit(scope, [(self._table, used_up)], download_fact("begun", grant.kind, str(row["subject"])))
        except ConditionFailed:
            raise _no_ticket() from None
        return delivery


def _doc(grant: Grant) -> str:
    return msgspec.json.encode(grant).decode()


def _no_ticket() -> NotFound:
    return NotFound("this link was used already, or is too old", hint="ask for a new one")
