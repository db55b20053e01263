"""One operation: a route with everything that is checked before its room is asked, in this order.

Who calls (401) → how often (429) → whether they may (403) → ids in the path (404) → parameters (422) → media type, size and form of the body
(415, 413, 400, 422) → ``If-Match`` (400) → the room. So nobody learns from an error about a body what they may not know of a thing.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

import msgspec
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from listbackup.api.admission import Admission, client_of, csrf_of, hand_cookie
from listbackup.api.live import Turns, events_of, turn_of
from listbackup.api.squeezing import squeeze
from listbackup.base.errors import InputError, NotFound
from listbackup.base.ids import is_id
from listbackup.base.log import log_context
from listbackup.http.caller import Caller, CallerKind, NotSignedIn
from listbackup.http.findings import refusal, wrong_field
from listbackup.http.idempotency import Claim, Kept, Repeats
from listbackup.http.permission import Permission
from listbackup.http.problem import MALFORMED, MEDIA, RATE, TOO_LARGE, Refused
from listbackup.http.ratelimit import Allowance, RateLimiter
from listbackup.services.accounts import Accounts
from listbackup.services.routing import Answer, Call, Chunks, Route, Stream, Text
from listbackup.services.scope import Scope

_log = logging.getLogger(__name__)
_PART = re.compile(r"\{(\w+):([a-z]{3})\}")
_REPEAT_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_ETAG = re.compile(r'(?:W/)?"(\d{1,15})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What every operation is checked with. ``strangers`` counts failed attempts to sign in by address, ``passers`` requests of nobody; ``threads`` are those
    that answer, but for questions about the system's health."""

    admission: Admission
    accounts: Accounts
    limiter: RateLimiter
    strangers: RateLimiter
    passers: RateLimiter
    repeats: Repeats
    max_body_bytes: int
    threads: Executor
    health_threads: Executor
    turns: Turns | None = None


class Operation:
    """A route as the server calls it."""

    def __init__(self, route: Route, gate: Gate) -> None:
        self._route, self._gate = route, gate
        self._ids = dict(_PART.findall(route.path))
        self._asked_in_address = _names(route.query) - _names(route.body)
        self._is_health = route.tag == "system" and route.access is None

    async def __call__(self, request: Request) -> Response:
        """The answer. Raises what the room raises: the door makes problems of it."""
        raw = await self._read(request)
        threads = self._gate.health_threads if self._is_health else self._gate.threads
        # not anyio's threads: they cost twice as much of the loop's time a request
        return await asyncio.get_running_loop().run_in_executor(threads, copy_context().run, self._answer, request, raw)

    def judge_page(self, request: Request) -> None:
        """Raises WrongOrigin for a handshake that a page of another origin begins: browsers let every page open a socket anywhere."""
        self._gate.admission.judge_page(request, also_safe=True)

    def listen(self, request: Request) -> Stream:
        """The stream that this operation answers, for who tells it another way. Raises as ``__call__`` does."""
        call = self._call(request, b"", self._admit(request)[0])
        content = self._route.handle(call).content
        assert isinstance(content, Stream)
        return content

    async def _read(self, request: Request) -> bytes:
        """The body, as far as it may be; judged later, because who calls comes first."""
        pieces, size = [], 0
        try:
            async for piece in request.stream():
                size += len(piece)
                if size > self._gate.max_body_bytes:
                    return b"x" * (self._gate.max_body_bytes + 1)
                pieces.append(piece)
        except ClientDisconnect:
            raise Refused(MALFORMED, "the body broke off") from None
        return b"".join(pieces)

    def _answer(self, request: Request, raw: bytes) -> Response:
        caller, allowance = self._admit(request)
        headers = allowance.headers()
        call = self._call(request, raw, caller)
        with log_context(**({"account": caller.account or "-", "caller": caller.id} if caller is not None else {})):
            with self._pointing():
                response = self._once(request, call, raw)
        squeeze(request, response)
        response.raw_headers += [(name.encode(), value.encode()) for name, value in headers.items()]
        return response

    @contextmanager
    def _pointing(self) -> Iterator[None]:
        """What a room complains about by a parameter's name is told as the parameter: a room does not know whether a field came in the address or in a body."""
        try:
            yield
        except InputError as error:
            if error.field is not None and error.field.partition("/")[0] in self._asked_in_address:
                error.field = "?" + error.field
            raise

    def _call(self, request: Request, raw: bytes, caller: Caller | None) -> Call:
        scope = self._scope(caller)
        return Call(
            path=self._path(request),
            request_id=request.state.request_id,
            seen_caller=caller,
            seen_scope=scope,
            parameters=self._parameters(request),
            content=self._content(request, raw),
            version=self._version(request),
            last_event=request.headers.get("last-event-id"),
            client=client_of(request),
            csrf=csrf_of(request),
            raw=raw if self._route.reads_raw else b"",
            headers=dict(request.headers) if self._route.reads_raw else {},
        )

    def _admit(self, request: Request) -> tuple[Caller | None, Allowance]:
        """Who calls, counted, placed in an account and judged; nobody on public operations, counted by address."""
        gate, address = self._gate, client_of(request).address
        gate.admission.judge_page(request)
        if self._route.access is None:
            return None, self._count(request, gate.passers, address)
        try:
            caller = gate.admission.recognise(request)
        except NotSignedIn:
            tries = gate.strangers.take(address)
            if not tries.allowed:
                raise Refused(RATE, "too many failed attempts to sign in", retry_after=tries.wait) from None
            raise
        request.state.caller = caller.id
        allowance = self._count(request, gate.limiter, _counted(caller))
        caller = gate.admission.place(caller, request, self._route)
        if caller.account is not None:
            request.state.account = caller.account
        gate.admission.judge(caller, self._route)
        return caller, allowance

    def _count(self, request: Request, limiter: RateLimiter, name: str) -> Allowance:
        allowance = limiter.take(name)
        request.state.headers = allowance.headers()
        if not allowance.allowed:
            raise Refused(RATE, "too many requests", retry_after=allowance.wait, hint="wait as Retry-After says")
        return allowance

    def _scope(self, caller: Caller | None) -> Scope | None:
        if caller is None or caller.account is None or not isinstance(self._route.access, Permission):
            return None
        return self._gate.accounts.admitted(caller.account, actor=caller.actor)

    def _path(self, request: Request) -> Mapping[str, str]:
        values = {name: str(value) for name, value in request.path_params.items()}
        for name, prefix in self._ids.items():
            if not is_id(values[name], prefix):
                raise NotFound(f"there is no {name} {values[name]!r}")
        if any("\x00" in value for value in values.values()):
            raise NotFound("nothing has a name with NUL in it")
        return values

    def _parameters(self, request: Request) -> BaseModel | None:
        given: dict[str, Any] = {}
        for name, value in request.query_params.multi_items():
            if name in given:
                raise wrong_field(f"?{name}", "is given twice")
            given[name] = value
        if self._route.query is None:
            if given:
                raise wrong_field(f"?{next(iter(given))}", "there is no such parameter")
            return None
        try:
            return self._route.query.model_validate(given)
        except ValidationError as error:
            raise refusal(error, "?") from None

    def _content(self, request: Request, raw: bytes) -> BaseModel | None:
        if len(raw) > self._gate.max_body_bytes:
            raise Refused(TOO_LARGE, f"a body has at most {self._gate.max_body_bytes:,} bytes")
        if self._route.body is None:
            if raw and not self._route.reads_raw:
                raise Refused(MALFORMED, "this operation reads no body")
            return None
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json":
            raise Refused(MEDIA, "send the body as application/json")
        try:
            return self._route.body.model_validate_json(raw, strict=True)
        except ValidationError as error:
            raise refusal(error, "/") from None

    def _version(self, request: Request) -> int | None:
        said = request.headers.get("if-match")
        if said is None or not self._route.versioned or said.strip() == "*":
            return None
        match = _ETAG.fullmatch(said.strip())
        if match is None:
            raise Refused(MALFORMED, "If-Match is not an ETag of this API", hint='it looks like "3"')
        return int(match[1])

    def _once(self, request: Request, call: Call, raw: bytes) -> Response:
        """The room's answer; that of the first time where the request was sent before."""
        key = request.headers.get("idempotency-key")
        if key is None or not self._route.repeatable:
            return self._respond(request, self._route.handle(call))
        if _REPEAT_KEY.fullmatch(key) is None:
            raise Refused(MALFORMED, "an Idempotency-Key has 1 to 200 visible ASCII characters")
        operation = f"{self._route.method} {request.url.path}?{request.url.query}"
        account, who = _whose(call)
        claim = self._gate.repeats.claim(account, f"{who}/{key}", operation, raw)
        if isinstance(claim, Kept):
            return _kept(claim)
        return self._first(request, claim, call)

    def _first(self, request: Request, claim: Claim, call: Call) -> Response:
        try:
            response = self._respond(request, self._route.handle(call))
        except Exception:
            self._gate.repeats.give_up(claim)
            raise
        said = response.headers
        kept = Kept(status=response.status_code, body=bytes(response.body), location=said.get("location"), etag=said.get("etag"))
        self._gate.repeats.answer(claim, kept)
        return response

    def _respond(self, request: Request, answer: Answer) -> Response:
        response = self._rendered(answer)
        if answer.cookie is not None:
            hand_cookie(response, request, answer.cookie)
        return response

    def _rendered(self, answer: Answer) -> Response:
        status, kept = answer.status or self._route.status, answer.keep_for
        headers = {"cache-control": "no-store" if kept is None else f"public, max-age={int(kept.total_seconds())}"}
        if answer.version is not None:
            headers["etag"] = f'"{answer.version}"'
        if answer.location is not None:
            headers["location"] = answer.location
        match answer.content:
            case None:
                return Response(status_code=status, headers=headers)
            case Text(content=content, media_type=media_type):
                return Response(content, status_code=status, headers=headers, media_type=media_type)
            case Stream(media_type=media_type) as stream:
                told = events_of(stream) if self._gate.turns is None else turn_of(stream, self._gate.turns)
                return StreamingResponse(told, status_code=status, headers=headers, media_type=media_type)
            case Chunks(content=chunks, media_type=media_type, filename=filename, size_bytes=size_bytes, headers=more):
                headers |= {"content-disposition": f'attachment; filename="{filename}"', **more}
                headers |= {"content-length": str(size_bytes)} if size_bytes is not None else {}
                return StreamingResponse(chunks, status_code=status, headers=headers, media_type=media_type)
            case content:
                return Response(_json(content), status_code=status, headers=headers, media_type="application/json")


def _json(content: object) -> bytes:
    """JSON in UTF-8 (RFC 8259 8.1): records stand in it as their platform sent them, and some platforms send text that is none. Those bytes read as U+FFFD."""
    said = msgspec.json.encode(content)
    try:
        said.decode()
    except UnicodeDecodeError:
        return said.decode("utf-8", "replace").encode()
    return said


def _names(model: type[BaseModel] | None) -> frozenset[str]:
    """What the fields of parameters or of a body are called by who sends them."""
    return frozenset(field.alias or name for name, field in model.model_fields.items()) if model is not None else frozenset()


def _counted(caller: Caller) -> str:
    """In whose name requests are counted: a key's own; a person's, however many sessions there are."""
    return caller.id if caller.kind is CallerKind.KEY or caller.user is None else caller.user


def _whose(call: Call) -> tuple[str, str]:
    """In whose name a repeated request is kept: the account's and the caller's; a person's own where there is no account."""
    who = _counted(call.caller)
    return (call.seen_scope.account if call.seen_scope is not None else who), who


def _kept(kept: Kept) -> Response:
    headers = {"cache-control": "no-store", "idempotent-replayed": "true"}
    headers |= {name: value for name, value in (("location", kept.location), ("etag", kept.etag)) if value is not None}
    return Response(kept.body, status_code=kept.status, headers=headers, media_type="application/json")


__all__ = ["Gate", "Operation"]
