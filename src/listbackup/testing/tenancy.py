"""Accounts with people over memory, for tests: a directory that is a dict, a letter box that is a list, keys that note who was shredded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from listbackup.backends.events.outbox import OutboxEvents
from listbackup.backends.objects.memory import MemoryObjects
from listbackup.backends.table.memory import MemoryTables
from listbackup.base.errors import InputError, NotFound
from listbackup.base.ids import UserId, new_id
from listbackup.bootstrap.tenancy import removing
from listbackup.services.accounts import Account, Accounts, ApiKeys, Card, Figures, Role, Standing, Tenancy, TreeSettings, open_tenancy
from listbackup.services.activity import Activities
from listbackup.services.desk import Desk
from listbackup.services.rows import Writes
from listbackup.services.scope import Scope
from listbackup.testing.clock import ManualClock
from listbackup.testing.keys import memory_seal


class Folk:
    """A directory of people by id (``services.accounts.Directory``)."""

    def __init__(self) -> None:
        self.cards: dict[str, Card] = {}

    def find(self, user: str) -> Card | None:
        """See the port."""
        return self.cards.get(user)

    def check_address(self, email: str) -> str:
        """See the port."""
        if "@" not in email:
            raise InputError("this is no address that a letter reaches", field="email")
        return email.strip()

    def is_address_of(self, email: str, card: Card) -> bool:
        """See the port."""
        return email.lower() == card.email.lower()


class Letters:
    """Letters that were posted, in order; the token of the last one to an address."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, str, str]] = []

    def write(self, *, to: str, subject: str, text: str) -> Writes:
        """See ``LetterBox``: noted at once, also when the transaction is overtaken."""
        self.posted.append((to, subject, text))
        return []

    def token(self, to: str) -> str:
        """The token of the newest letter to this address."""
        return next(text.partition("#token=")[2].split()[0] for whom, _, text in reversed(self.posted) if whom == to and "#token=" in text)


@dataclass(slots=True)
class NotedKeys:
    """Keys that only know whose were made and destroyed."""

    living: set[str] = field(default_factory=set)
    shredded: list[str] = field(default_factory=list)
    breaks_after: str | None = None  # the machine is switched off once this account's were destroyed

    def create(self, account: str) -> None:
        """See ``KeyMaker``."""
        self.living.add(account)

    def shred(self, account: str) -> None:
        """See ``Shredder``."""
        if account in self.shredded:
            return
        if account not in self.living:
            raise NotFound(f"{account} has no keys here")
        self.living.discard(account)
        self.shredded.append(account)
        if account == self.breaks_after:
            raise OSError("the machine was switched off")


@dataclass(slots=True, kw_only=True)
class Town:
    """Accounts and everybody in them."""

    clock: ManualClock
    tables: MemoryTables
    desk: Desk
    activities: Activities
    accounts: Accounts
    api_keys: ApiKeys
    tenancy: Tenancy
    folk: Folk
    letters: Letters
    keys: NotedKeys
    default: Account

    def person(self, name: str) -> UserId:
        """Somebody new, with an address of that name."""
        user = UserId(new_id("usr", len(self.folk.cards) + 1))
        self.folk.cards[user] = Card(user=user, name=name, email=f"{name}@example.com")
        return user

    def top(self, name: str, owner: UserId | None = None) -> tuple[Account, UserId]:
        """An account at the top and its owner."""
        owner = owner or self.person(f"owner-of-{name}")
        return self.accounts.open_for(owner, name), owner

    def by(self, user: UserId, account: Account | str) -> Standing:
        """What this person may do there."""
        return self.accounts.members.standing(user, account if isinstance(account, str) else account.id)

    def below(self, parent: Account, name: str, by: UserId) -> Account:
        """An account under this one."""
        return self.accounts.create_below(parent.id, name, by=self.by(by, parent))

    def joins(self, account: Account, name: str, role: str = Role.VIEWER) -> UserId:
        """Somebody new who belongs to this account."""
        user = self.person(name)
        owner = next(iter(self.accounts.members.owners(self.accounts.tree.chain(account.id).top.id))).user
        self.accounts.members.add(account.id, user, role, by=self.by(owner, account))
        return user


def town(
    settings: TreeSettings = TreeSettings(),
    measure: Callable[[Scope, Figures], Figures] | None = None,
    tables: MemoryTables | None = None,
) -> Town:
    """An empty town with the installation's own account, which nobody owns."""
    clock = ManualClock()
    tables = tables if tables is not None else MemoryTables(clock)
    desk = Desk(tables, OutboxEvents(tables), clock)
    activities, keys, folk, letters = Activities(desk, memory_seal()), NotedKeys(), Folk(), Letters()
    accounts = Accounts(desk, keys, settings=settings)
    api_keys = ApiKeys(desk, accounts, environment="test")
    default = accounts.ensure_default(actor="test")
    tenancy = open_tenancy(
        desk,
        accounts,
        api_keys,
        shredder=keys,
        directory=folk,
        letters=letters,
        web_url="http://localhost:8400",
        measure=measure or (lambda _, before: before),
        removers=removing(tables, MemoryObjects()),
        is_open=True,
    )
    return Town(
        clock=clock,
        tables=tables,
        desk=desk,
        activities=activities,
        accounts=accounts,
        api_keys=api_keys,
        tenancy=tenancy,
        folk=folk,
        letters=letters,
        keys=keys,
        default=default,
    )
