"""The rows of invitations: each by its id, by its token, and by who is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import msgspec

from listbackup.backends.identity.opaque import digest
from listbackup.backends.table.port import Absent, Condition, Delete, Equals, Item, Put, Scalar, Table, Tables, Update, Write
from listbackup.base.clock import Clock, iso
from listbackup.base.decode import from_json
from listbackup.base.ids import AccountId, is_id
from listbackup.base.paging import Page
from listbackup.services.accounts.table import INVITATIONS
from listbackup.services.rows import Writes
from listbackup.services.scope import AccountTable, Scope
from listbackup.services.turns import turn


class InvitationState(StrEnum):
    """What became of it."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Somebody was asked to join an account with a role."""

    id: str
    account: AccountId
    email: str
    role: str
    invited_by: str
    created_at: datetime
    sent_at: datetime
    expires_at: datetime
    state: InvitationState = InvitationState.PENDING
    accepted_by: str | None = None
    token: str = ""  # SHA-256 of the token that is good now
    version: int = 1

    def is_good(self, now: datetime) -> bool:
        """Whether it can be accepted."""
        return self.state is InvitationState.PENDING and now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What an address holds of an account: an invitation that can be accepted, or None; and the condition that it is as it was read."""

    invitation: Invitation | None
    as_read: Condition


class InvitationBook:
    """The rows: an invitation by its id, by its token, and by who is asked."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self.table, self._clock = tables.open(INVITATIONS), clock

    def by_token(self, token: str) -> Invitation | None:
        """The invitation that this token accepts now, or None."""
        row = self.table.find(f"token/{digest(token)}", "token") if token else None
        found = self.find(str(row["invitation"])) if row is not None else None
        return found if found is not None and found.token == digest(token) and found.is_good(self._clock.now()) else None

    def find(self, id_: str) -> Invitation | None:
        """The invitation of this id, or None."""
        row = self.table.find(id_, "invitation") if is_id(id_, "inv") else None
        return _read(row) if row is not None else None

    def place(self, account: str, email: str) -> Place:
        """The place of this address among those that are asked to this account."""
        row = self.table.find(account, _email_key(email))
        found = self.find(str(row["invitation"])) if row is not None else None
        as_read = Equals({"invitation": row["invitation"]}) if row is not None else Absent()
        if found is not None and (_email_key(found.email) != _email_key(email) or not found.is_good(self._clock.now())):
            found = None  # it ran out, or was asked while ß was read as ss
        return Place(invitation=found, as_read=as_read)

    def turn(self, account: str) -> tuple[Table, Write]:
        """The write that goes with a letter of this account: of two who counted the letters at once, one counts again."""
        return turn(AccountTable(self.table, Scope(account=AccountId(account), actor="invitations")), "letters")

    def page(self, account: str, *, limit: int, cursor: str | None = None) -> Page[Invitation]:
        """Those of an account, newest first."""
        page = self.table.query(account, index="by_account", reverse=True, limit=limit, cursor=cursor)
        return Page(items=[_read(row) for row in page.items], next_cursor=page.next_cursor)

    def open(self, new: Invitation, token: str, place: Place) -> Writes:
        """The writes that make the token good for a new invitation; they fail when the place is another's by then."""
        return [
            (self.table, Put(item=_item(new), if_=Absent())),
            self._token_row(new, token),
            (self.table, Put(item={"pk": new.account, "sk": _email_key(new.email), "invitation": new.id}, if_=place.as_read)),
        ]

    def renew(self, old: Invitation, new: Invitation, token: str) -> Writes:
        """The writes by which another token is good instead."""
        return [self.change(old, new), (self.table, Delete(pk=f"token/{old.token}", sk="token")), self._token_row(new, token)]

    def close(self, old: Invitation, new: Invitation) -> Writes:
        """The writes after which nothing accepts it any more."""
        writes = [self.change(old, new), (self.table, Delete(pk=f"token/{old.token}", sk="token"))]
        row = self.table.find(old.account, _email_key(old.email))
        if row is not None and row["invitation"] == old.id:  # else this one ran out, and the address was asked again
            writes.append((self.table, Delete(pk=old.account, sk=_email_key(old.email), if_=Equals({"invitation": old.id}))))
        return writes

    def change(self, old: Invitation, new: Invitation) -> tuple[Table, Write]:
        """The write that succeeds only while ``old`` is what is kept."""
        item = _item(replace(new, version=old.version + 1))
        changed: dict[str, Scalar] = {name: item[name] for name in ("doc", "version")}
        return self.table, Update(pk=old.id, sk="invitation", set=changed, if_=Equals({"version": old.version}))

    def _token_row(self, invitation: Invitation, token: str) -> tuple[Table, Write]:
        ends = int(invitation.expires_at.timestamp()) + 1
        return self.table, Put(item={"pk": f"token/{digest(token)}", "sk": "token", "invitation": invitation.id, "ends": ends})


def _email_key(email: str) -> str:
    return f"email/{digest(email.lower())}"


def _item(invitation: Invitation) -> dict[str, Scalar]:
    return {
        "pk": invitation.id,
        "sk": "invitation",
        "account": invitation.account,
        "made": f"{iso(invitation.created_at)}/{invitation.id}",
        "version": invitation.version,
        "doc": msgspec.json.encode(invitation).decode(),
    }


def _read(row: Item) -> Invitation:
    return from_json(str(row["doc"]), Invitation)
