"""Everything about accounts in one value, so that whoever wires a system does it in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from listbackup.services.accounts.api_keys import ApiKeys
from listbackup.services.accounts.authority import Authority
from listbackup.services.accounts.directory import Directory, LetterBox
from listbackup.services.accounts.forgetting import Forgetting
from listbackup.services.accounts.invitations import Invitations
from listbackup.services.accounts.lifecycle import Lifecycle, Remains, Shredder
from listbackup.services.accounts.protection import Guard, Protection
from listbackup.services.accounts.service import Accounts
from listbackup.services.accounts.teams import Teams
from listbackup.services.accounts.usage import Measure, Usage
from listbackup.services.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenancy:
    """The rooms of accounts. ``is_open``: everybody who signs in may open an account of their own."""

    accounts: Accounts
    keys: ApiKeys
    authority: Authority
    teams: Teams
    invitations: Invitations
    lifecycle: Lifecycle
    usage: Usage
    directory: Directory
    guard: Guard
    is_open: bool = False

    def keep_house(self) -> None:
        """What is to be done now and then: shred what lay in the trash for its time, measure what each account holds."""
        self.lifecycle.empty_trash()
        self.usage.refresh()


def open_tenancy(
    desk: Desk,
    accounts: Accounts,
    keys: ApiKeys,
    *,
    shredder: Shredder,
    directory: Directory,
    letters: LetterBox,
    web_url: str,
    measure: Measure,
    guard: Guard = lambda _: Protection(),
    removers: Sequence[Callable[[str], bool]] = (),
    is_open: bool = False,
) -> Tenancy:
    """The rooms over one desk. ``removers`` take away what a shredded account leaves elsewhere, and say whether they are done."""
    authority = Authority(accounts, keys)
    teams, usage = Teams(desk, accounts), Usage(desk, accounts, measure)
    forgetting = Forgetting(desk, keys, teams)
    return Tenancy(
        accounts=accounts,
        keys=keys,
        authority=authority,
        teams=teams,
        invitations=Invitations(desk, accounts, authority, directory=directory, letters=letters, web_url=web_url),
        lifecycle=Lifecycle(
            desk, accounts, shredder, directory=directory, letters=letters, remains=Remains(removers=(forgetting, *removers))
        ),
        usage=usage,
        directory=directory,
        guard=guard,
        is_open=is_open,
    )
