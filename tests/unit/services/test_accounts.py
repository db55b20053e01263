"""The tree of accounts, who may do what in it, and what holds where."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listbackup.base.errors import Conflict, InputError, NotFound
from listbackup.http.caller import AccountSuspended, NotAllowed, PlanLimit
from listbackup.http.permission import READS, Permission
from listbackup.services.accounts import ROLES, AccountState, Limit, Policy, Role, TreeSettings, machine
from listbackup.testing.tenancy import Town, town


@pytest.fixture
def place() -> Town:
    return town()


def test_a_role_counts_in_its_branch_and_neither_above_nor_beside_it(place: Town) -> None:
    top, owner = place.top("agency")
    left, right = place.below(top, "left", owner), place.below(top, "right", owner)
    leaf = place.below(left, "leaf", owner)
    admin = place.joins(left, "admin", Role.ADMIN)
    members = place.accounts.members
    assert members.permissions(admin, left.id) == members.permissions(admin, leaf.id) == ROLES[Role.ADMIN]
    for foreign in (top, right, place.default):
        with pytest.raises(NotFound):
            members.permissions(admin, foreign.id)
    assert members.permissions(owner, leaf.id) == ROLES[Role.OWNER]


def test_only_the_owners_of_the_installations_account_operate_it(place: Town) -> None:
    operator, (other, stranger) = place.person("ada"), place.top("other")
    place.accounts.set_first_owner(operator)
    assert Permission.SYSTEM_OPERATE in place.accounts.members.permissions(operator, place.default.id)
    assert Permission.SYSTEM_OPERATE not in place.accounts.members.permissions(stranger, other.id)
    with pytest.raises(Conflict):
        place.accounts.set_first_owner(stranger)


def test_a_role_that_operates_the_installation_does_so_in_its_own_account_alone(place: Town) -> None:
    operator = place.person("ada")
    place.accounts.set_first_owner(operator)
    by = place.by(operator, place.default)
    role = place.accounts.roles.create(place.default.id, "Operators", [Permission.SYSTEM_OPERATE, Permission.SOURCES_READ], by=by)
    below, user = place.below(place.default, "below", operator), place.person("user")
    place.accounts.members.add(below.id, user, role.id, by=machine("test"))
    assert place.accounts.members.permissions(user, below.id) == {Permission.SOURCES_READ}
    place.accounts.members.add(place.default.id, user, role.id, by=by)
    assert Permission.SYSTEM_OPERATE in place.accounts.members.permissions(user, place.default.id)
    assert Permission.SYSTEM_OPERATE not in place.accounts.members.permissions(user, below.id)


def test_the_account_chosen_last_is_home_until_one_belongs_there_no_more(place: Town) -> None:
    (one, owner), members = place.top("one"), place.accounts.members
    two = place.accounts.open_for(owner, "two")
    assert members.home(owner) == two.id
    members.switch(owner, one.id)
    assert members.home(owner) == one.id
    members.add(one.id, place.person("heir"), Role.OWNER, by=place.by(owner, one))
    members.leave(owner, one.id)
    assert members.home(owner) == two.id
    assert members.home(place.person("nobody")) is None


def test_an_account_cannot_come_under_itself_nor_too_deep_nor_be_one_child_too_many() -> None:
    place = town(TreeSettings(max_depth=3, fan_out=2))
    top, owner = place.top("a")
    b = place.below(top, "b", owner)
    c = place.below(b, "c", owner)
    move, by = place.accounts.move, place.by(owner, top)
    with pytest.raises(Conflict, match="nest at most 3 deep"):
        place.below(c, "d", owner)
    with pytest.raises(Conflict, match="under itself"):
        move(b.id, c.id, by=by, new_end=place.by(owner, c))
    other = place.accounts.open_for(owner, "other")
    with pytest.raises(Conflict, match="nest at most 3 deep"):
        move(top.id, other.id, by=by, new_end=place.by(owner, other))
    assert move(b.id, other.id, by=by, new_end=place.by(owner, other)).parent == other.id
    place.below(top, "e", owner), place.below(top, "f", owner)
    with pytest.raises(Conflict, match="at most 2 directly below"):
        place.below(top, "g", owner)


def test_moving_takes_owners_of_both_ends(place: Town) -> None:
    here, owner = place.top("here")
    there, other = place.top("there")
    child = place.below(here, "child", owner)
    place.accounts.members.add(there.id, owner, Role.ADMIN, by=place.by(other, there))
    with pytest.raises(NotAllowed):
        place.accounts.move(child.id, there.id, by=place.by(owner, here), new_end=place.by(owner, there))
    place.accounts.members.set_role(there.id, owner, Role.OWNER, by=place.by(other, there))
    moved = place.accounts.move(child.id, there.id, by=place.by(owner, here), new_end=place.by(owner, there))
    assert place.accounts.tree.chain(moved.id).ids == [child.id, there.id]
    for end in (here, there, child):
        assert "account:account:moved" in [line.action for line in place.activities.list(place.accounts.enter(end.id, actor="x")).items]


def test_an_account_that_is_to_stand_alone_needs_an_owner_of_its_own(place: Town) -> None:
    top, owner = place.top("agency")
    client = place.below(top, "client", owner)
    with pytest.raises(Conflict, match="owner of its own"):
        place.accounts.move(client.id, None, by=place.by(owner, top))
    heir = place.joins(client, "heir", Role.OWNER)
    assert place.accounts.move(client.id, None, by=place.by(owner, top)).parent is None
    assert not place.accounts.members.reaches(owner, client.id)
    with pytest.raises(Conflict, match="last"):
        place.accounts.members.leave(heir, client.id)


def test_nobody_gives_or_takes_more_than_their_own(place: Town) -> None:
    top, owner = place.top("agency")
    admin, viewer = place.joins(top, "admin", Role.ADMIN), place.joins(top, "viewer")
    by, members = place.by(admin, top), place.accounts.members
    for act in (
        lambda: members.add(top.id, place.person("new"), Role.OWNER, by=by),
        lambda: members.set_role(top.id, viewer, Role.OWNER, by=by),
        lambda: members.set_role(top.id, owner, Role.VIEWER, by=by),
        lambda: members.remove(top.id, owner, by=by),
        lambda: place.tenancy.invitations.create(top.id, "x@example.com", Role.OWNER, by=by),
        lambda: place.accounts.roles.create(top.id, "more", [Permission.ACCOUNTS_DELETE], by=by),
        lambda: members.set_role(top.id, viewer, Role.ADMIN, by=place.by(viewer, top)),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert members.set_role(top.id, viewer, Role.ADMIN, by=by).role == Role.ADMIN


def test_who_gives_a_role_must_still_have_it_when_it_is_written(place: Town) -> None:
    """A standing that was read before its holder was demoted gives nothing any more."""
    top, owner = place.top("agency")
    admin = place.joins(top, "admin", Role.ADMIN)
    stale = place.by(admin, top)
    place.accounts.members.set_role(top.id, admin, Role.VIEWER, by=place.by(owner, top))
    with pytest.raises(NotAllowed):
        place.accounts.members.add(top.id, place.person("friend"), Role.ADMIN, by=stale)


def test_a_custom_role_is_felt_at_once_and_stays_while_somebody_has_it(place: Town) -> None:
    top, owner = place.top("agency")
    client, roles, by = place.below(top, "client", owner), place.accounts.roles, place.by(owner, top)
    role = roles.create(top.id, "Restorer", [Permission.RESTORES_EXECUTE, Permission.SOURCES_READ], by=by)
    with pytest.raises(Conflict):
        roles.create(top.id, "restorer", [Permission.SOURCES_READ], by=by)
    user = place.joins(client, "rita", role.id)
    assert place.accounts.members.permissions(user, client.id) == {Permission.RESTORES_EXECUTE, Permission.SOURCES_READ}
    roles.change(top.id, role.id, permissions=[Permission.SOURCES_READ], by=by)
    assert place.accounts.members.permissions(user, client.id) == {Permission.SOURCES_READ}
    with pytest.raises(Conflict, match="is given to"):
        roles.delete(top.id, role.id, by=by)
    place.accounts.members.remove(client.id, user, by=by)
    roles.delete(top.id, role.id, by=by)
    other, stranger = place.top("other")
    with pytest.raises(InputError):
        place.accounts.members.add(other.id, place.person("x"), role.id, by=place.by(stranger, other))


def test_a_team_gives_its_people_its_roles_where_it_has_them(place: Town) -> None:
    top, owner = place.top("agency")
    client, other = place.below(top, "client", owner), place.below(top, "other", owner)
    teams, by, user = place.tenancy.teams, place.by(owner, top), place.joins(top, "tim")
    team = teams.create(top.id, "support", by=by)
    teams.give_role(top.id, team.id, client.id, Role.OPERATOR, by=place.by(owner, client))
    assert place.accounts.members.permissions(user, client.id) == READS
    teams.add(top.id, team.id, user, by=by)
    assert place.accounts.members.permissions(user, client.id) == ROLES[Role.OPERATOR] | READS
    assert place.accounts.members.permissions(user, other.id) == READS
    place.accounts.members.remove(top.id, user, by=by)
    with pytest.raises(NotFound):
        place.accounts.members.permissions(user, client.id)
    assert teams.people(top.id, team.id).items == []


def test_nobody_enters_a_team_through_who_may_do_less_than_it(place: Town) -> None:
    top, owner = place.top("agency")
    client, admin, mate = place.below(top, "client", owner), place.joins(top, "admin", Role.ADMIN), place.joins(top, "mate")
    teams = place.tenancy.teams
    team = teams.create(top.id, "owners", by=place.by(owner, top))
    teams.give_role(top.id, team.id, client.id, Role.OWNER, by=place.by(owner, client))
    for act in (
        lambda: teams.add(top.id, team.id, mate, by=place.by(admin, top)),
        lambda: teams.delete(top.id, team.id, by=place.by(admin, top)),
        lambda: teams.give_role(top.id, team.id, top.id, Role.OWNER, by=place.by(admin, top)),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_policy_is_inherited_and_tightened_and_never_loosened(place: Town) -> None:
    top, owner = place.top("agency")
    client, policies, by = place.below(top, "client", owner), place.accounts.policies, place.by(owner, top)
    policies.set(top.id, Policy(min_retention=timedelta(days=30), may_restore=("owner", "admin"), allowed_platforms=("a", "b")), by=by)
    for looser, named in (
        (Policy(min_retention=timedelta(days=7)), "min_retention_days"),
        (Policy(may_restore=("owner", "viewer")), "may_restore"),
        (Policy(allowed_platforms=("c",)), "allowed_platforms"),
    ):
        with pytest.raises(InputError) as refused:
            policies.set(client.id, looser, by=by)
        assert refused.value.field == named
    policies.set(client.id, Policy(min_retention=timedelta(days=60), mfa_required=True, allowed_platforms=("a",)), by=by)
    found = policies.of(place.accounts.tree.chain(client.id))
    assert found.policy == Policy(
        min_retention=timedelta(days=60), mfa_required=True, may_restore=("admin", "owner"), allowed_platforms=("a",)
    )
    assert found.origins == {"min_retention": client.id, "mfa_required": client.id, "may_restore": top.id, "allowed_platforms": client.id}
    policies.set(top.id, Policy(min_retention=timedelta(days=90), mfa_required=True), by=by)
    assert policies.effective(client.id).min_retention == timedelta(days=90)
    with pytest.raises(InputError) as refused:
        policies.set(client.id, Policy(mfa_required=False), by=by)
    assert refused.value.field == "mfa_required"


def test_only_the_roles_that_a_policy_names_restore(place: Town) -> None:
    top, owner = place.top("agency")
    operator = place.joins(top, "op", Role.OPERATOR)
    key = place.api_keys.create(place.accounts.enter(top.id, actor=operator), name="k", by=machine("cli")).key
    assert Permission.RESTORES_EXECUTE in place.accounts.members.permissions(operator, top.id)
    place.accounts.policies.set(top.id, Policy(may_restore=("admin",)), by=place.by(owner, top))
    for user in (operator, owner):
        assert Permission.RESTORES_EXECUTE not in place.accounts.members.permissions(user, top.id)
    assert Permission.RESTORES_EXECUTE not in place.api_keys.permissions(key.id, top.id)


def test_limits_hold_for_every_account_below_and_least_wins(place: Town) -> None:
    top, owner = place.top("agency")
    client = place.below(top, "client", owner)
    place.accounts.limits.set(top.id, Limit(members=2, sub_accounts=2), by=machine("operator"))
    place.joins(client, "one"), place.joins(client, "two")
    with pytest.raises(PlanLimit):
        place.joins(client, "three")
    place.accounts.limits.set(client.id, Limit(members=5), by=place.by(owner, top))
    assert place.accounts.limits.effective(client.id).members == 2
    place.below(top, "second", owner)
    with pytest.raises(PlanLimit):
        place.below(top, "third", owner)


def test_what_is_suspended_is_looked_at_and_nothing_else_and_so_is_all_below(place: Town) -> None:
    top, owner = place.top("agency")
    client = place.below(top, "client", owner)
    leaf, own = place.below(client, "leaf", owner), place.joins(client, "own", Role.OWNER)
    place.tenancy.lifecycle.suspend(client.id, "unpaid", by=place.tenancy.authority.above(owner, client.id))
    for account in (client, leaf):
        assert place.accounts.state(account.id) is AccountState.SUSPENDED
        assert place.accounts.members.permissions(own, account.id) == READS
    with pytest.raises(AccountSuspended):
        place.accounts.rename(client.id, "x", by=place.by(own, client))
    with pytest.raises(NotAllowed):
        place.tenancy.authority.above(own, client.id)
    assert client.id not in [one.id for one in place.accounts.iter_active()]
    place.tenancy.lifecycle.resume(client.id, by=place.tenancy.authority.above(owner, client.id))
    assert place.accounts.members.permissions(own, leaf.id) == ROLES[Role.OWNER]


def test_the_installation_suspends_accounts_at_the_top_and_nobody_else_does(place: Town) -> None:
    operator, (top, owner) = place.person("operator"), place.top("agency")
    place.accounts.set_first_owner(operator)
    with pytest.raises(NotAllowed):
        place.tenancy.authority.above(owner, top.id)
    place.tenancy.lifecycle.suspend(top.id, "abuse", by=place.tenancy.authority.above(operator, top.id))
    assert place.accounts.members.permissions(owner, top.id) == READS
    with pytest.raises(Conflict):
        place.tenancy.lifecycle.suspend(place.default.id, "oneself", by=place.tenancy.authority.above(operator, place.default.id))
    stranger = place.person("stranger")
    with pytest.raises(NotFound):
        place.tenancy.authority.above(stranger, top.id)


def test_facts_of_every_act_are_in_the_trail_with_their_actor(place: Town) -> None:
    top, owner = place.top("agency")
    place.accounts.rename(top.id, "Agency", by=place.by(owner, top))
    lines = place.activities.list(place.accounts.enter(top.id, actor="x")).items
    assert [(line.action, line.actor) for line in lines] == [
        ("account:account:renamed", owner),
        ("account:member:added", owner),
        ("account:account:created", owner),
    ]
