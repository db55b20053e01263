"""The keys of one account, as everybody but the keyring sees them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from listbackup.base.errors import KeyUnavailable

KEY_BYTES = 32
KID_BYTES = 8


def key_id(key: bytes) -> bytes:
    """The 8-byte name of a key: the beginning of HMAC-SHA-256 of ``listbackup/key-id`` under it, so that a key cannot be filed under another's name."""
    return hmac.new(key, b"listbackup/key-id", hashlib.sha256).digest()[:KID_BYTES]


class KeySource(Protocol):
    """Where a scope's keys come from: the key store, or a fixed set out of a kit."""

    def current(self) -> tuple[bytes, bytes]:
        """The (kid, data key) that new things are sealed with."""
        ...

    def key(self, kid: bytes) -> bytes:
        """The data key of any epoch. Raises KeyUnavailable."""
        ...

    def id_key(self) -> bytes:
        """The account's stable id key."""
        ...


@dataclass(frozen=True, slots=True)
class KeyScope:
    """What may be sealed and opened for one account. Every method raises KeyUnavailable once the account is shredded."""

    account: str
    source: KeySource = field(repr=False, compare=False)

    def current(self) -> tuple[bytes, bytes]:
        """The (8-byte key id, 32-byte data key) of the present epoch; ask again for every object, an epoch ends while a run goes on."""
        return self.source.current()

    def key(self, kid: bytes) -> bytes:
        """The 32-byte data key of any epoch of this account. Raises KeyUnavailable."""
        return self.source.key(kid)

    @property
    def id_key(self) -> bytes:
        """32 bytes that never change while the account lives: content ids, change hashes and digests are derived from it, each under its own label."""
        return self.source.id_key()


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedKeys:
    """A key source that is a plain set of keys: what a store kit holds, and what tests use."""

    account: str
    epochs: Mapping[bytes, bytes] = field(repr=False)  # kid -> data key, oldest first
    stable_id_key: bytes = field(repr=False)

    def current(self) -> tuple[bytes, bytes]:
        """The youngest epoch."""
        if not self.epochs:
            raise KeyUnavailable(f"no data key of {self.account} is held")
        kid = next(reversed(list(self.epochs)))
        return kid, self.epochs[kid]

    def key(self, kid: bytes) -> bytes:
        """The data key of this id. Raises KeyUnavailable."""
        found = self.epochs.get(kid)
        if found is None:
            raise KeyUnavailable(
                f"no data key {kid.hex()} of {self.account} is held", hint="use the kit of the store that this object belongs to"
            )
        return found

    def id_key(self) -> bytes:
        """The account's stable id key."""
        return self.stable_id_key


def fixed_scope(account: str, *, epochs: Mapping[bytes, bytes], id_key: bytes) -> KeyScope:
    """A scope over keys that are already in hand; ``epochs`` maps kid to data key, oldest first."""
    return KeyScope(account, FixedKeys(account=account, epochs=dict(epochs), stable_id_key=id_key))
