"""What every identity keeps, over whichever tables. An adapter's test is a class with ``make``.

An adapter whose truth lies elsewhere has another clock there: its test starts ``clock`` at the real time and says by ``drift`` how far the two may part.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from listbackup.backends.identity.port import Client, Factor, Identity, Person, SessionKind, SignInRefused, TokenReused, WeakPassword
from listbackup.backends.table.port import ConditionFailed, Tables
from listbackup.base.errors import Conflict
from listbackup.base.ids import UserId
from listbackup.testing.clock import ManualClock

PASSWORD = "correct horse battery staple"  # noqa: S105 - everybody's, in tests
OTHER = "seven brass kettles on a shelf"
PUBLIC = {"alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"}  # what a published key may say (RFC 7518, RFC 8037)


class IdentitySuite:
    """The contract of ``identity/port.py``, sentence by sentence."""

    drift = timedelta(0)  # between the test's clock and that of whoever signs access tokens

    def make(self, folder: Path, clock: ManualClock) -> tuple[Identity, Tables]:
        """An identity that knows nobody, and the ground its writes go to."""
        raise AssertionError("the subclass says how to make the identity under test")

    @pytest.fixture
    def elsewhere(self) -> object:
        """What ``make`` needs and a fixture makes: overridden where there is such a thing."""
        return None

    def start_clock(self) -> ManualClock:
        """The clock of the test."""
        return ManualClock()

    @pytest.fixture(autouse=True)
    def _made(self, tmp_path: Path, elsewhere: object) -> None:
        self.clock = self.start_clock()
        self.identity, self.tables = self.make(tmp_path, self.clock)

    def ada(self) -> Person:
        """Somebody who is there."""
        person, writes = self.identity.people.create(UserId("usr_ada"), "Ada@example.com", PASSWORD, is_verified=True)
        self.tables.transact(writes)
        return person

    def test_nothing_has_happened_before_the_writes_are_kept(self) -> None:
        self.identity.people.create(UserId("usr_ada"), "ada@example.com", PASSWORD)
        assert self.identity.people.find_by_email("ada@example.com") is None

    def test_an_address_is_one_however_it_is_spelled(self) -> None:
        ada = self.ada()
        assert self.identity.people.find_by_email(" aDA@EXAMPLE.com") == ada
        with pytest.raises(Conflict):
            self.identity.people.create(UserId("usr_eve"), "ADA@example.com", PASSWORD)

    @pytest.mark.parametrize(("one", "other"), [("groß@example.com", "GROSS@example.com"), ("νίκος@example.com", "νίκοσ@example.com")])
    def test_addresses_that_differ_in_more_than_capitals_are_two_peoples(self, one: str, other: str) -> None:
        people = self.identity.people
        made = []
        for number, address in enumerate((one, other)):
            person, writes = people.create(UserId(f"usr_{number}"), address, PASSWORD)
            self.tables.transact(writes)
            made.append(person)
        assert [people.find_by_email(address) for address in (one, other)] == made

    def test_two_who_take_one_address_at_once_are_one(self) -> None:
        people = self.identity.people
        writes = [people.create(UserId(f"usr_{name}"), "x@example.com", PASSWORD)[1] for name in ("a", "b")]
        self.tables.transact(writes[0])
        with pytest.raises(ConditionFailed):
            self.tables.transact(writes[1])

    @pytest.mark.parametrize("password", ["", "password", PASSWORD + " ", PASSWORD[:-1], "x" * 5000, "\ud800"])
    def test_another_password_is_refused(self, password: str) -> None:
        self.ada()
        with pytest.raises(SignInRefused):
            self.identity.people.check_password("ada@example.com", password)

    def test_the_password_signs_in_until_it_is_changed(self) -> None:
        ada = self.ada()
        assert self.identity.people.check_password("ADA@example.com", PASSWORD) == ada
        changed, writes = self.identity.people.set_password(ada, OTHER)
        self.tables.transact(writes)
        assert self.identity.people.check_password("ada@example.com", OTHER) == changed
        with pytest.raises(SignInRefused):
            self.identity.people.check_password("ada@example.com", PASSWORD)

    def test_a_weak_password_is_not_kept(self) -> None:
        with pytest.raises(WeakPassword):
            self.identity.people.set_password(self.ada(), "Password12345678")

    @pytest.mark.parametrize("act", ["password", "end", "disable", "email"])
    @pytest.mark.parametrize("kind", list(SessionKind))
    def test_what_changes_a_person_ends_every_session_but_the_one_that_is_kept(self, act: str, kind: SessionKind) -> None:
        people, sessions, ada = self.identity.people, self.identity.sessions, self.ada()
        kept, lost = self._open(ada, kind)[1], self._open(ada, kind)[1]
        acts: dict[str, Callable[[], tuple[Person, object]]] = {
            "password": lambda: people.set_password(ada, OTHER),
            "end": lambda: people.end_sessions(ada),
            "disable": lambda: people.set_disabled(ada, False),
            "email": lambda: people.change_email(ada, "new@example.com"),
        }
        newer, writes = acts[act]()
        session, moved = sessions.keep(sessions.get_live(ada.id, kept)[1], newer)
        self.tables.transact([*writes, *moved])  # type: ignore[misc]
        assert sessions.get_live(ada.id, kept) == (newer, session)
        assert [one.id for one in sessions.list(newer)] == [kept]
        with pytest.raises(SignInRefused):
            sessions.get_live(ada.id, lost)

    def test_a_disabled_person_is_nobody(self) -> None:
        ada = self.ada()
        token, _ = self._open(ada, SessionKind.BROWSER)
        self.tables.transact(self.identity.people.set_disabled(ada, True)[1])
        with pytest.raises(SignInRefused):
            self.identity.sessions.authenticate(token)
        with pytest.raises(SignInRefused):
            self.identity.people.check_password("ada@example.com", PASSWORD)

    def test_an_idle_session_ends_after_an_hour_and_a_busy_one_after_a_day(self) -> None:
        ada = self.ada()
        token, _ = self._open(ada, SessionKind.BROWSER)
        for _ in range(24 * 2 - 1):
            self.clock.advance(timedelta(minutes=30))
            self.identity.sessions.authenticate(token)
        self.clock.advance(timedelta(minutes=30))
        with pytest.raises(SignInRefused):
            self.identity.sessions.authenticate(token)
        idle, _ = self._open(ada, SessionKind.BROWSER)
        self.clock.advance(timedelta(minutes=60))
        with pytest.raises(SignInRefused):
            self.identity.sessions.authenticate(idle)

    def test_privileged_sessions_end_after_half_a_day(self) -> None:
        token, _ = self._open(self.ada(), SessionKind.BROWSER, privileged=True)
        for _ in range(12 * 2 - 1):
            self.clock.advance(timedelta(minutes=30))
            self.identity.sessions.authenticate(token)
        self.clock.advance(timedelta(minutes=30))
        with pytest.raises(SignInRefused):
            self.identity.sessions.authenticate(token)

    def test_stepping_up_replaces_the_cookie(self) -> None:
        ada = self.ada()
        token, session = self._open(ada, SessionKind.BROWSER)
        self.clock.advance(timedelta(minutes=20))
        newer, stepped, writes = self.identity.sessions.step_up(self.identity.sessions.get_live(ada.id, session)[1], Factor.TOTP)
        self.tables.transact(writes)
        assert stepped.proved_at == self.clock.now()
        assert newer is not None
        assert self.identity.sessions.authenticate(newer)[1].by == (Factor.PASSWORD, Factor.TOTP)
        with pytest.raises(SignInRefused):
            self.identity.sessions.authenticate(token)

    def test_of_two_changes_that_began_with_one_reading_one_is_kept(self) -> None:
        ada = self.ada()
        session = self.identity.sessions.get_live(ada.id, self._open(ada, SessionKind.PROGRAM)[1])[1]
        first, second = (self.identity.sessions.step_up(session, factor)[2] for factor in (Factor.TOTP, Factor.PASSKEY))
        self.tables.transact(first)
        with pytest.raises(ConditionFailed):
            self.tables.transact(second)
        first, second = (self.identity.people.end_sessions(ada)[1] for _ in range(2))
        self.tables.transact(first)
        with pytest.raises(ConditionFailed):
            self.tables.transact(second)

    def test_a_session_that_ended_ends_once(self) -> None:
        ada = self.ada()
        token, session = self._open(ada, SessionKind.BROWSER)
        writes = self.identity.sessions.end(self.identity.sessions.get_live(ada.id, session)[1])
        self.tables.transact(writes)
        with pytest.raises(ConditionFailed):
            self.tables.transact(writes)
        with pytest.raises(SignInRefused):
            self.identity.sessions.authenticate(token)

    def test_a_parent_gets_the_same_successor_for_ten_seconds_and_is_reuse_afterwards(self) -> None:
        token, _ = self._open(self.ada(), SessionKind.PROGRAM)
        successor = self.identity.sessions.refresh(token)[0]
        self.clock.advance(timedelta(seconds=10))
        assert self.identity.sessions.refresh(token)[0] == successor
        self.clock.advance(timedelta(milliseconds=1))
        with pytest.raises(TokenReused):
            self.identity.sessions.refresh(token)

    def test_a_grandparent_is_reuse_at_once(self) -> None:
        token, _ = self._open(self.ada(), SessionKind.PROGRAM)
        self.identity.sessions.refresh(self.identity.sessions.refresh(token)[0])
        with pytest.raises(TokenReused):
            self.identity.sessions.refresh(token)

    def test_a_refresh_token_lives_thirty_days_and_its_session_ninety(self) -> None:
        token, _ = self._open(self.ada(), SessionKind.PROGRAM)
        for _ in range(3):
            self.clock.advance(timedelta(days=29))
            token = self.identity.sessions.refresh(token)[0]
        self.clock.advance(timedelta(days=3))
        with pytest.raises(SignInRefused):
            self.identity.sessions.refresh(token)
        idle, _ = self._open(self.identity.people.find("usr_ada") or self.ada(), SessionKind.PROGRAM)
        self.clock.advance(timedelta(days=30))
        with pytest.raises(SignInRefused):
            self.identity.sessions.refresh(idle)

    def test_an_access_token_says_whose_it_is_for_fifteen_minutes(self) -> None:
        ada = self.ada()
        session = self.identity.sessions.get_live(ada.id, self._open(ada, SessionKind.PROGRAM)[1])[1]
        token, ends = self.identity.access_tokens.issue(session)
        claims = self.identity.access_tokens.verify(token)
        assert (claims.user, claims.session, claims.expires_at) == (ada.id, session.id, ends)
        assert abs(ends - self.clock.now() - timedelta(minutes=15)) <= self.drift
        self.clock.advance(ends - self.clock.now() - timedelta(milliseconds=1))
        assert self.identity.access_tokens.verify(token) == claims
        self.clock.advance(timedelta(milliseconds=1))
        with pytest.raises(SignInRefused):
            self.identity.access_tokens.verify(token)

    def test_who_signs_is_told_as_the_tokens_say_it(self) -> None:
        session = self.identity.sessions.get_live("usr_ada", self._open(self.ada(), SessionKind.PROGRAM)[1])[1]
        header, payload, _ = self.identity.access_tokens.issue(session)[0].split(".")
        said = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, payload)]
        signer = self.identity.access_tokens.signer
        assert (said[0]["alg"], said[1]["iss"]) == (signer.algorithm, signer.issuer)
        assert set(signer.claims) <= set(said[1])

    def test_no_private_part_is_published(self) -> None:
        keys = self.identity.access_tokens.key_set()["keys"]
        assert isinstance(keys, list)
        assert keys
        assert all(key["use"] == "sig" and key["kid"] and set(key) <= PUBLIC for key in keys)

    def test_sessions_of_another_person_are_not_found(self) -> None:
        session = self._open(self.ada(), SessionKind.BROWSER)[1]
        with pytest.raises(SignInRefused):
            self.identity.sessions.get_live("usr_eve", session)

    def _open(self, person: Person, kind: SessionKind, *, privileged: bool = False) -> tuple[str, str]:
        sessions, client = self.identity.sessions, Client(agent="test")
        if kind is SessionKind.BROWSER:
            token, session, writes = sessions.open_browser(person, [Factor.PASSWORD], client, privileged=privileged)
        else:
            token, session, writes = sessions.open_program(person, [Factor.PASSWORD], client)
        self.tables.transact(writes)
        return token, session.id
