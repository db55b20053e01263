"""Accounts: the customers; unit of isolation, keys, plan and bill. They nest."""

from listbackup.services.accounts.api_keys import DEFAULT_LIFE, LONGEST_LIFE, ApiKey, ApiKeys, NewApiKey
from listbackup.services.accounts.model import Account
from listbackup.services.accounts.service import Accounts
from listbackup.services.accounts.table import ACCOUNTS, API_KEYS

__all__ = ["ACCOUNTS", "API_KEYS", "DEFAULT_LIFE", "LONGEST_LIFE", "Account", "Accounts", "ApiKey", "ApiKeys", "NewApiKey"]
