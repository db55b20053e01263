"""What two people do to accounts at the same moment, over SQLite: never a circle, never an account without an owner, never more than one may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from listbackup.backends.events.outbox import OutboxEvents
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.clock import SystemClock
from listbackup.base.errors import ListBackupError, NotFound
from listbackup.base.ids import UserId, new_id
from listbackup.http.permission import Permission
from listbackup.services.accounts import Account, Accounts, ApiKeys, Limit, Role, TreeSettings, machine
from listbackup.services.desk import Desk
from listbackup.testing.tenancy import NotedKeys
from listbackup.testing.together import in_threads_each

ROUNDS = 40


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    tables = SqliteTables(tmp_path / "control.db")
    yield Accounts(Desk(tables, OutboxEvents(tables), SystemClock()), NotedKeys(), settings=TreeSettings(max_depth=4, fan_out=3))
    tables.close()


def person() -> UserId:
    return UserId(new_id("usr", 1))


def tried(act: Callable[[], object], done: list[str], name: str) -> Callable[[], None]:
    """The act, noted under its name when it succeeds; what is refused is refused."""

    def run() -> None:
        try:
            act()
        except ListBackupError:
            return
        done.append(name)

    return run


def made(accounts: Accounts, owner: UserId, parent: Account, name: str) -> Account:
    return accounts.create_below(parent.id, name, by=accounts.members.standing(owner, parent.id))


def test_two_moves_at_once_make_no_circle(accounts: Accounts) -> None:
    owner = person()
    top = accounts.open_for(owner, "top")
    a, b = made(accounts, owner, top, "a"), made(accounts, owner, top, "b")
    by = accounts.members.standing
    for _ in range(ROUNDS):
        done: list[str] = []
        in_threads_each(
            tried(lambda: accounts.move(a.id, b.id, by=by(owner, top.id), new_end=by(owner, b.id)), done, "a"),
            tried(lambda: accounts.move(b.id, a.id, by=by(owner, top.id), new_end=by(owner, a.id)), done, "b"),
        )
        assert len(done) == 1
        assert accounts.tree.chain(a.id).top.id == accounts.tree.chain(b.id).top.id == top.id
        moved = {"a": a, "b": b}[done[0]]
        accounts.move(moved.id, top.id, by=by(owner, accounts.get(moved.id).parent or ""), new_end=by(owner, top.id))


def test_two_owners_who_leave_or_demote_each_other_at_once_leave_one(accounts: Accounts) -> None:
    members = accounts.members
    for _ in range(ROUNDS):
        one, other = person(), person()
        top = accounts.open_for(one, "top")
        members.add(top.id, other, Role.OWNER, by=members.standing(one, top.id))
        first, second = members.standing(one, top.id), members.standing(other, top.id)
        in_threads_each(
            tried(lambda top=top, other=other, first=first: members.set_role(top.id, other, Role.VIEWER, by=first), [], ""),
            tried(lambda top=top, one=one, second=second: members.remove(top.id, one, by=second), [], ""),
            tried(lambda top=top, one=one: members.leave(one, top.id), [], ""),
        )
        assert len(members.owners(top.id)) == members.count(top.id)[0] == 1


def test_whoever_is_demoted_at_this_moment_gives_either_before_it_or_not_at_all(accounts: Accounts) -> None:
    """The friend has the role only when the trail tells of it before the demotion."""
    owner, members = person(), accounts.members
    top = accounts.open_for(owner, "top")
    for _ in range(ROUNDS):
        admin, friend, done = person(), person(), list[str]()
        members.add(top.id, admin, Role.ADMIN, by=members.standing(owner, top.id))
        held = members.standing(admin, top.id)
        in_threads_each(
            tried(lambda friend=friend, held=held: members.add(top.id, friend, Role.ADMIN, by=held), done, "given"),
            tried(lambda admin=admin: members.remove(top.id, admin, by=members.standing(owner, top.id)), done, "removed"),
        )
        assert "removed" in done
        assert (members.find(top.id, friend) is not None) == ("given" in done)
        with pytest.raises(NotFound):
            members.add(top.id, person(), Role.VIEWER, by=held)


def test_no_more_children_than_fit_however_many_ask_at_once(accounts: Accounts) -> None:
    owner = person()
    for _ in range(ROUNDS // 4):
        top, done = accounts.open_for(owner, "top"), list[str]()
        asks = [tried(lambda top=top: made(accounts, owner, top, "child"), done, "made") for _ in range(8)]
        in_threads_each(*asks)
        assert len(done) == len(accounts.list(parent=top.id).items) == 3


def test_a_branch_grows_and_moves_at_once_and_is_never_too_deep(accounts: Accounts) -> None:
    owner = person()
    by = accounts.members.standing
    for _ in range(ROUNDS // 2):
        top, other = accounts.open_for(owner, "top"), accounts.open_for(owner, "other")
        below = made(accounts, owner, top, "below")
        a = made(accounts, owner, other, "a")
        b = made(accounts, owner, a, "b")
        in_threads_each(
            tried(lambda b=b: made(accounts, owner, b, "c"), [], ""),
            tried(
                lambda a=a, below=below, other=other: accounts.move(a.id, below.id, by=by(owner, other.id), new_end=by(owner, below.id)),
                [],
                "",
            ),
        )
        for account in accounts.iter_live():
            assert accounts.tree.chain(account.id).depth < 4


def test_a_role_that_is_given_and_deleted_at_once_is_there_or_given_to_nobody(accounts: Accounts) -> None:
    owner, roles, members = person(), accounts.roles, accounts.members
    top = accounts.open_for(owner, "top")
    for number in range(ROUNDS):
        role = roles.create(top.id, f"r{number}", [Permission.SOURCES_READ], by=machine("x"))
        user, done = person(), list[str]()
        in_threads_each(
            tried(lambda user=user, role=role: members.add(top.id, user, role.id, by=members.standing(owner, top.id)), done, "given"),
            tried(lambda role=role: roles.delete(top.id, role.id, by=machine("x")), done, "deleted"),
        )
        assert len(done) == 1
        assert (members.find(top.id, user) is not None) == (done == ["given"])


def test_of_people_who_become_the_first_owner_at_once_one_is(tmp_path: Path) -> None:
    for number in range(ROUNDS // 4):
        tables = SqliteTables(tmp_path / f"{number}.db")
        place, done = Accounts(Desk(tables, OutboxEvents(tables), SystemClock()), NotedKeys()), list[str]()
        default = place.ensure_default(actor="test")
        in_threads_each(*[tried(lambda place=place: place.set_first_owner(person()), done, "owner") for _ in range(4)])
        assert (done, place.members.count(default.id)) == (["owner"], (1, 1))
        tables.close()


def test_no_more_keys_than_the_plan_holds_however_many_ask_at_once(tmp_path: Path) -> None:
    tables = SqliteTables(tmp_path / "keys.db")
    desk = Desk(tables, OutboxEvents(tables), SystemClock())
    place = Accounts(desk, NotedKeys())
    keys, owner = ApiKeys(desk, place), person()
    for _ in range(ROUNDS // 4):
        top, done = place.open_for(owner, "top"), list[str]()
        place.limits.set(top.id, Limit(api_keys=2), by=machine("x"))
        scope = place.members.standing(owner, top.id).scope(top.id)
        in_threads_each(*[tried(lambda scope=scope: keys.create(scope, name="k"), done, "made") for _ in range(6)])
        assert len(done) == len(keys.list(scope).items) == 2
    tables.close()


def test_a_role_that_grows_while_it_is_given_is_not_given_by_who_lacks_what_it_came_to(accounts: Accounts) -> None:
    owner, roles, members = person(), accounts.roles, accounts.members
    top = accounts.open_for(owner, "top")
    may = roles.create(top.id, "clerk", [Permission.MEMBERS_MANAGE, Permission.SOURCES_READ], by=machine("x"))
    clerk, wider = person(), [Permission.SOURCES_READ, Permission.SOURCES_MANAGE]
    members.add(top.id, clerk, may.id, by=members.standing(owner, top.id))
    for number in range(ROUNDS):
        role = roles.create(top.id, f"r{number}", [Permission.SOURCES_READ], by=machine("x"))
        friend, order, by = person(), list[str](), members.standing(clerk, top.id)
        in_threads_each(
            tried(lambda friend=friend, role=role, by=by: members.add(top.id, friend, role.id, by=by), order, "given"),
            tried(lambda role=role: roles.change(top.id, role.id, permissions=wider, by=machine("x")), order, "grown"),
        )
        assert "grown" in order  # given before it grew, or not at all: never by the version that came after
        assert (members.find(top.id, friend) is not None) == ("given" in order)
