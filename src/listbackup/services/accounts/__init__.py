"""Accounts: the customers; unit of isolation, keys, plan and bill. They nest."""

from listbackup.services.accounts.model import Account
from listbackup.services.accounts.service import Accounts
from listbackup.services.accounts.table import ACCOUNTS

__all__ = ["ACCOUNTS", "Account", "Accounts"]
