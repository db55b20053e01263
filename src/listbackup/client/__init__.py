"""ListBackup's API as a Python library: docs/design/client.md, docs/guides/remote.md.

``Client`` is the way in; ``models`` has every model, ``problems`` every exception. Needs nothing but the base of ListBackup and msgspec.
"""

from msgspec import UNSET

from listbackup.client.client import Client
from listbackup.client.credentials import ApiKey, Credential, TokenPair, Tokens
from listbackup.client.download import Download
from listbackup.client.events import Event, Events
from listbackup.client.paging import Page
from listbackup.client.problems import Problem, Unreachable, UnreadableAnswer
from listbackup.client.session import Patience

__all__ = [
    "UNSET",
    "ApiKey",
    "Client",
    "Credential",
    "Download",
    "Event",
    "Events",
    "Page",
    "Patience",
    "Problem",
    "TokenPair",
    "Tokens",
    "Unreachable",
    "UnreadableAnswer",
]
