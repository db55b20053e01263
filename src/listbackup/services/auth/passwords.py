"""Passwords: checked under a throttle, changed, forgotten and reset."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from listbackup.backends.identity.people import email_key
from listbackup.backends.identity.port import Client, Person, Session, SignInRefused, TooManyTries, Writes
from listbackup.backends.identity.tickets import Purpose, Ticket
from listbackup.base.errors import InputError
from listbackup.http.caller import StepUpNeeded
from listbackup.services.auth.acts import Act, own, own_scope
from listbackup.services.auth.events import person_fact
from listbackup.services.auth.ground import AuthGround
from listbackup.services.post import installation


class Passwords:
    """The password of a person."""

    def __init__(self, ground: AuthGround, clear: Callable[[Person], Writes]) -> None:
        self._g, self._clear = ground, clear

    def check(self, email: str, password: str, client: Client) -> Person:
        """Whose this is. Raises SignInRefused, TooManyTries, Overloaded. The try is counted before the password is looked at, and forgiven when it was right."""
        self._g.throttle.hit(client.address)
        name = _name(email)
        self._g.throttle.begin(name)
        person = self._g.identity.people.check_password(email, password)
        self._g.desk.commit(own_scope(person.id), self._g.throttle.forgive(name))
        return person

    def change(self, person: Person, session: Session, old: str, new: str, client: Client) -> Session:
        """Another password; every other session ends. Raises SignInRefused (the old one is wrong), WeakPassword, StepUpNeeded."""
        require_fresh(self._g, session)
        self.check(person.email, old, client)

        def attempt() -> Act[Session]:
            now, held = self._g.identity.sessions.get_live(person.id, session.id)
            newer, changed = self._g.identity.people.set_password(now, new)
            kept, moved = self._g.identity.sessions.keep(held, newer)
            told = self._g.letters.notice(now.email, "Your password was changed.")
            return kept, [*changed, *moved, *told], [person_fact("password_changed", person.id)]

        return self._g.acts.do(attempt, own(person.id))

    def forgot(self, email: str, client: Client) -> None:
        """A link goes to the address when it is somebody's, at most three an hour. The answer and its cost are the same when it is nobody's."""
        self._g.throttle.hit(client.address)
        if not self.may_post("reset", email):
            return
        person = self._g.identity.people.find_by_email(email)
        if person is None or person.disabled:
            _, decoy = self._g.tickets.make(Ticket(purpose=Purpose.RESET_PASSWORD), timedelta(seconds=1))
            void = self._g.letters.reset("nobody", "-" * 43, is_void=True)
            self._g.desk.commit(installation("auth"), [*decoy, *void], person_fact("reset_asked", "unknown"))
            return
        self._g.desk.commit(own_scope(person.id), self.choosing(person), person_fact("reset_asked", person.id))

    def choosing(self, person: Person) -> Writes:
        """The letter with the link by which this person, as they are after the caller's transaction, chooses a password."""
        ticket = Ticket(purpose=Purpose.RESET_PASSWORD, user=person.id, email=person.email, generation=person.generation)
        token, link = self._g.tickets.make(ticket, self._g.figures.reset_link)
        return [*link, *self._g.letters.reset(person.email, token)]

    def reset(self, token: str, new: str, client: Client) -> Person:
        """Another password; every session ends, nobody is signed in; whoever has the link has the address. Raises SignInRefused (used, too old, overtaken by another change), WeakPassword.

        Second factors stay, but those of an address that was never shown to be anybody's: a stranger may have set them up.
        """
        self._g.throttle.hit(client.address)

        def attempt() -> Act[Person]:
            ticket, used = self._g.tickets.use(Purpose.RESET_PASSWORD, token)
            person = self._g.identity.people.find(ticket.user)
            if person is None or person.disabled or (person.email, person.generation) != (ticket.email, ticket.generation):
                raise SignInRefused
            newer, changed = self._g.identity.people.set_password(person, new, proves_email=True)
            planted = () if person.email_verified else self._clear(person)
            told = self._g.letters.notice(person.email, "Your password was reset.")
            forgiven = self._g.throttle.forgive(_name(person.email))
            return newer, [*used, *changed, *planted, *told, *forgiven], [person_fact("password_reset", person.id)]

        return self._g.acts.do(attempt, lambda person: own_scope(person.id))

    def may_post(self, what: str, email: str) -> bool:
        """Whether another letter of this kind may go to this address within the hour."""
        try:
            self._g.throttle.hit_hourly(f"{what}/{_name(email)}", self._g.figures.links_per_hour)
        except TooManyTries:
            return False
        return True


def require_fresh(ground: AuthGround, session: Session) -> None:
    """Raises StepUpNeeded unless a factor was shown within the last 10 minutes."""
    if abs(ground.desk.clock.now() - session.proved_at) > ground.figures.step_up:  # a proof of a clock that was ahead is none
        raise StepUpNeeded


def _name(email: str) -> str:
    """What guesses are counted under: the address however it is spelled, and also what is none."""
    try:
        return email_key(email)
    except InputError:
        return email[:320]
