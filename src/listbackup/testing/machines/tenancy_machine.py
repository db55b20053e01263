"""A state machine that tells the accounts and a plain model the same things: who may do what, where, after any story of moves, roles, deletions and days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from listbackup.base.errors import ListBackupError, NotFound
from listbackup.base.ids import AccountId, UserId
from listbackup.http.permission import READS, Permission
from listbackup.services.accounts import RESTS, ROLES, Account, Role, Standing, TreeSettings
from listbackup.testing.tenancy import Town, town

DEPTH, FAN_OUT = 3, 2
_PEOPLE = st.integers(0, 3)
_ACCOUNTS = st.integers(0, 9)
_ROLES = st.sampled_from(list(Role))


@dataclass
class Known:
    """What the model knows of an account."""

    parent: str | None
    roles: dict[str, Role] = field(default_factory=dict)
    suspended: bool = False
    trashed_for: timedelta | None = None


class TenancyMachine(RuleBasedStateMachine):
    """Whatever people do to accounts, the accounts and a dict agree on what happened and on what everybody may do."""

    def __init__(self) -> None:
        super().__init__()
        self.town: Town = town(TreeSettings(max_depth=DEPTH, fan_out=FAN_OUT))
        self.town.tenancy.keep_house()
        self.people = [self.town.person(f"p{number}") for number in range(4)]
        self.model: dict[str, Known] = {}
        self.names: list[str] = []  # every account there ever was
        self._settle()

    def _settle(self) -> None:
        """Some accounts with some people, so that a story begins where something can happen: a > b > c, and d."""
        ada, bob, cyd, dan = self.people
        accounts, members = self.town.accounts, self.town.accounts.members
        a = self._note(accounts.open_for(ada, "a"), {ada: Role.OWNER})
        b = self._note(accounts.create_below(a, "b", by=self.standing(ada, a)), {cyd: Role.OWNER})
        c = self._note(accounts.create_below(b, "c", by=self.standing(ada, b)), {dan: Role.OPERATOR})
        d = self._note(accounts.open_for(dan, "d"), {dan: Role.OWNER, ada: Role.OWNER})
        self.model[a].roles[bob] = Role.ADMIN
        for where, whom, role in ((a, bob, Role.ADMIN), (b, cyd, Role.OWNER), (c, dan, Role.OPERATOR)):
            members.add(where, whom, role, by=self.standing(ada, where))
        members.add(d, ada, Role.OWNER, by=self.standing(dan, d))

    def _note(self, made: Account, roles: dict[str, Role]) -> str:
        self.model[made.id] = Known(parent=made.parent, roles=roles)
        self.names.append(made.id)
        return made.id

    # the model

    def chain(self, account: str) -> list[str]:
        """The account and all above it."""
        found = [account]
        while (above := self.model[found[-1]].parent) is not None:
            found.append(above)
        return found

    def granted(self, user: str, account: str) -> frozenset[Permission] | None:
        """What the model lets somebody do; None: the account is absent to them."""
        if account not in self.model or any(self.model[one].trashed_for is not None for one in self.chain(account)):
            return None
        roles = [self.model[one].roles[user] for one in self.chain(account) if user in self.model[one].roles]
        return frozenset().union(*(ROLES[role] for role in roles)) if roles else None

    def usable(self, user: str, account: str) -> frozenset[Permission] | None:
        """The same, as far as nothing above is suspended."""
        all_ = self.granted(user, account)
        is_suspended = all_ is not None and any(self.model[one].suspended for one in self.chain(account))
        return all_ & READS if all_ is not None and is_suspended else all_

    def may(self, user: str, account: str | None, *permissions: Permission) -> bool:
        """Whether the model lets somebody do all of these there."""
        held = self.usable(user, account) if account is not None else None
        return held is not None and set(permissions) <= held

    def children(self, account: str) -> list[str]:
        """Those directly below, in the trash too."""
        return [name for name, known in self.model.items() if known.parent == account]

    def height(self, account: str) -> int:
        """How many levels there are from here down."""
        return 1 + max((self.height(child) for child in self.children(account)), default=0)

    def owners(self, account: str) -> list[str]:
        """Who owns it itself."""
        return [user for user, role in self.model[account].roles.items() if role is Role.OWNER]

    def some(self, number: int) -> str | None:
        """One of the accounts there ever were."""
        return self.names[number % len(self.names)] if self.names else None

    def agree(self, allowed: bool, act: Callable[[], object]) -> bool:
        """The act succeeds just when the model says so."""
        try:
            act()
            done, why = True, "done"
        except ListBackupError as error:
            done, why = False, error.message
        assert done == allowed, f"the model {'allows' if allowed else 'refuses'} it, and the accounts say: {why}"
        return done

    def standing(self, user: UserId, account: str) -> Standing:
        """What somebody may do there. Raises NotFound."""
        return self.town.accounts.members.standing(user, account)

    # stories

    @rule(who=_PEOPLE)
    def open(self, who: int) -> None:
        """Somebody opens an account at the top."""
        if len(self.names) < 12:
            made = self.town.accounts.open_for(self.people[who], f"top{len(self.names)}")
            self.model[made.id] = Known(parent=None, roles={self.people[who]: Role.OWNER})
            self.names.append(made.id)

    @rule(who=_PEOPLE, where=_ACCOUNTS)
    def open_below(self, who: int, where: int) -> None:
        """Somebody opens an account below another."""
        user, parent = self.people[who], self.some(where)
        if parent is None or len(self.names) >= 12:
            return
        may = self.may(user, parent, Permission.ACCOUNTS_MANAGE)
        fits = may and len(self.chain(parent)) < DEPTH and len(self.children(parent)) < FAN_OUT
        made: list[str] = []
        if self.agree(
            fits, lambda: made.append(self.town.accounts.create_below(parent, f"a{len(self.names)}", by=self.standing(user, parent)).id)
        ):
            self.model[made[0]] = Known(parent=parent)
            self.names.append(made[0])

    @rule(who=_PEOPLE, what=_ACCOUNTS, where=st.one_of(st.none(), _ACCOUNTS))
    def move(self, who: int, what: int, where: int | None) -> None:
        """Somebody moves an account with all below it."""
        user, account = self.people[who], self.some(what)
        parent = self.some(where) if where is not None else None
        if account is None:
            return
        here = self.model[account].parent if account in self.model else None
        allowed = (
            account in self.model
            and self.usable(user, account) is not None
            and here != parent
            and self.may(user, here or account, Permission.ACCOUNTS_DELETE)
            and (parent is None or self.may(user, parent, Permission.ACCOUNTS_DELETE))
        )
        if allowed and parent is None:
            allowed = bool(self.owners(account))
        elif allowed and parent is not None:
            fits = len(self.chain(parent)) + self.height(account) <= DEPTH and len(self.children(parent)) < FAN_OUT
            allowed = account not in self.chain(parent) and fits

        def act() -> None:
            by = self.standing(user, here or account)
            self.town.accounts.move(account, parent, by=by, new_end=self.standing(user, parent) if parent is not None else None)

        if self.agree(allowed, act):
            self.model[account].parent = parent

    @rule(who=_PEOPLE, whom=_PEOPLE, where=_ACCOUNTS, role=_ROLES)
    def give(self, who: int, whom: int, where: int, role: Role) -> None:
        """Somebody gives somebody a role."""
        user, other, account = self.people[who], self.people[whom], self.some(where)
        if account is None:
            return
        known, members = self.model.get(account), self.town.accounts.members
        before = known.roles.get(other) if known is not None else None
        needed = ROLES[role] | (ROLES[before] if before is not None else frozenset())
        allowed = self.may(user, account, Permission.MEMBERS_MANAGE) and needed <= (self.granted(user, account) or frozenset())
        if known is not None and before is Role.OWNER and role is not Role.OWNER:
            allowed = allowed and not (known.parent is None and len(self.owners(account)) == 1)

        def act() -> object:
            by = self.standing(user, account)
            return members.add(account, other, role, by=by) if before is None else members.set_role(account, other, role, by=by)

        if self.agree(allowed, act):
            self.model[account].roles[other] = role

    @rule(who=_PEOPLE, whom=_PEOPLE, where=_ACCOUNTS)
    def remove(self, who: int, whom: int, where: int) -> None:
        """Somebody removes somebody, or leaves."""
        user, other, account = self.people[who], self.people[whom], self.some(where)
        if account is None:
            return
        known, members = self.model.get(account), self.town.accounts.members
        role = known.roles.get(other) if known is not None else None
        lives = known is not None and self.granted(other, account) is not None
        allowed = known is not None and role is not None and lives
        if user != other:
            held = self.granted(user, account) or frozenset()
            allowed = allowed and self.may(user, account, Permission.MEMBERS_MANAGE) and ROLES[role or Role.OWNER] <= held
        if known is not None and role is Role.OWNER and known.parent is None and len(self.owners(account)) == 1:
            allowed = False
        act: Callable[[], object] = lambda: members.remove(account, other, by=self.standing(user, account))  # noqa: E731
        if self.agree(allowed, act if user != other else lambda: members.leave(user, account)):
            del self.model[account].roles[other]

    @rule(who=_PEOPLE, what=_ACCOUNTS, branch=st.booleans())
    def trash(self, who: int, what: int, branch: bool) -> None:
        """Somebody deletes an account."""
        user, account = self.people[who], self.some(what)
        if account is None:
            return
        allowed = self.may(user, account, Permission.ACCOUNTS_DELETE)
        if allowed and not branch:
            allowed = all(self.model[child].trashed_for is not None for child in self.children(account))
        if self.agree(allowed, lambda: self.town.tenancy.lifecycle.trash(account, by=self.standing(user, account), branch=branch)):
            self.model[account].trashed_for = timedelta(0)

    @rule(who=_PEOPLE, what=_ACCOUNTS)
    def restore(self, who: int, what: int) -> None:
        """Somebody takes an account back."""
        user, account = self.people[who], self.some(what)
        if account is None:
            return
        known = self.model.get(account)
        allowed = known is not None and known.trashed_for is not None
        if allowed:
            chain = self.chain(account)
            roles = [self.model[one].roles[user] for one in chain if user in self.model[one].roles]
            allowed = Role.OWNER in roles

        def act() -> None:
            by = self.town.accounts.members.standing(user, account, in_trash=True)
            self.town.tenancy.lifecycle.restore(account, by=by)

        if self.agree(allowed, act) and known is not None:
            known.trashed_for = None

    @rule(who=_PEOPLE, what=_ACCOUNTS, back=st.booleans())
    def suspend(self, who: int, what: int, back: bool) -> None:
        """Somebody suspends an account from above it, or resumes it."""
        user, account = self.people[who], self.some(what)
        if account is None:
            return
        known, lifecycle = self.model.get(account), self.town.tenancy.lifecycle
        lives = known is not None and all(self.model[one].trashed_for is None for one in self.chain(account))
        allowed = known is not None and lives and self.may(user, known.parent, Permission.ACCOUNTS_MANAGE)

        def act() -> None:
            by = self.town.tenancy.authority.above(user, account)
            _ = lifecycle.resume(account, by=by) if back else lifecycle.suspend(account, "why", by=by)

        if self.agree(allowed, act) and known is not None:
            known.suspended = not back

    @rule(quarters=st.sampled_from([1, 4, 12]))
    def pass_time(self, quarters: int) -> None:
        """Days go by, and the scheduler looks every six hours."""
        for _ in range(quarters):
            self.town.clock.advance(timedelta(hours=6))
            for known in self.model.values():
                if known.trashed_for is not None:
                    known.trashed_for += timedelta(hours=6)
            over = [name for name, known in self.model.items() if known.trashed_for is not None and known.trashed_for > RESTS]
            for name in over:
                self._shred(name)
            self.town.tenancy.keep_house()

    def _shred(self, account: str) -> None:
        if account in self.model:
            for child in self.children(account):
                self._shred(child)
            del self.model[account]

    # what always holds

    @invariant()
    def everybody_may_do_what_the_model_says(self) -> None:
        """Everywhere, by every way of asking."""
        members = self.town.accounts.members
        for account in self.names:
            for user in self.people:
                try:
                    held: frozenset[Permission] | None = members.permissions(user, AccountId(account))
                except NotFound:
                    held = None
                assert held == self.usable(user, account)

    @invariant()
    def the_tree_is_the_models(self) -> None:
        """Every account has its parent, everything living is found from the top, and every living top has an owner."""
        tree = self.town.accounts.tree
        for name, known in self.model.items():
            assert tree.get(name).parent == known.parent
        assert set(self.town.keys.shredded) == set(self.names) - set(self.model)
        living = {one.id for one in self.town.accounts.iter_live()} - {self.town.default.id}
        assert living == {name for name in self.model if all(self.model[one].trashed_for is None for one in self.chain(name))}
        assert all(self.owners(name) for name, known in self.model.items() if known.parent is None)


def tell_stories(*, stories: int, steps: int, shrink: bool = True) -> None:
    """Run the machine so many times, with so many steps each; a story that fails is told as short as it can be, or as it was found."""
    phases = tuple(Phase) if shrink else (Phase.generate,)
    told = settings(max_examples=stories, stateful_step_count=steps, deadline=None, phases=phases, derandomize=not shrink, database=None)
    run_state_machine_as_test(TenancyMachine, settings=told)
