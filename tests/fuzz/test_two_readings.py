"""What one person judges while another changes it: the other comes before each reading of an act in turn, and nothing is done by what was true a moment ago."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from listbackup.backends.table.port import Absent, Check, ConditionFailed, Equals, Exists, Put
from listbackup.base.ids import UserId
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import Credentials, Ground, Session
from listbackup.http.permission import Permission
from listbackup.services.accounts import Limit, Reach, Role, machine
from listbackup.services.accounts.acts import joined
from listbackup.services.accounts.custom_roles import MOST_ROLES
from listbackup.services.accounts.invitations import MOST_AN_HOUR
from listbackup.services.accounts.table import API_KEYS
from listbackup.services.data import ExportFormat
from listbackup.services.exports.service import MAX_ACTIVE
from listbackup.services.jobs import Timetable
from listbackup.services.platforms import Platforms
from listbackup.services.runs import Means, Work
from listbackup.services.users import Admission, Registration
from listbackup.testing.http import MemoryHouse
from listbackup.testing.identity import PASSWORD
from listbackup.testing.interruption import InterruptedTables, at_every_reading
from listbackup.testing.platform import FakeConnector, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms
from listbackup.testing.tenancy import town

FEW = 3


def told(story: Callable[[InterruptedTables], object], *, readings: int = FEW, only_before_writing: bool = False) -> None:
    """The act had at least a few readings to come between."""
    assert at_every_reading(story, only_before_writing=only_before_writing) >= readings  # type: ignore[arg-type]


# people and their rights


def test_of_two_first_owners_one_is_the_first() -> None:
    def story(tables: InterruptedTables) -> object:
        place = town(tables=tables)
        one, other = place.person("one"), place.person("other")

        def judge(_: bool) -> None:
            assert place.accounts.members.count(place.default.id) == (1, 1)

        return lambda: place.accounts.set_first_owner(one), lambda: place.accounts.set_first_owner(other), judge

    told(story)


def test_nobody_gives_a_role_that_has_just_become_more_than_their_own() -> None:
    def story(tables: InterruptedTables) -> object:
        place = town(tables=tables)
        top, owner = place.top("top")
        may = [Permission.MEMBERS_MANAGE, Permission.SOURCES_READ]
        small = place.accounts.roles.create(top.id, "small", [Permission.SOURCES_READ], by=machine("x"))
        clerk = place.joins(top, "clerk", place.accounts.roles.create(top.id, "clerk", may, by=machine("x")).id)
        friend, by = place.person("friend"), place.by(clerk, top)
        wider = [Permission.SOURCES_READ, Permission.SOURCES_MANAGE]

        def judge(_: bool) -> None:
            given = place.accounts.members.find(top.id, friend) is not None
            assert not given or Permission.SOURCES_MANAGE not in place.by(friend, top).permissions

        return (
            lambda: place.accounts.members.add(top.id, friend, small.id, by=by),
            lambda: place.accounts.roles.change(top.id, small.id, permissions=wider, by=place.by(owner, top)),
            judge,
        )

    told(story, only_before_writing=True)


def test_nobody_takes_a_role_that_has_just_become_more_than_their_own() -> None:
    def story(tables: InterruptedTables) -> object:
        place = town(tables=tables)
        top, owner = place.top("top")
        may = [Permission.MEMBERS_MANAGE, Permission.SOURCES_READ]
        small = place.accounts.roles.create(top.id, "small", [Permission.SOURCES_READ], by=machine("x"))
        clerk = place.joins(top, "clerk", place.accounts.roles.create(top.id, "clerk", may, by=machine("x")).id)
        colleague, by = place.joins(top, "colleague", small.id), place.by(clerk, top)
        wider = [Permission.SOURCES_READ, Permission.SOURCES_MANAGE]

        def judge(_: bool) -> None:
            widened = Permission.SOURCES_MANAGE in place.accounts.roles.get(top.id, small.id).permissions
            assert not widened or place.accounts.members.find(top.id, colleague) is not None

        return (
            lambda: place.accounts.members.remove(top.id, colleague, by=by),
            lambda: place.accounts.roles.change(top.id, small.id, permissions=wider, by=place.by(owner, top)),
            judge,
        )

    told(story, only_before_writing=True)


def test_whoever_ran_the_account_above_changes_nothing_in_one_that_was_just_moved_away() -> None:
    def story(tables: InterruptedTables) -> object:
        place = town(tables=tables)
        left, agency = place.top("left")
        right, _ = place.top("right")
        client = place.below(left, "client", agency)
        by = place.by(agency, client)

        def move() -> None:
            place.accounts.move(client.id, right.id, by=machine("x"), new_end=machine("x"))

        def judge(_: bool) -> None:
            moved = place.accounts.get(client.id).parent == right.id
            assert not moved or place.accounts.get(client.id).name == "client"

        return lambda: place.accounts.rename(client.id, "mine", by=by), move, judge

    told(story, only_before_writing=True)


def test_a_key_of_a_branch_does_nothing_in_an_account_that_just_left_it() -> None:
    def story(tables: InterruptedTables) -> object:
        place = town(tables=tables)
        left, owner = place.top("left")
        right, _ = place.top("right", owner)
        client = place.below(left, "client", owner)
        scope = place.by(owner, left).scope(left.id)
        made = place.api_keys.create(
            scope,
            name="k",
            permissions=[Permission.ACCOUNTS_READ, Permission.ACCOUNTS_MANAGE],
            reach=Reach.BRANCH,
            by=place.by(owner, left),
        )

        def judge(_: bool) -> None:
            moved = place.accounts.get(client.id).parent == right.id
            assert not moved or place.accounts.get(client.id).name == "client"

        return (
            lambda: place.accounts.rename(client.id, "mine", by=place.api_keys.standing(made.key.id, client.id)),
            lambda: place.accounts.move(client.id, right.id, by=machine("x"), new_end=machine("x")),
            judge,
        )

    told(story, only_before_writing=True)


def test_who_lost_a_permission_of_their_role_at_this_moment_no_longer_acts_by_it() -> None:
    def story(tables: InterruptedTables) -> object:
        place = town(tables=tables)
        top, owner = place.top("top")
        role = place.accounts.roles.create(top.id, "r", [Permission.MEMBERS_MANAGE, Permission.SOURCES_READ], by=machine("x"))
        clerk, friend = place.joins(top, "clerk", role.id), place.joins(top, "friend", Role.VIEWER)
        by, narrower = place.by(clerk, top), [Permission.SOURCES_READ]
        team = place.tenancy.teams.create(top.id, "team", by=place.by(owner, top))

        def judge(done: bool) -> None:
            narrowed = place.accounts.roles.get(top.id, role.id).permissions == (Permission.SOURCES_READ,)
            assert not (narrowed and friend in place.tenancy.teams.people(top.id, team.id).items)

        return (
            lambda: place.tenancy.teams.add(top.id, team.id, friend, by=by),
            lambda: place.accounts.roles.change(top.id, role.id, permissions=narrower, by=place.by(owner, top)),
            judge,
        )

    told(story, only_before_writing=True)


# counts


def test_no_more_keys_roles_and_invitations_than_may_be() -> None:
    def keys(tables: InterruptedTables) -> object:
        place = town(tables=tables)
        top, owner = place.top("top")
        place.accounts.limits.set(top.id, Limit(api_keys=1), by=machine("x"))
        scope = place.by(owner, top).scope(top.id)

        def judge(_: bool) -> None:
            assert len(place.api_keys.list(scope).items) == 1

        return lambda: place.api_keys.create(scope, name="a"), lambda: place.api_keys.create(scope, name="b"), judge

    def roles(tables: InterruptedTables) -> object:
        place = town(tables=tables)
        top, _ = place.top("top")
        for number in range(MOST_ROLES - 1):
            place.accounts.roles.create(top.id, f"r{number}", [Permission.SOURCES_READ], by=machine("x"))

        def make(name: str) -> Callable[[], object]:
            return lambda: place.accounts.roles.create(top.id, name, [Permission.SOURCES_READ], by=machine("x"))

        def judge(_: bool) -> None:
            assert len(place.accounts.roles.own(top.id)) == MOST_ROLES

        return make("one"), make("other"), judge

    def letters(tables: InterruptedTables) -> object:
        place = town(tables=tables)
        top, owner = place.top("top")
        asks = lambda name: place.tenancy.invitations.create(top.id, f"{name}@example.com", Role.VIEWER, by=place.by(owner, top))  # noqa: E731
        for number in range(MOST_AN_HOUR - 1):
            asks(str(number))

        def judge(_: bool) -> None:
            assert len(place.tenancy.invitations.list(top.id).items) == MOST_AN_HOUR

        return lambda: asks("one"), lambda: asks("other"), judge

    for story in (keys, roles, letters):
        told(story)


def test_an_address_holds_one_invitation_to_an_account() -> None:
    def story(tables: InterruptedTables) -> object:
        place = town(tables=tables)
        top, owner = place.top("top")
        ask = lambda: place.tenancy.invitations.create(top.id, "eve@example.com", Role.VIEWER, by=place.by(owner, top))  # noqa: E731

        def judge(_: bool) -> None:
            assert len(place.tenancy.invitations.list(top.id).items) == 1

        return ask, ask, judge

    told(story)


def test_an_invitation_that_ran_out_takes_nothing_from_the_one_that_followed_it() -> None:
    place = town()
    top, owner = place.top("top")
    ask = lambda: place.tenancy.invitations.create(top.id, "eve@example.com", Role.VIEWER, by=place.by(owner, top))  # noqa: E731
    old = ask()
    place.clock.advance(timedelta(hours=73))
    new = ask()
    place.tenancy.invitations.revoke(top.id, old.id, by=place.by(owner, top))
    with pytest.raises(Exception, match="invitation already"):
        ask()
    assert place.tenancy.invitations.get(top.id, new.id).state.value == "pending"


def house_over(tables: InterruptedTables, connector: FakeConnector | None = None) -> Rooms:
    world = fake_platform(fake_stream("contacts"))
    world.put("contacts", 1, name="one")
    house = rooms([connector or FakeConnector(world)], tables=tables, means=Means(maintain=False))
    house.connections.create(house.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    return house


def test_no_more_connections_sources_and_exports_than_may_be() -> None:
    def connections(tables: InterruptedTables) -> object:
        house = house_over(tables)
        house.accounts.limits.set(house.scope.account, Limit(connections=2), by=machine("x"))

        def make(name: str) -> Callable[[], object]:
            return lambda: house.connections.create(house.scope, platform="fake", name=name, values={}, secrets={"token": Secret("good")})

        def judge(_: bool) -> None:
            assert len(house.connections.list(house.scope).items) == 2

        return make("one"), make("other"), judge

    def sources(tables: InterruptedTables) -> object:
        house = house_over(tables)
        house.accounts.limits.set(house.scope.account, Limit(sources=1), by=machine("x"))

        def make(name: str) -> Callable[[], object]:
            return lambda: house.sources.create(house.scope, connection="shop", name=name)

        def judge(_: bool) -> None:
            assert len(house.sources.list(house.scope).items) == 1

        return make("one"), make("other"), judge

    def exports(tables: InterruptedTables) -> object:
        house = house_over(tables)
        source = house.sources.create(house.scope, connection="shop", name="crm").id
        house.runs.backup(house.scope, source, Work(owner="test"))
        snapshot = house.data.snapshot(house.scope, source)
        start = lambda: house.exports.start(house.scope, source, snapshot, form=ExportFormat.JSONL)  # noqa: E731
        for _ in range(MAX_ACTIVE - 1):
            start()

        def judge(_: bool) -> None:
            assert len(house.exports.list(house.scope).items) == MAX_ACTIVE

        return start, start, judge

    for story in (connections, sources, exports):
        told(story)


# what belongs together


def test_a_source_is_not_made_over_a_connection_that_goes_at_this_moment() -> None:
    def story(tables: InterruptedTables) -> object:
        house = house_over(tables)

        def judge(_: bool) -> None:
            left = [one.name for one in house.connections.list(house.scope).items]
            assert left == ["shop"] or house.sources.list(house.scope).items == []

        create = lambda: house.sources.create(house.scope, connection="shop", name="crm")  # noqa: E731
        delete = lambda: house.connections.delete(house.scope, "shop")  # noqa: E731
        return create, delete, judge

    def turned(tables: InterruptedTables) -> object:
        create, delete, judge = story(tables)  # type: ignore[misc]
        return delete, create, judge

    told(story)
    told(turned)


def test_new_secrets_never_go_where_the_connection_led_before() -> None:
    class Noting(FakeConnector):
        seen: list[tuple[str, str]]

        def open(self, credentials: Credentials, ground: Ground) -> Session:
            self.seen.append((credentials.values.get("url", ""), credentials.text("token") or ""))
            return super().open(replace(credentials, secrets={"token": Secret("good")}), ground)

    def story(tables: InterruptedTables) -> object:
        connector = Noting(fake_platform(fake_stream("contacts")))
        connector.seen = []
        house = house_over(tables, connector)
        reconnect = lambda: house.connections.reconnect(house.scope, "shop", values={"url": "new"}, secrets={"token": Secret("new")})  # noqa: E731

        def judge(_: bool) -> None:
            assert set(connector.seen) <= {("memory", "good"), ("new", "new")}

        return lambda: house.connections.open(house.scope, "shop"), reconnect, judge

    told(story)


def test_a_job_that_is_paused_while_it_is_settled_stays_paused() -> None:
    def story(tables: InterruptedTables) -> object:
        house = house_over(tables)
        house.sources.create(house.scope, connection="shop", name="crm")
        house.jobs.create(house.scope, source="crm", timetable=Timetable(every=timedelta(minutes=15)))
        house.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
        (due,) = house.jobs.claim_due()

        def judge(_: bool) -> None:
            found = house.jobs.get(house.scope, "crm")
            assert not found.paused or found.due_at is None

        return lambda: house.jobs.settle(house.scope, due), lambda: house.jobs.pause(house.scope, "crm"), judge

    told(story, readings=1)


def test_an_account_that_was_asked_for_at_registration_is_opened_once() -> None:
    def story(tables: InterruptedTables) -> object:
        house = MemoryHouse(rooms([], tables=tables), Platforms([]))
        registration = Registration(house.doors.ground, house.auth, house.users, house.accounts, admission=Admission.OPEN)
        user = house.doors.auth.create_verified("ada@example.com", PASSWORD, by="test").id
        tables.open(registration._waiting.spec).put({"pk": user, "sk": "account", "name": "Engines"})

        def judge(_: bool) -> None:
            assert len(house.accounts.members.entries(UserId(user))) == 1

        return lambda: registration.settle(user), lambda: registration.settle(user), judge

    told(story)


# demands on one item


def test_two_demands_on_an_item_are_both_made_or_contradict_each_other() -> None:
    table = InterruptedTables().open(API_KEYS)
    check = lambda condition: (table, Check(pk="a", sk="b", if_=condition))  # noqa: E731
    put = lambda condition: (table, Put(item={"pk": "a", "sk": "b"}, if_=condition))  # noqa: E731
    one, two, other = Equals({"version": 1}), Equals({"version": 2}), Equals({"uses": 0})
    assert joined([check(one), put(other)]) == [put(Equals({"version": 1, "uses": 0}))]
    assert joined([put(None), check(one)]) == [put(one)]
    assert joined([check(Exists()), check(one)]) == [check(one)]
    assert joined([check(one), check(one)]) == [check(one)]
    for pair in ([check(one), put(two)], [check(one), check(two)], [check(Absent()), put(one)], [check(Exists()), put(Absent())]):
        with pytest.raises(ConditionFailed):
            joined(pair)
