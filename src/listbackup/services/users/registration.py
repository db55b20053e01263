"""How people come to be known: the first owner by the console's code, everybody else by a mail or an invitation."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from listbackup.backends.identity.people import email_key
from listbackup.backends.identity.port import Client, Person, SignInRefused
from listbackup.backends.identity.tickets import Purpose, Ticket
from listbackup.backends.identity.totp import base32
from listbackup.backends.table.port import Absent, Delete, Exists, Put
from listbackup.base.errors import Conflict, InputError, NotFound
from listbackup.base.ids import UserId
from listbackup.http.caller import NotAllowed
from listbackup.services.auth import Auth, AuthGround
from listbackup.services.desk import Fact
from listbackup.services.post import installation
from listbackup.services.rows import Writes
from listbackup.services.users.service import Users
from listbackup.services.users.table import REGISTRATIONS

Invited = Callable[[str], str | None]  # the address that this invitation was sent to, or None when it is none, or over

_CODE_BYTES = 15  # 120 bits: six groups of four
_SIGN_IN = "sign in, or ask the owner for an invitation"
_OWNED = f"this installation has an owner already: {_SIGN_IN}"
_NEW_CODE = "it stands where the server was started; each start shows a new one"


class Admission(StrEnum):
    """Who may register."""

    OPEN = "open"  # everybody, with an account of their own
    INVITED = "invited"  # who was invited to an account that is there


class Homes(Protocol):
    """What is asked of accounts (``services/accounts`` answers)."""

    def has_owner(self) -> bool:
        """Whether the installation's first account belongs to somebody."""
        ...

    def set_first_owner(self, user: UserId) -> object:
        """The installation's first account is this person's. Raises Conflict when it is somebody's already."""
        ...

    def open_for(self, user: UserId, name: str, *, also: Callable[[], Writes] = tuple) -> object:
        """A new account at the top, with this person as its owner, together with these writes."""
        ...


class Registration:
    """Registration and the set-up of a new installation."""

    def __init__(
        self,
        ground: AuthGround,
        auth: Auth,
        users: Users,
        homes: Homes,
        *,
        admission: Admission = Admission.INVITED,
        invited: Invited = lambda _: None,
    ) -> None:
        self._g, self._auth, self._users, self._homes = ground, auth, users, homes
        self.admission, self._invited = admission, invited
        self._waiting = ground.desk.tables.open(REGISTRATIONS)

    @property
    def is_open(self) -> bool:
        """Whether everybody may have an account of their own."""
        return self.admission is Admission.OPEN

    # the first owner

    def needs_owner(self) -> bool:
        """Whether nobody owns the installation yet."""
        return not self._homes.has_owner()

    def new_setup_code(self) -> str | None:
        """A code that makes the first owner, once, within a day; None when there is one. Whoever starts the server shows it to whoever stands before it."""
        if not self.needs_owner():
            return None
        raw = base32(secrets.token_bytes(_CODE_BYTES))
        _, writes = self._g.tickets.make(Ticket(purpose=Purpose.SET_UP), self._g.figures.setup_code, token=raw)
        self._g.desk.commit(installation("console"), writes, Fact(name="setup.code_shown", subject="installation"))
        return "-".join(raw[at : at + 4] for at in range(0, len(raw), 4))

    def set_up(self, code: str, *, email: str, password: str, name: str, client: Client) -> Person:
        """The first owner, with an address that counts as verified. Raises SignInRefused (the code), Conflict (there is an owner), WeakPassword, InputError."""
        self._g.throttle.hit(client.address)
        raw = "".join(c for c in code.upper() if c not in "- ")[:100]
        if self._g.tickets.find(Purpose.SET_UP, raw) is None:
            raise SignInRefused("this is not the set-up code", hint=_NEW_CODE if self.needs_owner() else _OWNED)
        if not self.needs_owner():
            raise Conflict("this installation has an owner already", hint=_SIGN_IN)
        return self._first_owner(email, password, name, client, lambda: self._g.tickets.use(Purpose.SET_UP, raw)[1])

    def set_up_here(self, *, email: str, password: str, name: str) -> Person:
        """The first owner, made by whoever sits at the machine. Raises Conflict (there is an owner), SignInRefused (the address is somebody's with another
        password), WeakPassword, InputError."""
        if not self.needs_owner():
            raise Conflict("this installation has an owner already", hint=_SIGN_IN)
        return self._first_owner(email, password, name, Client(agent="console"), lambda: ())

    def _first_owner(self, email: str, password: str, name: str, client: Client, used: Callable[[], Writes]) -> Person:
        also = self._users.first_profile(name)
        try:
            person = self._auth.create_verified(email, password, by="console", also=lambda user: [*also(user), *used()])
        except (
            Conflict
        ):  # made before a crash, or registered: whoever stands here has an address that waits, else the password shows who it is
            person = self._auth.vouch(email, password, by="console") or self._auth.passwords.check(email, password, client)
            self._g.desk.commit(installation("console"), used())
        self._homes.set_first_owner(person.id)
        return person

    # everybody else

    def register(self, *, email: str, password: str, name: str, account: str, invitation: str | None, client: Client) -> None:
        """A mail says how to go on; whoever was invited to this address is in without one. Raises NotAllowed, WeakPassword, InputError, TooManyTries."""
        also = self._users.first_profile(name)
        if invitation is not None:
            self._register_invited(email, password, invitation, client, name)
            return
        if self.admission is Admission.INVITED:
            raise NotAllowed("people come here by invitation", hint="ask an owner to invite you, and follow the link in the mail")
        wanted = _account_name(account)

        def write(user: UserId) -> Writes:
            return [*also(user), (self._waiting, Put(item={"pk": user, "sk": "account", "name": wanted}, if_=Absent()))]

        self._auth.register(email, password, client, also=write)

    def verify(self, token: str, password: str | None = None) -> Person:
        """The address is this person's, with this password, and the account that was asked for is there. Raises SignInRefused, WeakPassword."""
        person = self._auth.verify_email(token, password)
        self.settle(person.id)
        return person

    def settle(self, user: UserId) -> None:
        """Opens the account that was asked for at registration, if it is not open yet: a crash between verification and this loses nothing."""
        row = self._waiting.find(user, "account")
        if row is None:
            return

        def settled() -> Writes:
            if self._waiting.find(user, "account") is None:
                raise NotFound("the account is open already")
            return [(self._waiting, Delete(pk=user, sk="account", if_=Exists()))]

        try:
            self._homes.open_for(user, str(row["name"]), also=settled)
        except NotFound:  # another request opened it at this moment
            return

    def _register_invited(self, email: str, password: str, invitation: str, client: Client, name: str) -> None:
        self._g.throttle.hit(client.address)
        invited = self._invited(invitation)
        if invited is None or email_key(invited) != email_key(email):
            raise SignInRefused("this invitation is over, or was sent to another address", hint="ask for a new one")
        self._auth.create_verified(email, password, by="invitation", also=self._users.first_profile(name))


def _account_name(name: str) -> str:
    text = name.strip()
    if not 1 <= len(text) <= 100 or not text.isprintable():
        raise InputError("an account's name has 1 to 100 printable characters", field="account_name")
    return text
