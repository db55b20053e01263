"""Identity over a Cognito user pool, with what a pool has not in tables of this installation (docs/decisions/0313)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from listbackup.backends.identity.codes import BuiltinCodes
from listbackup.backends.identity.cognito_codes import CognitoCodes
from listbackup.backends.identity.cognito_keys import PublishedKeys
from listbackup.backends.identity.cognito_passwords import CognitoPasswords
from listbackup.backends.identity.cognito_people import CognitoPeople
from listbackup.backends.identity.cognito_sessions import CognitoSessions, HeldTokens
from listbackup.backends.identity.cognito_tokens import CognitoAccessTokens
from listbackup.backends.identity.cognito_users import UserPool
from listbackup.backends.identity.opaque import derived
from listbackup.backends.identity.people import BuiltinPeople
from listbackup.backends.identity.sessions import BuiltinSessions
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.backends.identity.tickets import Tickets
from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.table.port import Tables
from listbackup.base.clock import Clock

if TYPE_CHECKING:
    from listbackup.backends.identity.passkeys import BuiltinPasskeys


class CognitoIdentity:
    """People, sessions, tokens and factors; ``keys`` is the scope of the installation. Safe to share between threads, and between processes over one ground."""

    def __init__(self, pool: UserPool, tables: Tables, keys: KeyScope, clock: Clock, settings: IdentitySettings) -> None:
        tickets, held = Tickets(tables, clock), HeldTokens(tables, keys, lasts=settings.refresh_absolute)
        people = BuiltinPeople(tables, CognitoPasswords(pool, derived(keys, "pepper")), clock, product=settings.product)
        sessions = BuiltinSessions(tables, people, clock, settings, refresh_key=derived(keys, "refresh"))
        codes = BuiltinCodes(tables, people, tickets, keys, clock, settings, new_seed=lambda person: pool.new_seed(person.id))
        self.people = CognitoPeople(people, pool)
        self.sessions = CognitoSessions(sessions, held, pool)
        self.access_tokens = CognitoAccessTokens(pool, held, PublishedKeys(pool.keys_url, clock), clock)
        self.codes = CognitoCodes(codes, pool)
        self._ground = (tables, people, tickets, clock, settings)

    @cached_property
    def passkeys(self) -> BuiltinPasskeys:
        """Made when a passkey comes: what verifies them costs a function 0.2 s to import."""
        from listbackup.backends.identity.passkeys import BuiltinPasskeys

        return BuiltinPasskeys(*self._ground)
