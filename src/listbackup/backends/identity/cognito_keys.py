"""The keys that a user pool publishes, fetched when a token names one that is not known yet.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html (keep the keys, and ask again when a
token has an unknown ``kid``; read 2026-11-21).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from listbackup.backends.aws_client import PATIENCE
from listbackup.base.clock import Clock
from listbackup.base.decode import from_json
from listbackup.base.errors import BackendError
from listbackup.base.retry import retry

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

_AGAIN_SECONDS = 60.0  # whoever sends tokens with made-up keys does not make us ask more often
_TIMEOUT_SECONDS = 5.0
_LONGEST = 64 * 1024


class _Key(msgspec.Struct):
    kid: str
    kty: str
    n: str
    e: str
    alg: str = "RS256"
    use: str = "sig"


class _KeySet(msgspec.Struct):
    keys: list[_Key]


class PublishedKeys:
    """The public keys at one address. Safe to share between threads."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url, self._clock = url, clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[_Key, RSAKey]] = {}
        self._asked_at: float | None = None

    def find(self, kid: str) -> RSAKey | None:
        """The key of this name, or None. Raises BackendError when it cannot be asked for."""
        found = self._known.get(kid)
        if found is None:
            with self._lock:  # whoever waited for another's question has its answer
                if kid not in self._known and self._may_ask():
                    self._fetch()
                found = self._known.get(kid)
        return found[1] if found is not None else None

    def as_published(self) -> Mapping[str, object]:
        """All of them as a JSON Web Key Set (RFC 7517), nothing but their public parts."""
        with self._lock:
            if not self._known:
                self._fetch()
        return {"keys": [msgspec.to_builtins(key) for key, _ in self._known.values()]}

    def _may_ask(self) -> bool:
        return self._asked_at is None or self._clock.monotonic() - self._asked_at >= _AGAIN_SECONDS

    def _fetch(self) -> None:
        from joserfc.jwk import RSAKey

        if self._known:  # a question that failed counts too, once there is somebody to sign in without an answer
            self._asked_at = self._clock.monotonic()
        raw = retry(self._read, clock=self._clock, policy=PATIENCE)
        try:
            keys = [key for key in from_json(raw, _KeySet).keys if key.kty == "RSA"]
            self._known = {key.kid: (key, RSAKey.import_key({"kty": key.kty, "n": key.n, "e": key.e})) for key in keys}
        except (msgspec.DecodeError, ValueError):
            raise BackendError("the user pool's keys cannot be read", hint="is USER_POOL_ID right?") from None
        self._asked_at = self._clock.monotonic()

    def _read(self) -> bytes:
        import urllib.error
        import urllib.request

        try:
            with urllib.request.urlopen(self._url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - https, or the endpoint that was set
                return bytes(answer.read(_LONGEST))
        except urllib.error.HTTPError as error:
            raise BackendError(f"the user pool does not give its keys ({error.code})", retryable=error.code >= 500) from None
        except (urllib.error.URLError, OSError):
            raise BackendError("the user pool's keys cannot be reached", retryable=True) from None
