"""Accounts wired to what they ask of others: who people are, what is held, and what a shredded account leaves behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from itertools import islice, takewhile
from pathlib import Path
from typing import Protocol

from listbackup.backends.identity.people import check_email, email_key
from listbackup.backends.objects.port import Objects
from listbackup.base.errors import NotFound
from listbackup.base.ids import is_id
from listbackup.base.paging import iter_pages
from listbackup.services.accounts import ACCOUNTS, Accounts, ApiKeys, Card, Figures, Guard, LetterBox, Shredder, Tenancy, open_tenancy
from listbackup.services.desk import Desk
from listbackup.services.runs import Runs
from listbackup.services.scope import Scope
from listbackup.services.sources import Sources
from listbackup.services.stores import Stores
from listbackup.services.users import Users

_OBJECTS_AT_ONCE = 1000


class Forgetful(Protocol):
    """Tables that can forget all of one account (SQLite and memory can)."""

    def forget(self, owner: str, *, spare: str = "") -> int:
        """Removes items whose partition is the owner's (or begins with it and a slash), but for those of one table, some thousands at once; how many are gone, 0 when none is left."""
        ...


class Directory:
    """People as accounts see them (``services.accounts.Directory``)."""

    def __init__(self, users: Users) -> None:
        self._users = users

    def find(self, user: str) -> Card | None:
        """See the port."""
        person = self._users.find_person(user) if is_id(user, "usr") else None
        if person is None:
            return None
        name = self._users.get(user).name
        return Card(user=person.id, name=name, email=person.email, email_verified=person.email_verified, has_mfa=person.has_mfa)

    def check_address(self, email: str) -> str:
        """See the port."""
        return check_email(email)

    def is_address_of(self, email: str, card: Card) -> bool:
        """See the port."""
        return email_key(email) == email_key(card.email)


def measuring(sources: Sources, stores: Stores, runs: Runs) -> Callable[[Scope, Figures], Figures]:
    """Measures what one account holds, from the heads of its stores; runs are counted on from where the last figures ended."""

    def measure(scope: Scope, before: Figures) -> Figures:
        from listbackup.store import Store

        found, snapshots, stored, records = 0, 0, 0, 0
        for source in iter_pages(lambda cursor: sources.list(scope, cursor=cursor)):
            found += 1
            try:
                head = Store.open(stores.ground(scope), source.id).head()
            except NotFound:  # nothing was backed up yet
                continue
            snapshots += sum(1 for entry in head.snaps if entry.expired_at is None)
            stored += sum(pack.size for pack in head.packs.values())
            records += sum(state.live for name, state in head.streams.items() if not name.startswith("_"))
        newer = takewhile(lambda run: run.id > before.last_run, iter_pages(lambda cursor: runs.list(scope, cursor=cursor)))  # newest first
        ids = [run.id for run in newer]
        return Figures(
            sources=found,
            snapshots=snapshots,
            stored_bytes=stored,
            records=records,
            runs=before.runs + len(ids),
            last_run=ids[0] if ids else before.last_run,
        )

    return measure


def removing(tables: Forgetful, objects: Objects, *folders: Path) -> tuple[Callable[[str], bool], ...]:
    """Takes away the objects of a shredded account, a thousand at a time, what lies in its part of these folders, and then every row of its own."""

    def remove_objects(account: str) -> bool:
        names = [info.name for info in islice(objects.list(f"{account}/"), _OBJECTS_AT_ONCE)]
        for name in names:
            objects.delete(name)
        return len(names) < _OBJECTS_AT_ONCE

    def remove_files(account: str) -> bool:
        for folder in folders:
            shutil.rmtree(folder / account, ignore_errors=True)
        return True

    def remove_rows(account: str) -> bool:
        while tables.forget(
            account, spare=ACCOUNTS.name
        ):  # in slices, so that other writers get their turn; the account's own row goes last
            pass
        return True

    return remove_objects, remove_files, remove_rows


def forgetting_hooks(desk: Desk) -> Callable[[str], bool]:
    """Takes away what stands beside the connections of a shredded account, under their ids and not under its own: to be asked before its rows are gone."""
    from listbackup.services.connections import CONNECTIONS
    from listbackup.services.hooks import forget_hook

    def remove_hooks(account: str) -> bool:
        table = desk.tables.open(CONNECTIONS)
        for row in list(iter_pages(lambda cursor: table.query(account, cursor=cursor))):
            if is_id(str(row["sk"]), "con"):
                desk.tables.transact(forget_hook(desk, str(row["sk"])))
        return True

    return remove_hooks


def wire_tenancy(
    desk: Desk,
    accounts: Accounts,
    keys: ApiKeys,
    *,
    shredder: Shredder,
    users: Users,
    letters: LetterBox,
    web_url: str,
    measure: Callable[[Scope, Figures], Figures],
    guard: Guard,
    tables: Forgetful,
    objects: Objects,
    is_open: bool,
    folders: Sequence[Path] = (),
) -> Tenancy:
    """The rooms of accounts over this ground. ``folders`` have a part for each account, which goes with it."""
    return open_tenancy(
        desk,
        accounts,
        keys,
        shredder=shredder,
        directory=Directory(users),
        letters=letters,
        web_url=web_url,
        measure=measure,
        guard=guard,
        removers=(forgetting_hooks(desk), *removing(tables, objects, *folders)),
        is_open=is_open,
    )
