"""One request of a session from end to end: credentials, politeness, the wire, what the status means, and the one retry loop."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import TypeVar
from urllib.parse import quote_plus, urlencode, urljoin

import msgspec

from listbackup.base.clock import Clock
from listbackup.base.errors import InputError, Interrupted, ListBackupError, PlatformError, PlatformFault
from listbackup.base.numbers import whole
from listbackup.base.retry import RetryPolicy, retry
from listbackup.connectors.engine.auth import Authority, authority, texts
from listbackup.connectors.engine.client import Answer, Client, Request, StatusAnswer
from listbackup.connectors.engine.connector import Credentials, Ground
from listbackup.connectors.engine.egress import Url, parse_url
from listbackup.connectors.engine.facts import Api, Limits, Param
from listbackup.connectors.engine.facts_auth import Auth
from listbackup.connectors.engine.faults import BadAnswer, Reason, unreachable
from listbackup.connectors.engine.limits import Limiter, retry_after
from listbackup.connectors.engine.quota import Allowance
from listbackup.connectors.engine.template import as_text, fill, holes

T = TypeVar("T")

STALE_SECONDS = 300
LONG_URL = 4096  # from here on the whole is looked at again
PATIENCE = RetryPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What to ask: a path below the base URL (or a whole URL) with params, and how to read the status."""

    path: str
    method: str = "GET"
    params: Mapping[str, Param] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    conditional: bool = False  # 304 is an answer
    ends: tuple[int, ...] = ()  # statuses that are answers too
    repeatable: bool = True  # asking twice does no harm


class Transport:
    """The way to one site of a platform."""

    def __init__(self, api: Api, credentials: Credentials, ground: Ground, client: Client) -> None:
        self._ground, self._client = ground, client
        self._patience = Patience(ground)
        self._dice = random.Random()
        self.values: dict[str, object] = dict(texts(credentials))
        self._secrets = sorted((s.reveal() for s in credentials.secrets.values() if len(s.reveal()) >= 4), key=len, reverse=True)
        self._latest: tuple[str, Url] | None = None  # the place asked last: pages of a listing differ in their params alone
        self.base = base_url(api.base_url, self.values, allow_loopback=ground.allow_loopback)
        self._trusted = {self.base.origin.host, *api.hosts}
        self._headers = {"Accept": "application/json", "Cache-Control": "no-cache"} | {
            k: fill(v, self.values) for k, v in api.headers.items()
        }
        self._token_client: Client | None = None
        self.authority: Authority = authority(auth_of(api, credentials), credentials, ground, self._post)
        self.allowance = Allowance(ground.clock, api.limits.quotas, ground.quota, share=ground.quota_share)
        limits = slower(api.limits, ground.calls_per_second)
        known = self.allowance.known_rate() if limits.per_second is None else None
        self.limiter = Limiter(ground.clock, limits, concurrency=ground.concurrency, known_rate=known)
        self._counting = threading.Lock()
        self.calls = 0

    @property
    def clock(self) -> Clock:
        """The session's clock; its sleep ends early when the session is to stop."""
        return self._patience

    def close(self) -> None:
        """Wake up everybody who waits for the platform; idempotent."""
        self._patience.close()
        with suppress(ListBackupError):  # what cannot be given back counts as sent, which is the polite side
            self.allowance.remember_rate(self.limiter.learnt_rate)
            self.allowance.close()
        if self._token_client is not None:
            self._token_client.close()

    def url(self, path: str, params: Mapping[str, Param]) -> Url:
        """Where a path leads. Raises PlatformError (egress_denied), BadAnswer (another host)."""
        query = _query(params)
        known = self._latest
        place = known[1] if known is not None and known[0] == path else self._place(path)
        if not query:
            return place
        target = place.target + ("&" if "?" in place.target else "?") + query  # _query leaves nothing that a URL cannot have
        return (
            Url(place.origin, target)
            if len(target) < LONG_URL
            else parse_url(f"{place.origin}{target}", allow_loopback=self._ground.allow_loopback)
        )

    def named(self, url: str, beside: str | None = None) -> str:
        """A URL that the platform named, in full: a relative one is relative to the listing at the path ``beside``, or to the base URL (RFC 3986)."""
        if "://" in url:
            return url
        try:
            return urljoin(f"{str(self.base).rstrip('/')}/" if beside is None else str(self.url(beside, {})), url)
        except ValueError:
            return url  # it is no URL: asking for it says so

    def _place(self, path: str) -> Url:
        if "://" in path:
            text = path
        elif path.startswith(("?", "#")):
            text = str(self.base).partition("?")[0] + path
        else:
            text = str(self.base).rstrip("/") + ("" if path.startswith("/") or not path else "/") + path
        place = parse_url(text.partition("#")[0], allow_loopback=self._ground.allow_loopback)
        self._latest = (path, place)
        return place

    def ask(self, ask: Ask) -> Answer:
        """The answer, as often as it takes. Raises PlatformError, BadAnswer, Interrupted."""
        return self.patiently(lambda: self.ask_once(ask), repeatable=ask.repeatable)

    def ask_once(self, ask: Ask) -> Answer:
        """The answer of one try (two where a token had to be renewed). Raises PlatformError, BadAnswer, Interrupted."""
        url = self.url(ask.path, ask.params)
        if not self.trusts(url):
            message = f"the next page is said to be on {url.origin.host}, which is not {self.base.origin.host}; nothing was sent there"
            raise BadAnswer(Reason.FOREIGN_HOST, message, again=False)
        return self._once(ask, url)

    def patiently(self, call: Callable[[], T], *, repeatable: bool = True) -> T:
        """What ``call`` returns, through the one retry loop. What must not be repeated is repeated only if it was refused unheard."""
        if repeatable:
            return retry(call, clock=self._patience, policy=PATIENCE, rng=self._dice)
        try:
            return retry(_only_if_unheard(call), clock=self._patience, policy=PATIENCE, rng=self._dice)
        except _Final as final:
            raise final.error from None

    def trusts(self, url: Url) -> bool:
        """Whether credentials may go there."""
        return url.origin == self.base.origin or (url.origin.host in self._trusted and url.origin.scheme == "https")

    def request(self, ask: Ask, url: Url) -> tuple[Request, Mapping[str, str]]:
        """The request with credentials on it where they may go, and the credential headers."""
        if not self.trusts(url):
            return Request(url=url, method=ask.method, headers=dict(ask.headers), body=ask.body), {}
        secret = self.authority.headers()
        query = self.authority.query()
        if query:
            url = Url(url.origin, url.target + ("&" if "?" in url.target else "?") + urlencode(query))
        return Request(url=url, method=ask.method, headers={**self._headers, **ask.headers, **secret}, body=ask.body), secret

    def _once(self, ask: Ask, url: Url) -> Answer:
        for _ in range(2):
            request, secret = self.request(ask, url)
            answer = self.limited(lambda: self._client.send(request))  # noqa: B023  called at once
            if answer.status == 401 and secret and self.authority.renewed(secret):
                continue
            break
        return self.judge(answer, ask)

    def limited(self, send: Callable[[], T]) -> T:
        """What ``send`` returns, sent when it is polite to; the limiter is told how it went. Raises PlatformError (quota_reached, rate_limited: not for long)."""
        if self._ground.quota is not None:
            self.limiter.be_silent(self.allowance.silence())
        self._not_for_long()
        self.allowance.spend()
        ticket = self.limiter.enter(self._patience.check)
        with self._counting:
            self.calls += 1
        status: int | None = None
        headers: Mapping[str, str] = {}
        wait: timedelta | None = None
        try:
            result = send()
            status = 200
            if isinstance(result, Answer):
                status, headers, wait = result.status, result.headers, self._wait(result)
        except BadAnswer:
            status = 200  # it did answer: no reason to go slower
            raise
        except StatusAnswer as other:
            status, headers, wait = other.answer.status, other.answer.headers, self._wait(other.answer)
            raise
        finally:
            self.limiter.leave(ticket, status=status, headers=headers, retry_after=wait)
            self.allowance.hear(headers)
            if wait is not None and wait.total_seconds() >= 1 and self._ground.quota is not None:
                self.allowance.hush(wait)
        return result

    def _not_for_long(self) -> None:
        """Nobody sits through a silence that is longer than the retry loop's patience. Raises PlatformError (rate_limited)."""
        silence = timedelta(seconds=self.limiter.silent_for)
        if silence > PATIENCE.give_up_above:
            message = f"{self.base.origin.host} grants no calls for another {silence.total_seconds() / 60:.0f} minutes"
            raise PlatformError(message, fault=PlatformFault.RATE_LIMITED, hint="the run goes on then", retry_after=silence)

    def _wait(self, answer: Answer) -> timedelta | None:
        if answer.status in (429, 503) or (answer.status == 403 and "retry-after" in answer.headers):
            return retry_after(answer.headers, self._ground.clock)
        return None

    def judge(self, answer: Answer, ask: Ask) -> Answer:
        """The answer, if its status is one. Raises PlatformError with what the status means."""
        status = answer.status
        if status in ask.ends or (status == 304 and ask.conditional):
            return answer
        if 200 <= status < 300 and status != 206:
            self._check_age(answer)
            return answer
        if status == 206:
            raise BadAnswer(Reason.UNASKED_PART, "the platform sent a part of the answer, and nobody asked for a part", status=status)
        if status == 304:
            message = "the platform says that nothing was modified, and nobody asked whether it was"
            raise BadAnswer(Reason.UNASKED_NOT_MODIFIED, message, status=status)
        raise self.refusal(answer)

    def refusal(self, answer: Answer) -> PlatformError:
        """The error that this status means."""
        status, host = answer.status, self.base.origin.host
        wait = self._wait(answer)
        if status == 429 or (status == 403 and wait is not None):
            return _error(PlatformFault.RATE_LIMITED, f"{host} asks us to slow down", "it is waited for; or run again later", status, wait)
        if status == 401:
            hint = "check the credentials and connect again: listbackup connect"
            return _error(PlatformFault.NEEDS_REAUTH, f"{host} does not accept the credentials", hint, status)
        if status == 403:
            hint = "give the credentials the right to read this"
            return _error(PlatformFault.FORBIDDEN, f"{host} forbids this to these credentials", hint, status)
        if status in (404, 410):
            return _error(PlatformFault.GONE, f"{host} has nothing here (status {status})", "check the address and the path", status)
        if status >= 500 or status in (408, 425):
            return unreachable(f"{host} fails (status {status})", hint="run again later", status=status, wait=wait)
        said = self._redacted(answer.body)
        return _error(PlatformFault.REFUSED, f"{host} refuses the request (status {status}){said}", "see what it says", status)

    def _redacted(self, body: bytes) -> str:
        """What the platform says of its refusal, if it says it in one of the usual places; without secrets and line breaks."""
        try:
            told = msgspec.json.decode(body[:65536])
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return ""
        text = _message(told)
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]
        return f": {text}" if text else ""

    def _check_age(self, answer: Answer) -> None:
        age = answer.headers.get("age", "")
        if (whole(age[:12]) or 0) > STALE_SECONDS:
            raise BadAnswer(Reason.STALE_ANSWER, f"a cache answered for the platform, with something {age[:12]} seconds old")

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One POST to the token endpoint: no credentials of ours on it, no repetition."""
        target = endpoint(url, self.base, self.values, allow_loopback=self._ground.allow_loopback)
        self._token_client = self._token_client or self._client.brief()
        with self._counting:
            self.calls += 1
        return self._token_client.send(Request(url=target, method="POST", headers=dict(headers), body=body))


def _query(params: Mapping[str, Param]) -> str:
    """What ``urlencode`` makes of the params that are not empty; letters and digits need no encoding."""
    parts = []
    for name, value in params.items():
        text = as_text(value)
        if text:
            parts.append(f"{_quoted(name)}={text if text.isascii() and text.isalnum() else quote_plus(text)}")
    return "&".join(parts)


@lru_cache(maxsize=256)
def _quoted(name: str) -> str:
    return quote_plus(name)


class Patience:
    """The session's clock: sleeps in short steps, and wakes up with Interrupted when the session is to stop."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._closed = threading.Event()
        self.now = ground.clock.now
        self.monotonic = ground.clock.monotonic

    def sleep(self, seconds: float) -> None:
        """Wait this long [s]. Raises Interrupted."""
        left = seconds
        while left > 0:
            self.check()
            self._ground.clock.sleep(min(left, 0.25))
            left -= 0.25

    def check(self) -> None:
        """Raises Interrupted when the session is to stop."""
        if self._closed.is_set() or self._ground.should_stop():
            raise Interrupted("stopped while waiting for the platform", hint="run the same again to resume")

    def close(self) -> None:
        """Wake up everybody."""
        self._closed.set()


def base_url(template: str, values: Mapping[str, object], *, allow_loopback: bool) -> Url:
    """The base URL of a connection. Raises InputError for a value that would lead to another host than the template means, PlatformError."""
    _check_host(template, values)
    text = fill(template, values).strip()
    if "://" not in text:
        raise InputError(f"{text!r} is not an address", hint="write it with https:// in front", field=next(iter(holes(template)), None))
    return parse_url(text.rstrip("/"), allow_loopback=allow_loopback)


def _check_host(template: str, values: Mapping[str, object]) -> None:
    for name in holes(template.partition("://")[2].partition("/")[0]):
        if not all(c.isalnum() or c in ".-" for c in as_text(values.get(name))):
            raise InputError(f"{name} can hold letters, digits, dots and dashes only", field=name, hint="give the name alone, not a URL")


def endpoint(template: str, base: Url, values: Mapping[str, object], *, allow_loopback: bool) -> Url:
    """An address of the platform's sign-in, relative to the base URL or of its own. Raises InputError, PlatformError (egress_denied)."""
    if "://" not in template:
        return parse_url(urljoin(str(base), fill(template, values)), allow_loopback=allow_loopback)
    _check_host(template, values)
    return parse_url(fill(template, values).strip(), allow_loopback=allow_loopback)


def auth_of(api: Api, credentials: Credentials) -> Auth:
    """How these credentials are shown: those of the sign-in page as the tokens that they are."""
    if api.oauth is not None and ("access_token" in credentials.secrets or "refresh_token" in credentials.secrets):
        return api.oauth
    return api.auth


def slower(limits: Limits, per_second: float | None) -> Limits:
    """The limits, no faster than this."""
    if per_second is None or (limits.per_second is not None and limits.per_second <= per_second):
        return limits
    return msgspec.structs.replace(limits, per_second=per_second)


def _only_if_unheard(call: Callable[[], T]) -> Callable[[], T]:
    def guarded() -> T:
        try:
            return call()
        except PlatformError as error:
            if error.fault is PlatformFault.RATE_LIMITED:
                raise
            raise _Final(error) from error

    return guarded


class _Final(Exception):
    """An error that must not be met by another try."""

    def __init__(self, error: PlatformError) -> None:
        super().__init__(error.message)
        self.error = error


def _error(fault: PlatformFault, message: str, hint: str, status: int, wait: timedelta | None = None) -> PlatformError:
    return PlatformError(message, fault=fault, hint=hint, status=status, retry_after=wait)


def _message(told: object, depth: int = 0) -> str:
    if isinstance(told, str):
        return told if depth else ""
    if isinstance(told, list) and told and depth < 4:
        return _message(told[0], depth + 1)
    if isinstance(told, dict) and depth < 4:
        for name in ("message", "error_description", "detail", "description", "title", "error", "errors", "reason"):
            if name in told and (text := _message(told[name], depth + 1)):
                return text
    return ""
