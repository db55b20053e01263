"""One caller at one server: every operation's request, with its credential, its repetitions and its exceptions."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import UNSET, Struct

from listbackup import __version__
from listbackup.base.clock import Clock
from listbackup.base.decode import from_json, mend
from listbackup.base.secret import Secret
from listbackup.client.credentials import Credential, TokenPair
from listbackup.client.download import Download
from listbackup.client.events import Events
from listbackup.client.problems import Absent, Problem, Unreachable, UnreadableAnswer, problem_of
from listbackup.client.transport import Answered, Asked, Transport

T = TypeVar("T")
SAFE = ("GET", "HEAD")
IDEMPOTENT = (*SAFE, "PUT", "DELETE")
PASSING = (429, 502, 503, 504)  # statuses that a later attempt may not meet
_JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often a request is tried, and how long is waited in between. A server that asks for more than ``longest_wait`` is not waited for."""

    tries: int = 5
    first_wait: timedelta = timedelta(milliseconds=250)
    longest_wait: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an operation asks. ``repeatable``: it takes an ``Idempotency-Key``, under which sending it twice does it once."""

    method: str
    path: str
    query: Mapping[str, object] = field(default_factory=dict)
    body: object = UNSET
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = False
    signed: bool = True


def _read(raw: bytes, kind: type[T]) -> T:
    """The model; half a surrogate pair, which a platform's record may hold, reads as U+FFFD. Raises msgspec.DecodeError."""
    try:
        return from_json(raw, kind)
    except msgspec.DecodeError:
        mended = mend(raw)
        if mended == raw:
            raise
        return from_json(mended, kind)


class _TokensSaid(Struct, frozen=True, kw_only=True):
    access_token: str
    refresh_token: str


class Session:
    """Asks as one caller (None: as nobody), in one account (None: the credential's own)."""

    def __init__(
        self, transport: Transport, credential: Credential | None, clock: Clock, *, account: str | None, patience: Patience
    ) -> None:
        self._transport, self._credential, self._clock = transport, credential, clock
        self._account, self._patience = account, patience

    def ask(self, kind: type[T], request: Request) -> T:
        """The answer as this model. Raises Problem, Unreachable, UnreadableAnswer."""
        raw = self._whole(request, _JSON)
        try:
            return _read(raw, kind)
        except msgspec.DecodeError as error:
            raise UnreadableAnswer(
                f"the answer of {request.method} {request.path} is not what this client reads: {error}",
                hint="compare the versions of the server and of this client",
            ) from error

    def do(self, request: Request) -> None:
        """An operation that answers nothing. Raises Problem, Unreachable."""
        self._whole(request, _JSON)

    def text(self, request: Request) -> str:
        """The answer as text. Raises Problem, Unreachable."""
        return self._whole(request, "*/*").decode(errors="replace")

    def download(self, request: Request) -> Download:
        """The answer as a file. Raises Problem, Unreachable."""
        return Download(self._send(request, "*/*", lambda answered: answered))

    def events(self, request: Request, *, last_event_id: str | None, heartbeats: bool) -> Events:
        """The answer as events, asked again whenever it ends."""

        def ask(last: str | None) -> Answered:
            headers = {**request.headers, **({"last-event-id": last} if last is not None else {})}
            return self._send(replace(request, headers=headers), "text/event-stream", lambda answered: answered)

        return Events(ask, self._clock, last_id=last_event_id, heartbeats=heartbeats)

    def exchange(self, refresh: Secret) -> TokenPair:
        """The next pair of tokens. Raises Problem (the session is over), Unreachable."""
        request = Request(method="POST", path="/v2/auth/refresh", body={"refresh_token": refresh.reveal()}, signed=False, repeatable=True)
        said = self.ask(_TokensSaid, request)
        return TokenPair(access=Secret(said.access_token), refresh=Secret(said.refresh_token))

    def close(self) -> None:
        """Close what is open."""
        self._transport.close()

    def _whole(self, request: Request, accept: str) -> bytes:
        """The body of a good answer; one that breaks off is no answer."""
        return self._send(request, accept, lambda answered: answered.read())

    def _send(self, request: Request, accept: str, take: Callable[[Answered], T]) -> T:
        """What is taken of a good answer, after as many attempts as the operation bears."""
        asked = self._asked(request, accept)
        may_repeat = request.method in IDEMPOTENT or request.repeatable
        renewed = unheard = False
        for attempt in range(1, self._patience.tries + 1):
            bearer = self._credential.bearer() if self._credential is not None and request.signed else None
            try:
                return take(self._once(asked, bearer, request))
            except Unreachable:
                if not may_repeat or attempt == self._patience.tries:
                    raise
                unheard = True
                self._wait(attempt, None)
            except Problem as problem:
                if isinstance(problem, Absent) and unheard and request.method == "DELETE":
                    return take(_Nothing())  # the attempt whose answer was lost has removed it
                if problem.status == 401 and bearer is not None and not renewed and self._renew(bearer):
                    renewed = True
                    continue
                if not self._passes(problem, may_repeat, unheard) or attempt == self._patience.tries:
                    raise
                self._wait(attempt, problem.retry_after)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, asked: Asked, bearer: Secret | None, request: Request) -> Answered:
        signed = {"authorization": f"Bearer {bearer.reveal()}"} if bearer is not None else {}
        answered = self._transport.send(replace(asked, headers={**asked.headers, **signed}))
        if 200 <= answered.status < 300:
            return answered
        media_type = (answered.header("content-type") or "").partition(";")[0].strip().lower()
        raw = answered.read()
        if 300 <= answered.status < 400:
            raise UnreadableAnswer(
                f"the server sends {request.path} on to {answered.header('location')}", hint="use that address if you trust it"
            )
        raise problem_of(answered.status, media_type, raw, self._retry_after(answered))

    def _asked(self, request: Request, accept: str) -> Asked:
        headers = {"accept": accept, "user-agent": f"listbackup/{__version__}", **request.headers}
        content: bytes | None = None
        if request.body is not UNSET:
            content = request.body if isinstance(request.body, bytes) else msgspec.json.encode(request.body)
            headers.setdefault("content-type", _JSON)
        if self._account is not None and request.signed:
            headers["x-account-id"] = self._account
        if request.repeatable:
            headers.setdefault("idempotency-key", secrets.token_urlsafe(18))
        query = urlencode([(name, _text(value)) for name, value in request.query.items() if value is not UNSET and value is not None])
        may_repeat = request.method in IDEMPOTENT or request.repeatable
        target = request.path + (f"?{query}" if query else "")
        return Asked(method=request.method, target=target, headers=headers, content=content, fresh=not may_repeat)

    def _renew(self, bearer: Secret) -> bool:
        return self._credential is not None and self._credential.renew(bearer, self.exchange)

    def _passes(self, problem: Problem, may_repeat: bool, unheard: bool) -> bool:
        """Whether the same request may be sent once more. A 429 did nothing; a 5xx may have done half."""
        if problem.retry_after is not None and problem.retry_after > self._patience.longest_wait:
            return False
        if problem.code in ("platform_rate_limited", "platform_quota_reached"):
            return False  # the wait is the platform's, and may be hours
        if unheard and problem.status == 409 and "Idempotency-Key" in problem.message:
            return True  # the attempt whose answer was lost is still being answered
        return problem.status == 429 or (may_repeat and problem.status in PASSING and problem.status != 502)

    def _wait(self, attempt: int, told: timedelta | None) -> None:
        """As long as the server said; else twice as long as before, less up to a half by chance, so that many clients do not come back at once."""
        longest = self._patience.longest_wait.total_seconds()
        own = min(longest, self._patience.first_wait.total_seconds() * 2 ** (attempt - 1)) * random.uniform(0.5, 1.0)
        self._clock.sleep(told.total_seconds() if told is not None else own)

    def _retry_after(self, answered: Answered) -> timedelta | None:
        """Source: RFC 9110, 10.2.3: seconds, or an HTTP date."""
        said = (answered.header("retry-after") or "").strip()
        if said.isascii() and said.isdigit():
            return timedelta(seconds=min(int(said), 10**9))
        try:
            when = parsedate_to_datetime(said)
        except ValueError:
            return None
        aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
        return max(timedelta(0), aware - self._clock.now())


class _Nothing:
    """The answer to a removal that was done, and whose own answer was lost."""

    status = 204

    def header(self, name: str) -> str | None:
        """There is none."""
        return None

    def read(self, size: int = -1) -> bytes:
        """It is empty."""
        return b""

    def line(self) -> bytes:
        """It is empty."""
        return b""

    def close(self) -> None:
        """Nothing is open."""


def part(value: str) -> str:
    """A value as one part of a path. A part that servers and proxies would resolve (``.``, ``..``) is written out."""
    return "%2E" * len(value) if value in (".", "..") else quote(value, safe="")


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that were given."""
    return {name: value for name, value in fields.items() if value is not UNSET}


def version_header(version: int | None) -> dict[str, str]:
    """``If-Match`` for this version; nothing for None, which overwrites whatever version there is."""
    return {"if-match": f'"{version}"'} if version is not None else {}


def repeat_header(key: str | None) -> dict[str, str]:
    """``Idempotency-Key`` of the caller's choice; nothing for None, where the session makes one."""
    return {"idempotency-key": key} if key is not None else {}


def _text(value: object) -> str:
    """A value of a query as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    return msgspec.json.encode(value).decode().strip('"')
