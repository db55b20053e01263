"""Auth: who comes in, who stays in, and how one goes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from listbackup.backends.identity.people import check_email
from listbackup.backends.identity.port import (
    Client,
    EmailNotVerified,
    Factor,
    Person,
    Session,
    SessionKind,
    Signer,
    SignInRefused,
    TokenReused,
    Tokens,
)
from listbackup.backends.identity.tickets import Purpose, Ticket
from listbackup.backends.table.port import ConditionFailed
from listbackup.base.errors import Conflict, NotFound
from listbackup.base.ids import UserId
from listbackup.services.auth.acts import Act, own, own_scope
from listbackup.services.auth.devices import Devices
from listbackup.services.auth.events import person_fact, session_fact
from listbackup.services.auth.factors import Factors
from listbackup.services.auth.ground import AuthGround, Privileged
from listbackup.services.auth.model import SecondStep, SignedIn
from listbackup.services.auth.passwords import Passwords
from listbackup.services.post import installation
from listbackup.services.rows import Writes


class Auth:
    """Registration, sign-in and sessions; ``passwords`` and ``factors`` change what one signs in with."""

    def __init__(self, ground: AuthGround) -> None:
        self._g = ground
        self.factors = Factors(ground)
        self.passwords = Passwords(ground, self.factors.clear)
        self._devices = Devices(ground)

    def rank(self, is_privileged: Privileged) -> None:
        """Have this asked for whose sessions are shorter and who must have a second factor (``Accounts`` knows)."""
        self._g.is_privileged = is_privileged

    @property
    def issuer(self) -> str:
        """Where this installation is: the address in the settings."""
        return self._g.figures.issuer

    @property
    def signer(self) -> Signer:
        """Who signs access tokens."""
        return self._g.identity.access_tokens.signer

    @property
    def step_up_lasts(self) -> timedelta:
        """How long a proof counts as fresh."""
        return self._g.figures.step_up

    def key_set(self) -> Mapping[str, object]:
        """The public keys of access tokens (RFC 7517)."""
        return self._g.identity.access_tokens.key_set()

    def keep_house(self) -> None:
        """What is to be done now and then: send letters, make a new signing key when the old one signed for long enough."""
        self._g.identity.access_tokens.renew()
        self._g.post.dispatch()

    # coming to be known

    def register(self, email: str, password: str, client: Client, *, also: Callable[[UserId], Writes] = lambda _: ()) -> None:
        """A mail goes to the address, which says how to go on. Nothing tells whether it was known. Raises WeakPassword, InputError, TooManyTries, Overloaded.

        ``also`` is kept with a new person: the profile.
        """
        self._g.throttle.hit(client.address)
        address = check_email(email)
        user = UserId(self._g.desk.new_id("usr"))

        def attempt() -> Act[UserId | None]:
            try:
                person, created = self._g.identity.people.create(user, address, password)
            except Conflict:
                return None, [*self._decoy_ticket(), *self._letter_to_known(address)], [person_fact("known_already", "unknown")]
            ticket = Ticket(purpose=Purpose.VERIFY_EMAIL, user=user, email=address)
            token, link = self._g.tickets.make(ticket, self._g.figures.verify_link)
            return user, [*created, *also(user), *link, *self._g.letters.verify(address, token)], [person_fact("registered", person.id)]

        self._g.acts.do(attempt, lambda made: own_scope(made) if made is not None else installation("auth"))

    def create_verified(self, email: str, password: str, *, by: str, also: Callable[[UserId], Writes] = lambda _: ()) -> Person:
        """A person whose address was proved in another way: the first owner by the console's code, an invited one by the invitation. Raises Conflict, WeakPassword."""
        user = UserId(self._g.desk.new_id("usr"))

        def attempt() -> Act[Person]:
            person, created = self._g.identity.people.create(user, email, password, is_verified=True)
            return person, [*created, *also(user)], [person_fact("registered", user, verified_by=by)]

        return self._g.acts.do(attempt, own(user))

    def send_verification(self, email: str, client: Client) -> None:
        """Another link, when this address waits for one. The answer and its cost are the same when it does not."""
        self._g.throttle.hit(client.address)
        if not self.passwords.may_post("verify", email):
            return
        person = self._g.identity.people.find_by_email(email)
        if person is None or person.email_verified:
            decoy = [*self._decoy_ticket(), *self._g.letters.verify("nobody", "-" * 43, is_void=True)]
            self._g.desk.commit(installation("auth"), decoy, person_fact("verification_asked", "unknown"))
            return
        token, link = self._g.tickets.make(
            Ticket(purpose=Purpose.VERIFY_EMAIL, user=person.id, email=person.email), self._g.figures.verify_link
        )
        writes = [*link, *self._g.letters.verify(person.email, token)]
        self._g.desk.commit(own_scope(person.id), writes, person_fact("verification_asked", person.id))

    def verify_email(self, token: str, password: str | None = None) -> Person:
        """The address is this person's from now on; the link is used up, and signs nobody in. Raises SignInRefused, WeakPassword.

        Who registered may be somebody else, so what they set counts for nothing: ``password`` is what the person signs in with; without one, a letter has
        the link by which it is chosen (docs/decisions/0270).
        """

        def attempt() -> Act[Person]:
            ticket, used = self._g.tickets.use(Purpose.VERIFY_EMAIL, token)
            person = self._person(ticket.user)
            if person.email != ticket.email or person.email_verified:
                raise SignInRefused
            newer, writes = self._g.identity.people.verify_email(person, password)
            choose = self.passwords.choosing(newer) if password is None else ()
            writes = [*used, *writes, *self.factors.clear(person), *choose]
            return newer, writes, [person_fact("email_verified", person.id)]

        return self._g.acts.do(attempt, lambda person: own_scope(person.id))

    def vouch(self, email: str, password: str, *, by: str) -> Person | None:
        """The person with this address, if it waited for a verification: it is theirs now, with this password, as somebody vouched for it in another way; else None.
        Raises WeakPassword."""

        def attempt() -> Act[Person | None]:
            person = self._g.identity.people.find_by_email(email)
            if person is None or person.email_verified or person.disabled:
                return None, [], []
            newer, writes = self._g.identity.people.verify_email(person, password)
            return newer, [*writes, *self.factors.clear(person)], [person_fact("email_verified", person.id, verified_by=by)]

        return self._g.acts.do(attempt, lambda person: own_scope(person.id) if person is not None else installation("auth"))

    # coming in

    def login(self, email: str, password: str, client: Client, *, kind: SessionKind) -> SignedIn | SecondStep:
        """In, or one step nearer. Raises SignInRefused, EmailNotVerified, TooManyTries, Overloaded."""
        person = self.passwords.check(email, password, client)
        if not person.email_verified:  # said before a second step is begun
            raise EmailNotVerified
        if not person.has_mfa:
            return self._enter(lambda: (self._again(person), ()), [Factor.PASSWORD], client, kind)
        ticket = Ticket(purpose=Purpose.SECOND_STEP, user=person.id, generation=person.generation)
        token, writes = self._g.tickets.make(ticket, self._g.figures.second_step)
        self._g.desk.commit(own_scope(person.id), writes)
        has_codes = self._g.identity.codes.count_recovery_codes(person) > 0
        held = ((Factor.TOTP, person.has_totp), (Factor.PASSKEY, person.passkeys > 0), (Factor.RECOVERY_CODE, has_codes))
        factors = tuple(factor for factor, is_held in held if is_held)
        return SecondStep(ticket=token, factors=factors, expires_at=self._g.desk.clock.now() + self._g.figures.second_step)

    def second_step(self, ticket: str, factor: Factor, code: str, client: Client, *, kind: SessionKind) -> SignedIn:
        """In, with a one-time code or a recovery code. Raises SignInRefused, TooManyTries."""
        self._g.throttle.hit(client.address)

        def prove() -> tuple[Person, Writes]:
            held, used = self._g.tickets.use(Purpose.SECOND_STEP, ticket)
            person = self._person(held.user)
            if person.generation != held.generation:
                raise SignInRefused
            return person, [*used, *self.factors.prove(person, factor, code)]

        return self._enter(prove, [Factor.PASSWORD, factor], client, kind)

    def begin_passkey(self, client: Client) -> str:
        """What the browser asks its passkeys, as JSON."""
        self._g.throttle.hit(client.address)
        options, writes = self._g.identity.passkeys.begin_sign_in()
        self._g.desk.commit(installation("auth"), writes)
        return options

    def finish_passkey(self, answer: str, client: Client, *, kind: SessionKind) -> SignedIn:
        """In, with a passkey alone: it is two factors in one. Raises SignInRefused."""
        self._g.throttle.hit(client.address)
        return self._enter(lambda: self.factors.prove_passkey(answer), [Factor.PASSKEY], client, kind)

    # staying in

    def authenticate(self, cookie: str) -> tuple[Person, Session]:
        """Who holds this cookie. Raises SignInRefused."""
        return self._g.identity.sessions.authenticate(cookie)

    def authenticate_bearer(self, token: str) -> tuple[Person, Session]:
        """Who holds this access token; one whose session ended is dead at once, whatever it says itself. Raises SignInRefused."""
        claims = self._g.identity.access_tokens.verify(token)
        person, session = self._g.identity.sessions.get_live(claims.user, claims.session)
        if session.kind is not SessionKind.PROGRAM:
            raise SignInRefused
        return person, session

    def current(self, user: str, session: str) -> tuple[Person, Session]:
        """A person and one of their sessions, as they are kept now. Raises SignInRefused when it has ended."""
        return self._g.identity.sessions.get_live(user, session)

    def refresh(self, token: str) -> Tokens:
        """New tokens for an old refresh token. Raises SignInRefused; a token that was replaced before ends its session and its person is told."""
        try:
            successor, _, session = self._g.identity.sessions.refresh(token)
        except TokenReused as reused:
            self._reused(reused.session)
            raise SignInRefused from None
        return self._tokens(successor, session)

    def step_up(self, person: Person, session: Session, factor: Factor, proof: str, client: Client) -> SignedIn:
        """The session with a factor shown just now, and a new cookie; ``proof`` is a code, a password (of people without a second factor) or a passkey's answer."""
        if factor is Factor.PASSWORD:
            if person.has_mfa:
                raise SignInRefused("a password alone is not enough here", hint="use a code or a passkey")
            self.passwords.check(person.email, proof, client)
        else:
            self._g.throttle.hit(client.address)

        def attempt() -> Act[SignedIn]:
            now, writes = (person, ()) if factor is Factor.PASSWORD else self._proof(person, factor, proof)
            if now.id != person.id:
                raise SignInRefused
            _, held = self._g.identity.sessions.get_live(person.id, session.id)
            cookie, newer, stepped = self._g.identity.sessions.step_up(held, factor)
            return SignedIn(person=now, session=newer, cookie=cookie), [*writes, *stepped], [session_fact("proved", newer)]

        return self._g.acts.do(attempt, own(person.id))

    # going out

    def logout(self, session: Session) -> None:
        """The session is no more; no error when it was not any more."""
        try:
            self._g.desk.commit(own_scope(session.user), self._g.identity.sessions.end(session), session_fact("ended", session))
        except ConditionFailed:
            return

    def sessions(self, person: Person) -> Sequence[Session]:
        """The person's living sessions, newest first."""
        return self._g.identity.sessions.list(person)

    def revoke(self, person: Person, session: str) -> None:
        """Ends one of the person's sessions. Raises NotFound."""
        found = next((one for one in self.sessions(person) if one.id == session), None)
        if found is None:
            raise NotFound(f"there is no session {session[:40]!r}")
        self.logout(found)

    def end_sessions(self, user: str, *, why: str) -> Person:
        """Every session of this person is dead: a role changed, an administrator said so. Raises NotFound."""

        def attempt() -> Act[Person]:
            newer, writes = self._g.identity.people.end_sessions(self._known(user))
            return newer, writes, [person_fact("sessions_ended", user, why=why)]

        return self._g.acts.do(attempt, own(user))

    def end_other_sessions(self, person: Person, session: Session) -> Session:
        """Every session of this person but this one is dead. Raises SignInRefused when this one is too."""

        def attempt() -> Act[Session]:
            now, held = self._g.identity.sessions.get_live(person.id, session.id)
            newer, ended = self._g.identity.people.end_sessions(now)
            kept, moved = self._g.identity.sessions.keep(held, newer)
            return kept, [*ended, *moved], [person_fact("sessions_ended", person.id, why="asked by the person", kept=session.id)]

        return self._g.acts.do(attempt, own(person.id))

    def set_disabled(self, user: str, disabled: bool, *, why: str) -> Person:
        """Nobody signs in as this person, or again. Raises NotFound."""

        def attempt() -> Act[Person]:
            newer, writes = self._g.identity.people.set_disabled(self._known(user), disabled)
            return newer, writes, [person_fact("disabled" if disabled else "enabled", user, why=why)]

        return self._g.acts.do(attempt, own(user))

    # within

    def _enter(
        self,
        prove: Callable[[], tuple[Person, Writes]],
        by: Sequence[Factor],
        client: Client,
        kind: SessionKind,
    ) -> SignedIn:
        """A session for whom ``prove`` proves to be there, opened in the transaction that uses the proof up."""

        def attempt() -> Act[tuple[Person, Session, str]]:
            person, used = prove()
            if not person.email_verified:
                raise EmailNotVerified
            if kind is SessionKind.BROWSER:
                token, session, opened = self._g.identity.sessions.open_browser(
                    person, by, client, privileged=self._g.is_privileged(person.id)
                )
            else:
                token, session, opened = self._g.identity.sessions.open_program(person, by, client)
            greeted = self._devices.greet(person, client, kind)
            return (person, session, token), [*used, *opened, *greeted], [session_fact("opened", session)]

        person, session, token = self._g.acts.do(attempt, lambda entered: own_scope(entered[0].id))
        needs_mfa = not person.has_mfa and self._g.is_privileged(person.id)
        if kind is SessionKind.BROWSER:
            return SignedIn(person=person, session=session, cookie=token, must_set_up_mfa=needs_mfa)
        return SignedIn(person=person, session=session, tokens=self._tokens(token, session), must_set_up_mfa=needs_mfa)

    def _proof(self, person: Person, factor: Factor, proof: str) -> tuple[Person, Writes]:
        if factor is Factor.PASSKEY:
            return self.factors.prove_passkey(proof)
        now = self._person(person.id)
        return now, self.factors.prove(now, factor, proof)

    def _tokens(self, refresh: str, session: Session) -> Tokens:
        access, ends = self._g.identity.access_tokens.issue(session)
        return Tokens(access=access, refresh=refresh, expires_at=ends, refresh_expires_at=session.expires_at, session=session)

    def _reused(self, session: Session) -> None:
        person = self._g.identity.people.find(session.user)
        told = (
            self._g.letters.notice(person.email, "A key of one of your programs was used twice, so we ended its session.") if person else ()
        )
        try:
            writes = [*self._g.identity.sessions.end(session), *told]
            self._g.desk.commit(own_scope(session.user), writes, session_fact("reuse_detected", session))
        except ConditionFailed:  # ended already, and told
            return

    def _letter_to_known(self, address: str) -> Writes:
        person = self._g.identity.people.find_by_email(address)
        if person is None or not self.passwords.may_post("known", address):
            return self._g.letters.verify("nobody", "-" * 43, is_void=True)
        return self._g.letters.known_already(person.email)

    def _decoy_ticket(self) -> Writes:
        """The same write that a real link costs, for nobody, gone in a second."""
        return self._g.tickets.make(Ticket(purpose=Purpose.VERIFY_EMAIL), timedelta(seconds=1))[1]

    def _again(self, person: Person) -> Person:
        """The person as kept now, unless every session was ended meanwhile."""
        now = self._person(person.id)
        if now.generation != person.generation:
            raise SignInRefused
        return now

    def _person(self, user: str) -> Person:
        person = self._g.identity.people.find(user)
        if person is None or person.disabled:
            raise SignInRefused
        return person

    def _known(self, user: str) -> Person:
        person = self._g.identity.people.find(user)
        if person is None:
            raise NotFound(f"there is no user {user[:40]!r}")
        return person
