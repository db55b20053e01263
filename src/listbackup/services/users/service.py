"""Users: profile and settings, and the change of an address, which both addresses must agree to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from listbackup.backends.identity.people import check_email, email_key
from listbackup.backends.identity.port import Person, Session, SignInRefused
from listbackup.backends.identity.tickets import Purpose, Ticket
from listbackup.backends.table.port import Absent, Delete, Equals, Put, Scalar, Table, Update, Write
from listbackup.base.decode import from_json
from listbackup.base.errors import InputError, NotFound
from listbackup.base.ids import UserId
from listbackup.http.versions import VersionGone
from listbackup.services.auth import AuthGround, StepUpNeeded, own_scope
from listbackup.services.desk import Fact
from listbackup.services.rows import Writes
from listbackup.services.users.events import user_fact
from listbackup.services.users.model import Profile, UserSettings
from listbackup.services.users.table import EMAIL_CHANGES, PROFILES

_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


class Users:
    """The profile of each person. One that was never changed is made up from the address."""

    def __init__(self, ground: AuthGround) -> None:
        self._g = ground
        self._profiles = ground.desk.tables.open(PROFILES)
        self._changes = ground.desk.tables.open(EMAIL_CHANGES)

    def first_profile(self, name: str, settings: UserSettings = UserSettings()) -> Callable[[UserId], Writes]:
        """What ``Auth.register`` keeps with a new person. Raises InputError."""
        checked = _checked_name(name)
        _check_settings(settings)

        def write(user: UserId) -> Writes:
            profile = Profile(id=user, name=checked, created_at=self._g.desk.clock.now(), settings=settings)
            return [(self._profiles, Put(item=_item(profile), if_=Absent()))]

        return write

    def get(self, user: str) -> Profile:
        """The profile of this person. Raises NotFound."""
        row = self._profiles.find(user, "profile") if user else None
        if row is not None:
            return from_json(str(row["doc"]), Profile)
        person = self._g.identity.people.find(user)
        if person is None:
            raise NotFound(f"there is no user {user[:40]!r}")
        return Profile(id=person.id, name=person.email.partition("@")[0], created_at=person.created_at, version=0)

    def address(self, user: str) -> str | None:
        """Where this person is written to; None for who is not there any more or never proved the address."""
        person = self._g.identity.people.find(user)
        return person.email if person is not None and person.email_verified and not person.disabled else None

    def find_person(self, user: str) -> Person | None:
        """Who this is, or None for who is not there any more."""
        person = self._g.identity.people.find(user)
        return person if person is not None and not person.disabled else None

    def rename(self, user: str, name: str, *, version: int | None = None) -> Profile:
        """The profile under another name. Raises InputError, Conflict (``version`` is not the kept one any more)."""
        checked = _checked_name(name)
        return self._change(user, version, "changed", lambda old: replace(old, name=checked))

    def set_settings(self, user: str, settings: UserSettings, *, version: int | None = None) -> Profile:
        """The profile with these settings. Raises InputError, Conflict."""
        _check_settings(settings)
        return self._change(user, version, "settings_changed", lambda old: replace(old, settings=settings))

    # the address

    def ask_email_change(self, person: Person, session: Session, email: str) -> None:
        """A link goes to the old and to the new address; when both were followed within 24 hours, the address changes. Raises StepUpNeeded, InputError.

        That somebody else has the new address is not told here: its owner is, by the letter that asks.
        """
        if self._g.desk.clock.now() - session.proved_at > self._g.figures.step_up:
            raise StepUpNeeded
        address = check_email(email)
        if email_key(address) == email_key(person.email):
            raise InputError("this is the address already", field="email")
        self._g.throttle.hit_hourly(f"change/{person.id}", self._g.figures.links_per_hour)
        writes: list[tuple[Table, Write]] = []
        lasts, change = self._g.figures.verify_link, self._g.desk.new_id("ech")
        for purpose, to in ((Purpose.CHANGE_EMAIL_OLD, person.email), (Purpose.CHANGE_EMAIL_NEW, address)):
            ticket = Ticket(purpose=purpose, user=person.id, email=address, generation=person.generation, note=change)
            token, link = self._g.tickets.make(ticket, lasts)
            writes += [*link, *self._g.letters.change_email(to, token, new=address)]
        ends = int((self._g.desk.clock.now() + lasts).timestamp()) + 1
        row: dict[str, Scalar] = {"pk": person.id, "sk": "change", "id": change, "email": address, "old": False, "new": False, "ends": ends}
        self._g.desk.commit(own_scope(person.id), [*writes, (self._changes, Put(item=row))], user_fact("email_change_asked", person.id))

    def agree_to_email_change(self, token: str) -> bool:
        """One address agrees; True when it was the second, and the address is changed: then every session has ended. Raises SignInRefused, Conflict (taken meanwhile)."""

        def attempt() -> tuple[tuple[UserId, bool], Writes, list[Fact]]:
            ticket, side, used = self._ticket(token)
            person = self._g.identity.people.find(ticket.user)
            row = self._changes.find(ticket.user, "change")
            if person is None or person.disabled or row is None or row["id"] != ticket.note or person.generation != ticket.generation:
                raise SignInRefused("this change was overtaken by another", hint="ask for it again")
            as_read = Equals({"id": row["id"], "old": row["old"], "new": row["new"]})
            if not row["new" if side == "old" else "old"]:
                agreed = Update(pk=person.id, sk="change", set={side: True}, if_=as_read)
                return (person.id, False), [*used, (self._changes, agreed)], []
            _, changed = self._g.identity.people.change_email(person, str(row["email"]))
            told = self._g.letters.notice(person.email, "The address of your sign-in was changed.")
            done = Delete(pk=person.id, sk="change", if_=as_read)
            return (person.id, True), [*used, *changed, *told, (self._changes, done)], [user_fact("email_changed", person.id)]

        return self._g.acts.do(attempt, lambda done: own_scope(done[0]))[1]

    def _ticket(self, token: str) -> tuple[Ticket, str, Writes]:
        for purpose, side in ((Purpose.CHANGE_EMAIL_OLD, "old"), (Purpose.CHANGE_EMAIL_NEW, "new")):
            if self._g.tickets.find(purpose, token) is not None:
                ticket, used = self._g.tickets.use(purpose, token)
                return ticket, side, used
        raise SignInRefused("this link was used already, or is too old", hint="ask for a new one")

    def _change(self, user: str, version: int | None, happened: str, edit: Callable[[Profile], Profile]) -> Profile:
        def attempt() -> tuple[Profile, Writes, list[Fact]]:
            old = self.get(user)
            if version is not None and version != old.version:
                _stale()
            new = replace(edit(old), version=old.version + 1)
            as_read = Equals({"version": old.version}) if old.version else Absent()
            return new, [(self._profiles, Put(item=_item(new), if_=as_read))], [user_fact(happened, user)]

        return self._g.acts.do(attempt, lambda profile: own_scope(profile.id))


def _stale() -> NoReturn:
    raise VersionGone("the profile was changed by somebody else meanwhile", hint="look again and repeat")


def _checked_name(name: str) -> str:
    text = unicodedata.normalize("NFC", name.strip())
    if not 1 <= len(text) <= 100 or any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in text):
        raise InputError("a name has 1 to 100 characters on one line", field="name")
    return text


def _check_settings(settings: UserSettings) -> None:
    try:
        ZoneInfo(settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(f"there is no time zone {settings.time_zone[:60]!r}", hint="one like Europe/Berlin", field="time_zone") from None
    if _LOCALE.fullmatch(settings.locale) is None:
        raise InputError("this is not the tag of a language", hint="one like en or pt-BR", field="locale")
    if not 1 <= settings.week_starts_on <= 7:
        raise InputError("a week starts on a day from 1 (Monday) to 7", field="week_starts_on")


def _item(profile: Profile) -> dict[str, Scalar]:
    return {"pk": profile.id, "sk": "profile", "version": profile.version, "doc": msgspec.json.encode(profile).decode()}
