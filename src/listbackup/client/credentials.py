"""Who calls: an API key, or the tokens of somebody who signed in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from listbackup.base.secret import Secret


class Credential(Protocol):
    """What opens the API."""

    def bearer(self) -> Secret:
        """What goes behind ``Authorization: Bearer``."""
        ...

    def renew(self, refused: Secret, exchange: Exchange) -> bool:
        """Whether there is another bearer than this one, which the server refused; ``exchange`` gives new tokens for a refresh token."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """An access token, and the refresh token that gives the next one, once."""

    access: Secret
    refresh: Secret


Exchange = Callable[[Secret], TokenPair]


class ApiKey:
    """An API key, ``lbk_…``."""

    def __init__(self, text: str) -> None:
        self._text = Secret(text.strip())

    def bearer(self) -> Secret:
        """The key."""
        return self._text

    def renew(self, refused: Secret, exchange: Exchange) -> bool:
        """A key that was refused stays refused."""
        return False


class Tokens:
    """The tokens of a person. ``keep`` is told each new pair before it is used: a refresh token works once, so a pair that is lost ends the session."""

    def __init__(self, pair: TokenPair, *, keep: Callable[[TokenPair], None] | None = None) -> None:
        self._pair, self._keep = pair, keep
        self._lock = threading.Lock()

    def bearer(self) -> Secret:
        """The access token."""
        return self._pair.access

    def renew(self, refused: Secret, exchange: Exchange) -> bool:
        """Exchanges the refresh token, unless another thread did so meanwhile. Raises what the exchange raises."""
        with self._lock:
            if self._pair.access == refused:
                pair = exchange(self._pair.refresh)
                if self._keep is not None:
                    self._keep(pair)
                self._pair = pair
            return True
