"""Passwords: which are accepted, and how they are kept: argon2id over an HMAC with a key that is not in the database.

Somebody else may keep them instead (``PasswordKeeper``): a user pool.
"""

from __future__ import annotations

import hmac
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from listbackup.backends.identity.common_passwords import own_words, why_common
from listbackup.backends.identity.port import Overloaded, WeakPassword
from listbackup.backends.identity.settings import HashCost
from listbackup.base.ids import UserId

SHORTEST, SHORTEST_WITH_MFA, LONGEST = 15, 12, 128


def check_policy(password: str, *, email: str, product: str, has_mfa: bool) -> None:
    """Raises WeakPassword. Lengths are counted in characters after NFC; nothing is asked about kinds of characters (NIST SP 800-63B-4, 3.1.1.2)."""
    text = unicodedata.normalize("NFC", password)
    shortest = SHORTEST_WITH_MFA if has_mfa else SHORTEST
    if not shortest <= len(text) <= LONGEST:
        raise WeakPassword(
            f"a password has {shortest} to {LONGEST} characters", hint="several words that do not belong together are easy to remember"
        )
    why = why_common(text, own_words(email, product))
    if why is not None:
        raise WeakPassword(f"the password {why}", hint="take several words that do not belong together, or let a password manager make one")


class PasswordKeeper(Protocol):
    """Keeps passwords: what it returns is kept in the person's row, and a password is right only together with it."""

    def keep(self, user: UserId, password: str) -> str:
        """What the person's row keeps of it (never empty). Raises Overloaded."""
        ...

    def matches(self, user: UserId | None, kept: str | None, password: str) -> bool:
        """Whether this is the password; None (nobody has this name, or no password) costs the same and is never so. Raises Overloaded."""
        ...

    def is_outdated(self, kept: str) -> bool:
        """Whether it should be kept anew, now that the password is known."""
        ...


class HashedPasswords:
    """Keeps a hash in the row, and nothing elsewhere."""

    def __init__(self, hasher: Hasher) -> None:
        self._hasher = hasher

    def keep(self, user: UserId, password: str) -> str:
        """See the protocol."""
        return self._hasher.hash(password)

    def matches(self, user: UserId | None, kept: str | None, password: str) -> bool:
        """See the protocol."""
        return self._hasher.matches(kept, password)

    def is_outdated(self, kept: str) -> bool:
        """See the protocol."""
        return self._hasher.is_outdated(kept)


class Hasher:
    """Hashes and compares, a few at a time: each costs its 64 MiB."""

    def __init__(self, cost: HashCost, pepper: bytes) -> None:
        self._argon = PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes)
        self._pepper = pepper
        self._turns = threading.BoundedSemaphore(cost.at_once)
        self._wait_seconds = cost.wait_seconds
        self._nobody = ""

    def hash(self, password: str) -> str:
        """What is kept of it. Raises Overloaded."""
        with self._turn():
            return self._argon.hash(self._peppered(password))

    def matches(self, kept: str | None, password: str) -> bool:
        """Whether this is the password; None (nobody has this name) costs the same and is never so. Raises Overloaded."""
        with self._turn():
            try:
                return self._argon.verify(kept or self._hash_of_nobody(), self._peppered(password)) and kept is not None
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, kept: str) -> bool:
        """Whether it was made with other parameters than today's."""
        return self._argon.check_needs_rehash(kept)

    def prepare(self) -> None:
        """Make what an unknown name is compared with, so that the first one costs no more than the next."""
        with self._turn():
            self._hash_of_nobody()

    def _hash_of_nobody(self) -> str:
        if not self._nobody:
            self._nobody = self._argon.hash(b"nobody")
        return self._nobody

    def _peppered(self, password: str) -> bytes:
        return hmac.digest(self._pepper, normal(password), "sha256")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self._wait_seconds):
            raise Overloaded("too many sign-ins at once", hint="try again in a second")
        try:
            yield
        finally:
            self._turns.release()


def normal(password: str) -> bytes:
    """The same bytes for the same characters, however the keyboard composes them."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
