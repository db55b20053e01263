"""Rights are asked for again when they are used, and nobody reaches further by a detour than straight ahead."""

from __future__ import annotations

import pytest

from listbackup.base.errors import Gone, NotFound
from listbackup.base.ids import UserId
from listbackup.http.caller import NotAllowed, NotSignedIn
from listbackup.http.permission import Bundle, Permission
from listbackup.services.accounts import Account, Limit, Reach, Role, Standing
from listbackup.services.scope import Scope
from listbackup.testing.tenancy import Town, town


@pytest.fixture
def place() -> Town:
    return town()


def by_key(place: Town, account: Account, owner: UserId, reach: Reach) -> Standing:
    scope = Scope(account=account.id, actor=owner)
    asked = [Permission.API_KEYS_MANAGE, Permission.SOURCES_READ]
    made = place.api_keys.create(scope, name="made", permissions=asked, reach=reach, by=place.by(owner, account))
    return place.api_keys.standing(made.key.id, account.id)


def test_a_key_of_one_account_makes_none_for_the_branch(place: Town) -> None:
    top, owner = place.top("agency")
    scope, narrow = Scope(account=top.id, actor="test"), by_key(place, top, owner, Reach.ACCOUNT)
    with pytest.raises(NotAllowed, match="branch"):
        place.api_keys.create(scope, name="wide", permissions=[Permission.SOURCES_READ], reach=Reach.BRANCH, by=narrow)
    assert place.api_keys.create(scope, name="other", permissions=[Permission.SOURCES_READ], by=narrow).key.reach is Reach.ACCOUNT
    wide = by_key(place, top, owner, Reach.BRANCH)
    assert (
        place.api_keys.create(scope, name="wide", permissions=[Permission.SOURCES_READ], reach=Reach.BRANCH, by=wide).key.reach
        is Reach.BRANCH
    )


def test_a_key_of_one_account_does_not_read_the_new_text_of_one_for_the_branch(place: Town) -> None:
    top, owner = place.top("agency")
    scope = Scope(account=top.id, actor="test")
    wide = place.api_keys.create(scope, name="wide", permissions=[Permission.SOURCES_READ], reach=Reach.BRANCH, by=place.by(owner, top)).key
    with pytest.raises(NotAllowed, match="branch"):
        place.api_keys.rotate(scope, wide.id, by=by_key(place, top, owner, Reach.ACCOUNT))
    assert place.api_keys.rotate(scope, wide.id, by=place.by(owner, top)).key.rotated_at is not None


def test_nobody_makes_a_key_that_may_more_than_they_or_reads_its_new_text(place: Town) -> None:
    top, owner = place.top("agency")
    scope, little = Scope(account=top.id, actor="test"), by_key(place, top, owner, Reach.ACCOUNT)
    more = [Permission.SOURCES_READ, Permission.SOURCES_MANAGE]
    with pytest.raises(NotAllowed, match="beyond"):
        place.api_keys.create(scope, name="more", permissions=more, by=little)
    made = place.api_keys.create(scope, name="more", permissions=more, by=place.by(owner, top)).key
    with pytest.raises(NotAllowed, match="beyond"):
        place.api_keys.rotate(scope, made.id, by=little)
    assert place.api_keys.get(scope, made.id).rotated_at is None


def test_a_key_does_no_more_than_its_person_may_at_this_moment(place: Town) -> None:
    """Also where the person may less than when it was made, and in an account below, where they may less than in its own."""
    top, owner = place.top("agency")
    user = place.joins(top, "bob", Role.ADMIN)
    scope, asked = Scope(account=top.id, actor=user), [Permission.SOURCES_READ, Permission.SOURCES_MANAGE]
    made = place.api_keys.create(scope, name="bobs", permissions=asked, by=place.by(user, top))
    assert place.api_keys.authenticate(made.text).permissions == set(asked)
    place.accounts.members.set_role(top.id, user, Role.VIEWER, by=place.by(owner, top))
    assert place.api_keys.authenticate(made.text).permissions == {Permission.SOURCES_READ}
    assert place.api_keys.permissions(made.key.id, top.id) == {Permission.SOURCES_READ}
    place.accounts.members.remove(top.id, user, by=place.by(owner, top))
    with pytest.raises(NotSignedIn):
        place.api_keys.authenticate(made.text)


def people_key(place: Town, account: Account, owner: UserId, reach: Reach) -> Standing:
    asked = [Permission.MEMBERS_MANAGE, Permission.ROLES_MANAGE, Permission.SOURCES_READ]
    made = place.api_keys.create(
        Scope(account=account.id, actor=owner), name="people", permissions=asked, reach=reach, by=place.by(owner, account)
    )
    return place.api_keys.standing(made.key.id, account.id)


def test_a_key_of_one_account_gives_and_takes_no_role_that_counts_below_it(place: Town) -> None:
    top, owner = place.top("agency")
    guest, member = place.person("guest"), place.joins(top, "member", "viewer")
    little = place.accounts.roles.create(top.id, "little", [Permission.SOURCES_READ], by=place.by(owner, top))
    place.accounts.members.set_role(top.id, member, little.id, by=place.by(owner, top))
    team = place.tenancy.teams.create(top.id, "team", by=place.by(owner, top))
    place.tenancy.teams.add(top.id, team.id, member, by=place.by(owner, top))
    narrow, wide = people_key(place, top, owner, Reach.ACCOUNT), people_key(place, top, owner, Reach.BRANCH)
    place.tenancy.invitations.create(top.id, "early@example.com", little.id, by=narrow)  # nothing is below yet: it counts here alone
    early = place.person("early")
    place.below(top, "client", owner)
    acts = (
        lambda by: place.accounts.members.add(top.id, guest, little.id, by=by),
        lambda by: place.tenancy.invitations.create(top.id, "guest@example.com", little.id, by=by),
        lambda by: place.accounts.roles.change(top.id, little.id, permissions=[Permission.SOURCES_READ], by=by),
        lambda by: place.tenancy.teams.give_role(top.id, team.id, top.id, little.id, by=by),
        lambda by: place.accounts.members.set_role(top.id, member, little.id, by=by),
        lambda by: place.accounts.members.remove(top.id, member, by=by),
    )
    for act in acts:
        with pytest.raises(NotAllowed, match="below"):
            act(narrow)
        act(wide)
    with pytest.raises(Gone):  # judged by what its sender may do now
        place.tenancy.invitations.accept(place.letters.token("early@example.com"), place.folk.cards[early])


def test_a_key_of_an_account_with_nothing_below_gives_roles_in_it(place: Town) -> None:
    top, owner = place.top("agency")
    client = place.below(top, "client", owner)
    key = people_key(place, client, owner, Reach.ACCOUNT)
    role = place.accounts.roles.create(client.id, "little", [Permission.SOURCES_READ], by=key)
    place.accounts.members.add(client.id, place.person("guest"), role.id, by=key)


def test_who_was_demoted_above_decides_nothing_below_any_more(place: Town) -> None:
    top, owner = place.top("agency")
    client, admin = place.below(top, "client", owner), place.joins(top, "admin", Role.ADMIN)
    by = place.tenancy.authority.above(admin, client.id)
    place.accounts.members.set_role(top.id, admin, Role.VIEWER, by=place.by(owner, top))
    for act in (
        lambda: place.tenancy.lifecycle.suspend(client.id, "why not", by=by),
        lambda: place.tenancy.lifecycle.resume(client.id, by=by),
        lambda: place.accounts.limits.set(client.id, Limit(members=1), by=by),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_who_runs_the_account_that_another_was_moved_out_of_decides_nothing_in_it(place: Town) -> None:
    top, owner = place.top("agency")
    here, there = place.below(top, "here", owner), place.below(top, "there", owner)
    client, boss = place.below(here, "client", owner), place.joins(here, "boss", Role.OWNER)
    by, leaves = place.tenancy.authority.above(boss, client.id), place.tenancy.authority.leaving(boss, client.id)
    place.accounts.move(client.id, there.id, by=place.by(owner, here), new_end=place.by(owner, there))
    for act in (
        lambda: place.tenancy.lifecycle.suspend(client.id, "why not", by=by),
        lambda: place.accounts.limits.set(client.id, Limit(members=1), by=by),
        lambda: place.accounts.move(client.id, here.id, by=leaves, new_end=place.by(boss, here)),
    ):
        with pytest.raises((NotAllowed, NotFound)):
            act()


def test_who_administers_by_a_team_is_privileged_like_any_other(place: Town) -> None:
    top, owner = place.top("agency")
    user, by = place.joins(top, "mate"), place.by(owner, top)
    team = place.tenancy.teams.create(top.id, "admins", by=by)
    place.tenancy.teams.add(top.id, team.id, user, by=by)
    assert not place.accounts.members.is_privileged(user)
    place.tenancy.teams.give_role(top.id, team.id, top.id, Role.ADMIN, by=by)
    assert place.accounts.members.is_privileged(user)


def test_the_operators_first_key_makes_one_for_the_branch(place: Town) -> None:
    scope = Scope(account=place.default.id, actor="cli")
    first = place.api_keys.create(scope, name="first", permissions=list(Bundle))
    by = place.api_keys.standing(first.key.id, place.default.id)
    assert place.api_keys.create(scope, name="wide", permissions=[Bundle.READ], reach=Reach.BRANCH, by=by).key.reach is Reach.BRANCH
