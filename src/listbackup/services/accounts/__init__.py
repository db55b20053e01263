"""Accounts: the customers; unit of isolation, keys, plan and bill. They nest, and people have roles in them."""

from listbackup.services.accounts.api_keys import DEFAULT_LIFE, LONGEST_LIFE, ApiKey, ApiKeys, NewApiKey
from listbackup.services.accounts.custom_roles import Roles
from listbackup.services.accounts.limits import Limit, Limits
from listbackup.services.accounts.members import Members
from listbackup.services.accounts.model import Account, AccountState, CustomRole, Member
from listbackup.services.accounts.policies import Effective, Policies, Policy
from listbackup.services.accounts.roles import ROLES, Role
from listbackup.services.accounts.service import Accounts, TreeSettings
from listbackup.services.accounts.standing import Standing, machine
from listbackup.services.accounts.table import ACCOUNTS, API_KEYS

__all__ = [
    "ACCOUNTS",
    "API_KEYS",
    "DEFAULT_LIFE",
    "LONGEST_LIFE",
    "ROLES",
    "Account",
    "AccountState",
    "Accounts",
    "ApiKey",
    "ApiKeys",
    "CustomRole",
    "Effective",
    "Limit",
    "Limits",
    "Member",
    "Members",
    "NewApiKey",
    "Policies",
    "Policy",
    "Role",
    "Roles",
    "Standing",
    "TreeSettings",
    "machine",
]
