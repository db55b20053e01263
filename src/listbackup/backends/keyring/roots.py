"""Root keys in order of age, and wrapping under them: what the memory and the file keyring have in common."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from listbackup.backends.keyring.scope import KEY_BYTES, key_id
from listbackup.backends.keyring.seal import open_with, seal_with, sealing_key_id
from listbackup.base.errors import Conflict, InputError, KeyUnavailable

_PURPOSE = "account-key"


@dataclass(frozen=True, slots=True)
class Roots:
    """Some root keys, the current one last; a value, every change makes a new one."""

    keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def fresh(cls) -> Roots:
        """One new random root key."""
        return cls((os.urandom(KEY_BYTES),))

    @property
    def ids(self) -> Sequence[str]:
        """The ids, the current one last."""
        return [root_id(key) for key in self.keys]

    @property
    def current(self) -> str:
        """The id of the current one."""
        return root_id(self.keys[-1])

    def wrap(self, account: str, key: bytes) -> bytes:
        """See the port."""
        return seal_with(self.keys[-1], key, context=(_PURPOSE, account))

    def unwrap(self, account: str, wrapped: bytes) -> bytes:
        """See the port."""
        needed = wrapping_root(wrapped)
        for key in self.keys:
            if root_id(key) == needed:
                return open_with(key, wrapped, context=(_PURPOSE, account))
        raise KeyUnavailable(
            f"the root key {needed} that opens the keys of {account} is not held here",
            hint="put back the root key file, or restore it with `listbackup keys recovery-kit --restore FILE`",
        )

    def rotated(self) -> Roots:
        """These and a new current one."""
        return Roots((*self.keys, os.urandom(KEY_BYTES)))

    def without(self, root: str) -> Roots:
        """These less an old one. Raises Conflict for the current one, InputError for one that is not held."""
        if root == self.current:
            raise Conflict(f"{root} is the current root key", hint="rotate first")
        if root not in self.ids:
            raise InputError(f"no root key {root} is held")
        return Roots(tuple(key for key in self.keys if root_id(key) != root))


def root_id(key: bytes) -> str:
    """The id of a root key: 16 hexadecimal digits."""
    return key_id(key).hex()


def wrapping_root(wrapped: bytes) -> str:
    """The id of the root key that a wrap needs."""
    return sealing_key_id(wrapped).hex()
