"""Passwords kept by the user pool, as a proof made of them: HMAC-SHA-256 of a salt and the password, with a key that is in no table.

The salt stands in the person's row, so a password is right only together with the row that names it: one that the pool took for a transaction that never happened signs
nobody in. The pool never sees what people type, and takes no password that it would refuse (spaces at the ends, more than 256 characters).
"""

from __future__ import annotations

import base64
import hmac
import secrets

from listbackup.backends.identity.cognito_users import UserPool
from listbackup.backends.identity.passwords import normal
from listbackup.base.ids import UserId

_SALT_BYTES = 16


class CognitoPasswords:
    """A ``PasswordKeeper``: the pool compares."""

    def __init__(self, pool: UserPool, pepper: bytes) -> None:
        self._pool, self._pepper = pool, pepper

    def keep(self, user: UserId, password: str) -> str:
        """See the protocol. The pool has it when this returns; what it had before signs nobody in any more."""
        salt = secrets.token_hex(_SALT_BYTES)
        self._pool.set_password(user, self.proof(salt, password))
        return salt

    def matches(self, user: UserId | None, kept: str | None, password: str) -> bool:
        """See the protocol. For nobody the pool is asked for a name that it does not know; it hides the difference itself."""
        salt = kept or secrets.token_hex(_SALT_BYTES)
        name = user if user is not None and kept is not None else f"usr_{secrets.token_hex(13)}"
        return self._pool.is_password(name, self.proof(salt, password)) and kept is not None

    def is_outdated(self, kept: str) -> bool:
        """See the protocol. The pool hashes as it thinks best."""
        return False

    def proof(self, salt: str, password: str) -> str:
        """What the pool is given: 43 characters, whatever the password."""
        raw = hmac.digest(self._pepper, salt.encode() + b"\0" + normal(password), "sha256")
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")
