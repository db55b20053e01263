"""Key scopes for tests: real keys, no key store."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from listbackup.backends.keyring.scope import KeyScope, fixed_scope, key_id
from listbackup.services.activity import TrailSeal


def memory_scope(account: str = "acc_test", *, epochs: int = 1) -> KeyScope:
    """A scope with keys that depend on the account's name only, so that a second call opens what the first one sealed."""
    keys = [_digest(account, f"epoch {number}") for number in range(epochs)]
    return fixed_scope(account, epochs={key_id(key): key for key in keys}, id_key=_digest(account, "id"))


def memory_seal(since: datetime = datetime.min.replace(tzinfo=UTC)) -> TrailSeal:
    """The seal of an installation that sealed its trails from this moment on: always, unless another is given."""
    return TrailSeal(key=lambda: memory_scope("installation").id_key, since=lambda: since)


def _digest(account: str, purpose: str) -> bytes:
    return hashlib.sha256(f"test key\n{account}\n{purpose}".encode()).digest()
