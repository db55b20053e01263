"""The client: one server, one caller, one account."""

from __future__ import annotations

import ssl
from types import TracebackType
from typing import Self

from listbackup.base.clock import Clock, SystemClock
from listbackup.client.api import Api
from listbackup.client.credentials import ApiKey, Credential
from listbackup.client.session import Patience, Session
from listbackup.client.transport import HttpTransport, Transport


class Client(Api):
    """A ListBackup server's API: one attribute for each part of it, one method for each operation.

    ``client.sources.list()`` is a page, ``client.sources.iter()`` every source of every page. Failures are the exceptions of ``problems``. Requests that
    bear it are tried again when the server says wait, or does not answer; creating ones carry an ``Idempotency-Key`` for that. May be used by several
    threads. Plain http is spoken with this machine only.
    """

    def __init__(
        self,
        address: str,
        credential: Credential | str | None = None,
        *,
        account: str | None = None,
        timeout_seconds: float = 60.0,
        patience: Patience = Patience(),
        trust: ssl.SSLContext | None = None,
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        """A text as ``credential`` is an API key; None asks as nobody. ``account`` goes as ``X-Account-Id``. Raises InputError for the address."""
        time = clock or SystemClock()
        over = transport or HttpTransport(address, time, timeout_seconds=timeout_seconds, trust=trust)
        caller = ApiKey(credential) if isinstance(credential, str) else credential
        self.address = address
        super().__init__(Session(over, caller, time, account=account, patience=patience))

    def close(self) -> None:
        """Close what is open."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
