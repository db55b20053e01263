"""How people and programs come into an account, and how an account ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from listbackup.backends.identity.port import TooManyTries
from listbackup.backends.table.memory import MemoryTables
from listbackup.base.errors import BackendError, Conflict, Gone, InputError, NotFound, NotMeant
from listbackup.base.ids import UserId
from listbackup.http.caller import NotAllowed, NotSignedIn, PlanLimit
from listbackup.http.permission import Bundle, Permission
from listbackup.services.accounts import RESTS, Account, Figures, Limit, Reach, Role, machine
from listbackup.services.accounts.usage import MOST_MEASURED, Usage
from listbackup.services.scope import Scope
from listbackup.testing.tenancy import Town, town

DAY = timedelta(days=1)


@pytest.fixture
def place() -> Town:
    return town()


def invited(place: Town, account: Account, by: UserId, name: str = "guest", role: str = Role.VIEWER) -> tuple[UserId, str]:
    """Somebody new with an invitation to this account: who, and its token."""
    place.tenancy.invitations.create(account.id, f"{name}@example.com", role, by=place.by(by, account))
    return place.person(name), place.letters.token(f"{name}@example.com")


def test_an_invitation_makes_a_member_once(place: Town) -> None:
    top, owner = place.top("agency")
    guest, token = invited(place, top, owner)
    assert place.accounts.invited(token) == "guest@example.com"
    member = place.tenancy.invitations.accept(token, place.folk.cards[guest])
    assert (member.account, member.role) == (top.id, Role.VIEWER)
    assert place.accounts.members.home(guest) == top.id
    with pytest.raises(Gone):
        place.tenancy.invitations.accept(token, place.folk.cards[guest])
    assert place.accounts.invited(token) is None


def test_an_invitation_is_for_one_address_that_is_proved(place: Town) -> None:
    top, owner = place.top("agency")
    guest, token = invited(place, top, owner)
    other = place.person("other")
    for card in (place.folk.cards[other], replace(place.folk.cards[guest], email_verified=False)):
        with pytest.raises(NotMeant):
            place.tenancy.invitations.accept(token, card)
    assert place.tenancy.invitations.accept(token, replace(place.folk.cards[guest], email="GUEST@example.com")).user == guest


def test_an_invitation_ends_after_72_hours_when_taken_back_and_when_sent_again(place: Town) -> None:
    top, owner = place.top("agency")
    invitations, by = place.tenancy.invitations, place.by(owner, top)
    one, first = invited(place, top, owner, "one")
    two, second = invited(place, top, owner, "two")
    with pytest.raises(Conflict):
        invitations.create(top.id, "ONE@example.com", Role.VIEWER, by=by)
    sent = {invitation.email: invitation.id for invitation in invitations.list(top.id).items}
    invitations.resend(top.id, sent["one@example.com"], by=by)
    again = place.letters.token("one@example.com")
    with pytest.raises(Gone):
        invitations.accept(first, place.folk.cards[one])
    invitations.revoke(top.id, sent["two@example.com"], by=by)
    with pytest.raises(Gone):
        invitations.accept(second, place.folk.cards[two])
    place.clock.advance(3 * DAY)
    with pytest.raises(Gone):
        invitations.accept(again, place.folk.cards[one])
    invitations.create(top.id, "one@example.com", Role.VIEWER, by=by)
    assert invitations.accept(place.letters.token("one@example.com"), place.folk.cards[one]).user == one


def test_whoever_invited_must_still_be_allowed_to_when_it_is_accepted(place: Town) -> None:
    top, owner = place.top("agency")
    admin = place.joins(top, "admin", Role.ADMIN)
    demoted, first = invited(place, top, admin, "demoted", Role.ADMIN)
    place.accounts.members.set_role(top.id, admin, Role.MANAGER, by=place.by(owner, top))
    with pytest.raises(Gone):
        place.tenancy.invitations.accept(first, place.folk.cards[demoted])
    place.accounts.members.set_role(top.id, admin, Role.ADMIN, by=place.by(owner, top))
    place.accounts.members.remove(top.id, admin, by=place.by(owner, top))
    with pytest.raises(Gone):
        place.tenancy.invitations.accept(first, place.folk.cards[demoted])


def test_an_account_sends_twenty_letters_an_hour(place: Town) -> None:
    top, owner = place.top("agency")
    for number in range(20):
        invited(place, top, owner, f"guest{number}")
    with pytest.raises(TooManyTries):
        invited(place, top, owner, "one-more")
    place.clock.advance(timedelta(hours=1, seconds=1))
    invited(place, top, owner, "later")


def test_a_key_does_what_its_person_may_and_dies_with_them(place: Town) -> None:
    top, owner = place.top("agency")
    admin, scope = place.joins(top, "admin", Role.ADMIN), place.accounts.enter(top.id, actor="x")
    with pytest.raises(NotAllowed):
        place.api_keys.create(scope, name="k", permissions=[Permission.ACCOUNTS_DELETE], by=place.by(admin, top))
    new = place.api_keys.create(scope, name="k", permissions=[Bundle.READ, Permission.MEMBERS_MANAGE], by=place.by(admin, top))
    assert Permission.MEMBERS_MANAGE in place.api_keys.authenticate(new.text).permissions
    place.accounts.members.set_role(top.id, admin, Role.VIEWER, by=place.by(owner, top))
    assert Permission.MEMBERS_MANAGE not in place.api_keys.authenticate(new.text).permissions
    place.accounts.members.remove(top.id, admin, by=place.by(owner, top))
    with pytest.raises(NotSignedIn):
        place.api_keys.authenticate(new.text)


def test_a_key_reaches_its_account_or_its_branch_and_nothing_else(place: Town) -> None:
    top, owner = place.top("agency")
    client, (other, _) = place.below(top, "client", owner), place.top("other")
    scope = place.accounts.enter(top.id, actor="x")
    narrow = place.api_keys.create(scope, name="narrow", by=place.by(owner, top)).key
    wide = place.api_keys.create(scope, name="wide", reach=Reach.BRANCH, by=place.by(owner, top)).key
    assert Permission.SOURCES_READ in place.api_keys.permissions(wide.id, client.id)
    for key, account in ((narrow, client), (wide, other), (wide, place.default)):
        with pytest.raises(NotFound):
            place.api_keys.permissions(key.id, account.id)


def test_a_rotated_key_has_a_new_text_and_the_old_one_for_a_while(place: Town) -> None:
    top, owner = place.top("agency")
    scope = place.accounts.enter(top.id, actor="x")
    first = place.api_keys.create(scope, name="k", by=place.by(owner, top))
    second = place.api_keys.rotate(scope, first.key.id, grace=timedelta(hours=1), by=place.by(owner, top))
    assert first.text.reveal() != second.text.reveal()
    assert [place.api_keys.authenticate(text).id for text in (first.text, second.text)] == [first.key.id] * 2
    place.clock.advance(timedelta(hours=1))
    with pytest.raises(NotSignedIn):
        place.api_keys.authenticate(first.text)
    assert place.api_keys.authenticate(second.text).id == first.key.id
    with pytest.raises(InputError):
        place.api_keys.rotate(scope, first.key.id, grace=8 * DAY, by=place.by(owner, top))


def test_a_plan_limits_living_keys(place: Town) -> None:
    top, owner = place.top("agency")
    place.accounts.limits.set(top.id, Limit(api_keys=1), by=machine("operator"))
    scope = place.accounts.enter(top.id, actor="x")
    first = place.api_keys.create(scope, name="one", by=place.by(owner, top)).key
    with pytest.raises(PlanLimit):
        place.api_keys.create(scope, name="two", by=place.by(owner, top))
    place.api_keys.revoke(scope, first.id)
    place.api_keys.create(scope, name="two", by=place.by(owner, top))


def test_a_deleted_account_is_absent_with_all_below_it_and_its_owners_get_a_letter(place: Town) -> None:
    top, owner = place.top("agency")
    client = place.below(top, "client", owner)
    leaf, own = place.below(client, "leaf", owner), place.joins(client, "own", Role.OWNER)
    lifecycle = place.tenancy.lifecycle
    with pytest.raises(Conflict, match="sub-accounts"):
        lifecycle.trash(client.id, by=place.by(own, client))
    gone = lifecycle.trash(client.id, by=place.by(own, client), branch=True)
    assert gone.shred_at == place.clock.now() + RESTS
    assert {to for to, subject, _ in place.letters.posted if "deleted" in subject} == {"own@example.com", "owner-of-agency@example.com"}
    for account in (client, leaf):
        with pytest.raises(NotFound):
            place.accounts.enter(account.id, actor="x")
        with pytest.raises(NotFound):
            place.accounts.members.permissions(own, account.id)
    assert place.accounts.members.permissions(owner, top.id)
    standing = place.accounts.members.standing(owner, client.id, in_trash=True)
    lifecycle.restore(client.id, by=standing)
    assert place.accounts.members.permissions(own, leaf.id)


def keep_house(place: Town, days: int) -> None:
    """The scheduler over some days, four times a day."""
    for _ in range(days * 4):
        place.clock.advance(DAY / 4)
        place.tenancy.keep_house()


def test_after_seven_days_the_keys_are_destroyed_and_the_rows_are_gone(place: Town) -> None:
    top, owner = place.top("agency")
    client = place.below(top, "client", owner)
    leaf = place.below(client, "leaf", owner)
    user, scope = place.joins(client, "user", Role.ADMIN), place.accounts.enter(client.id, actor="x")
    key = place.api_keys.create(scope, name="k", by=place.by(user, client))
    role = place.accounts.roles.create(client.id, "own", [Permission.SOURCES_READ], by=place.by(user, client))
    team = place.tenancy.teams.create(client.id, "team", by=place.by(user, client))
    place.tenancy.teams.add(client.id, team.id, user, by=place.by(user, client))
    _, token = invited(place, client, user)
    place.tenancy.lifecycle.trash(client.id, by=place.by(owner, client), branch=True)
    keep_house(place, 6)
    assert place.keys.shredded == []
    keep_house(place, 2)
    assert place.keys.shredded == [leaf.id, client.id]
    assert {one.name for one in place.accounts.iter_live()} == {"default", "agency"}
    assert place.accounts.invited(token) is None
    with pytest.raises(NotSignedIn):
        place.api_keys.authenticate(key.text)
    assert named(place.tables, {client.id, leaf.id, role.id, team.id, key.key.id}) == []
    with pytest.raises(NotFound):
        place.tenancy.lifecycle.restore(client.id, by=machine("x"))
    lines = place.activities.list(place.accounts.enter(top.id, actor="x")).items
    assert [line.subject for line in lines if line.action == "account:account:shredded"] == [client.id]


def named(tables: MemoryTables, ids: set[str]) -> list[tuple[str, str, str]]:
    """The rows whose partition is one of these, or begins with one."""
    found = [(name, *key) for name, table in tables._tables.items() for key in table._items]
    return [(name, pk, sk) for name, pk, sk in found if pk.partition("/")[0] in ids]


def test_a_clock_that_jumps_destroys_nothing_for_a_day(place: Town) -> None:
    top, owner = place.top("agency")
    place.accounts.set_first_owner(owner)
    place.tenancy.keep_house()
    place.tenancy.lifecycle.trash(top.id, by=place.by(owner, top))
    place.clock.advance(400 * DAY)
    place.tenancy.keep_house()
    place.clock.advance(DAY / 2)
    place.tenancy.keep_house()
    assert place.keys.shredded == []
    keep_house(place, 1)
    assert place.keys.shredded == [top.id]


def test_shredding_that_was_broken_off_is_finished(place: Town) -> None:
    top, owner = place.top("agency")
    client = place.below(top, "client", owner)
    place.tenancy.lifecycle.trash(top.id, by=place.by(owner, top), branch=True)
    place.keys.breaks_after = client.id
    with pytest.raises(OSError):
        keep_house(place, 8)
    with pytest.raises(NotFound):
        place.tenancy.lifecycle.restore(top.id, by=place.accounts.members.standing(owner, top.id, in_trash=True))
    keep_house(place, 1)
    assert place.keys.shredded == [client.id, top.id]
    assert [one.name for one in place.accounts.iter_live()] == ["default"]


def test_the_installations_own_account_stays(place: Town) -> None:
    operator = place.person("operator")
    place.accounts.set_first_owner(operator)
    with pytest.raises(Conflict):
        place.tenancy.lifecycle.trash(place.default.id, by=place.by(operator, place.default))


def test_usage_is_summed_over_the_branch_from_what_was_measured_last() -> None:
    asked: list[str] = []

    def measure(scope: Scope, before: Figures) -> Figures:
        asked.append(scope.account)
        return Figures(sources=1, stored_bytes=10, runs=before.runs + 1)

    place = town(measure=measure)
    top, owner = place.top("agency")
    for number in range(MOST_MEASURED + 5):
        place.below(top, f"client{number}", owner)
    first = place.tenancy.usage.of(top.id)
    assert (first.own.sources, first.branch.sources, first.accounts, first.unmeasured) == (1, MOST_MEASURED + 1, MOST_MEASURED + 6, 5)
    second = place.tenancy.usage.of(top.id)
    assert (second.branch.sources, second.branch.stored_bytes, second.unmeasured) == (MOST_MEASURED + 6, 10 * (MOST_MEASURED + 6), 0)
    assert len(asked) == MOST_MEASURED + 6
    place.clock.advance(timedelta(hours=2))
    for _ in range(4):
        place.tenancy.usage.refresh()
    assert place.tenancy.usage.of(top.id).own.runs == 2


def test_an_account_that_cannot_be_shredded_now_holds_up_no_other(place: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    (first, owner), (second, other) = place.top("first"), place.top("second")
    place.tenancy.lifecycle.trash(first.id, by=place.by(owner, first))
    place.clock.advance(timedelta(seconds=1))
    place.tenancy.lifecycle.trash(second.id, by=place.by(other, second))
    real, refreshed = type(place.keys).shred, list[int]()

    def shred(account: str) -> None:
        if account == first.id:
            raise BackendError("the key store does not answer")
        real(place.keys, account)

    def refresh(self: Usage) -> int:
        refreshed.append(1)
        return 0

    monkeypatch.setattr(type(place.keys), "shred", lambda _, account: shred(account))
    monkeypatch.setattr(Usage, "refresh", refresh)
    keep_house(place, 8)
    assert place.keys.shredded == [second.id]
    assert len(refreshed) > 8
