"""Accounts: the customers; unit of isolation, keys, plan and bill. They nest, and people have roles in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from listbackup.base.loading import when_named
from listbackup.services.accounts.model import Account, AccountState, CustomRole, Member
from listbackup.services.accounts.service import Accounts, TreeSettings
from listbackup.services.accounts.table import ACCOUNTS, API_KEYS

if TYPE_CHECKING:
    from listbackup.services.accounts.api_keys import DEFAULT_LIFE, LONGEST_LIFE, ApiKey, ApiKeys, NewApiKey, Reach
    from listbackup.services.accounts.authority import Authority
    from listbackup.services.accounts.directory import Card, Directory, LetterBox
    from listbackup.services.accounts.invitation_book import Invitation
    from listbackup.services.accounts.invitations import Invitations
    from listbackup.services.accounts.lifecycle import RESTS, Lifecycle, Remains, Shredder
    from listbackup.services.accounts.limits import Limit, Limits
    from listbackup.services.accounts.members import Members
    from listbackup.services.accounts.policies import Effective, Policies, Policy
    from listbackup.services.accounts.protection import Guard, Protection, Verdict
    from listbackup.services.accounts.roles import ROLES, Role
    from listbackup.services.accounts.standing import Standing, machine
    from listbackup.services.accounts.teams import Team, Teams
    from listbackup.services.accounts.tenancy import Tenancy, open_tenancy
    from listbackup.services.accounts.usage import Figures, Usage
else:
    __getattr__ = when_named(  # loaded when they are named: a command that reads a record asks for none of them (docs/decisions/0080)
        __name__,
        {
            ".api_keys": ("DEFAULT_LIFE", "LONGEST_LIFE", "ApiKey", "ApiKeys", "NewApiKey", "Reach"),
            ".authority": ("Authority",),
            ".directory": ("Card", "Directory", "LetterBox"),
            ".invitation_book": ("Invitation",),
            ".invitations": ("Invitations",),
            ".lifecycle": ("RESTS", "Lifecycle", "Remains", "Shredder"),
            ".limits": ("Limit", "Limits"),
            ".members": ("Members",),
            ".policies": ("Effective", "Policies", "Policy"),
            ".protection": ("Guard", "Protection", "Verdict"),
            ".roles": ("ROLES", "Role"),
            ".standing": ("Standing", "machine"),
            ".teams": ("Team", "Teams"),
            ".tenancy": ("Tenancy", "open_tenancy"),
            ".usage": ("Figures", "Usage"),
        },
    )

__all__ = [
    "ACCOUNTS",
    "API_KEYS",
    "DEFAULT_LIFE",
    "LONGEST_LIFE",
    "RESTS",
    "ROLES",
    "Account",
    "AccountState",
    "Accounts",
    "ApiKey",
    "ApiKeys",
    "Authority",
    "Card",
    "CustomRole",
    "Directory",
    "Effective",
    "Figures",
    "Guard",
    "Invitation",
    "Invitations",
    "LetterBox",
    "Lifecycle",
    "Limit",
    "Limits",
    "Member",
    "Members",
    "NewApiKey",
    "Policies",
    "Policy",
    "Protection",
    "Reach",
    "Remains",
    "Role",
    "Shredder",
    "Standing",
    "Team",
    "Teams",
    "Tenancy",
    "TreeSettings",
    "Usage",
    "Verdict",
    "machine",
    "open_tenancy",
]
