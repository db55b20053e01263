"""The client of the command line: its failures are those of the commands, and an answer that cannot be read is explained by the versions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from listbackup import __version__
from listbackup.base.clock import Clock
from listbackup.base.errors import ListBackupError
from listbackup.base.numbers import whole
from listbackup.cli.errors import OtherVersion, ServerUnreachable
from listbackup.cli.remote.faults import raise_here
from listbackup.client import Client, Credential, Download, Events, Problem, Unreachable, UnreadableAnswer
from listbackup.client.session import Request, Session
from listbackup.client.transport import Transport

T = TypeVar("T")
API = "v2"
_STRANGE = (404, 405, 415, 422)  # what a server of another version answers to an operation that it does not have


class Line(Client):
    """The API of the server that the command line works through."""

    def __init__(
        self, server: str, credential: Credential | None, clock: Clock, *, account: str | None = None, transport: Transport | None = None
    ) -> None:
        super().__init__(server, credential, account=account, clock=clock, transport=transport)
        self._session = _Session(self._session, server, self)

    def difference(self) -> OtherVersion | None:
        """What to say when the server is of another version."""
        try:
            said = self.system.version()
        except ListBackupError:
            return None
        return versions_differ(self.address, said.version, said.api)

    def hinted(self, problem: Problem) -> Problem:
        """The problem; where it has no hint and the versions differ, that is its hint: a server of another version may not know the operation."""
        if problem.hint is None and (other := self.difference()) is not None:
            problem.hint = f"{other.message}: {other.hint}"
        return problem


def versions_differ(server: str, version: str, api: str) -> OtherVersion | None:
    """The sentence about a server of another version; None when there is nothing to say."""
    theirs, ours = _number(version), _number(__version__)
    if api != API:
        return OtherVersion(f"{server} speaks {api} of the API, and this command line {API}", hint=_advice(theirs > ours))
    if theirs != ours:
        return OtherVersion(f"{server} is ListBackup {version}, and this command line is {__version__}", hint=_advice(theirs > ours))
    return None


def _advice(server_is_newer: bool) -> str:
    return "upgrade this command line" if server_is_newer else "have the server upgraded, or use a command line of its version"


def _number(version: str) -> tuple[int, ...]:
    """The first two parts: what differs behind them does not change what is understood."""
    return tuple(whole(part) or 0 for part in version.split(".")[:2])


class _Session(Session):
    """A session whose failures are those of the commands."""

    def __init__(self, inner: Session, server: str, line: Line) -> None:
        self._inner, self._server, self._line = inner, server, line

    def ask(self, kind: type[T], request: Request) -> T:
        """See ``Session``."""
        with self._told(request):
            return self._inner.ask(kind, request)

    def do(self, request: Request) -> None:
        """See ``Session``."""
        with self._told(request):
            self._inner.do(request)

    def text(self, request: Request) -> str:
        """See ``Session``."""
        with self._told(request):
            return self._inner.text(request)

    def download(self, request: Request) -> Download:
        """See ``Session``."""
        with self._told(request):
            return self._inner.download(request)

    def events(self, request: Request, *, last_event_id: str | None, heartbeats: bool) -> Events:
        """See ``Session``; listening fails as the client says, because whoever listens can look instead."""
        return self._inner.events(request, last_event_id=last_event_id, heartbeats=heartbeats)

    def close(self) -> None:
        """See ``Session``."""
        self._inner.close()

    @contextmanager
    def _told(self, request: Request) -> Iterator[None]:
        try:
            yield
        except Problem as problem:
            if problem.status in _STRANGE:
                problem = self._line.hinted(problem)
            raise_here(problem, self._server)
        except UnreadableAnswer as error:
            if request.path.startswith("/v2/system/"):
                raise
            raise (self._line.difference() or error) from error
        except Unreachable as error:
            raise ServerUnreachable(f"the server cannot be reached: {error.message}", hint=error.hint) from error
