"""The built-in identity: everything of the port over tables of this installation."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from listbackup.backends.identity.access_tokens import BuiltinAccessTokens
from listbackup.backends.identity.codes import BuiltinCodes
from listbackup.backends.identity.opaque import derived
from listbackup.backends.identity.passwords import HashedPasswords, Hasher
from listbackup.backends.identity.people import BuiltinPeople
from listbackup.backends.identity.sessions import BuiltinSessions
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.backends.identity.tickets import Tickets
from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.table.port import Tables
from listbackup.base.clock import Clock

if TYPE_CHECKING:
    from listbackup.backends.identity.passkeys import BuiltinPasskeys


class BuiltinIdentity:
    """People, sessions, tokens and factors; ``keys`` is the scope of the installation. Safe to share between threads, and between processes over one ground."""

    def __init__(self, tables: Tables, keys: KeyScope, clock: Clock, settings: IdentitySettings) -> None:
        tickets = Tickets(tables, clock)
        hasher = Hasher(settings.hash_cost, derived(keys, "pepper"))
        hasher.prepare()
        self._ground = (tables, tickets, clock, settings)
        self.people = BuiltinPeople(tables, HashedPasswords(hasher), clock, product=settings.product)
        self.sessions = BuiltinSessions(tables, self.people, clock, settings, refresh_key=derived(keys, "refresh"))
        self.access_tokens = BuiltinAccessTokens(tables, keys, clock, settings)
        self.codes = BuiltinCodes(tables, self.people, tickets, keys, clock, settings)

    @cached_property
    def passkeys(self) -> BuiltinPasskeys:
        """Made when a passkey comes: what verifies them costs a function 0.2 s to import."""
        from listbackup.backends.identity.passkeys import BuiltinPasskeys

        tables, tickets, clock, settings = self._ground
        return BuiltinPasskeys(tables, self.people, tickets, clock, settings)
