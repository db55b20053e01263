"""How a room says what it offers over HTTP: a list of routes, each with its access, what it reads and what it answers.

The OpenAPI document, the checks of every request and the tests of isolation all come from these declarations (``api/``); a route cannot be mounted without
saying who may use it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from listbackup.backends.identity.port import Client
from listbackup.http.caller import Caller
from listbackup.http.permission import Permission, Signed
from listbackup.services.scope import Scope

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request whose caller, path, parameters and body were judged. ``version`` is what ``If-Match`` names; ``last_event`` what ``Last-Event-ID`` does."""

    path: Mapping[str, str]
    request_id: str
    seen_caller: Caller | None = None
    seen_scope: Scope | None = None
    parameters: BaseModel | None = None
    content: BaseModel | None = None
    version: int | None = None
    last_event: str | None = None
    client: Client = field(default_factory=Client)  # where the request comes from
    csrf: str | None = None  # what the cookie's pages must send with every change
    raw: bytes = b""  # of a route that ``reads_raw``: the body as it came
    headers: Mapping[str, str] = field(default_factory=dict)  # of such a route, names in lower case

    @property
    def scope(self) -> Scope:
        """The account that is asked about, and who asks. Only on routes that ask for a permission."""
        assert self.seen_scope is not None
        return self.seen_scope

    @property
    def caller(self) -> Caller:
        """Who asks. Only on routes that ask for access."""
        assert self.seen_caller is not None
        return self.seen_caller

    def query(self, kind: type[M]) -> M:
        """The parameters, as the route declares them."""
        assert isinstance(self.parameters, kind)
        return self.parameters

    def body(self, kind: type[M]) -> M:
        """The body, as the route declares it."""
        assert isinstance(self.content, kind)
        return self.content


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """An answer that is not JSON."""

    content: str
    media_type: str


class Told(Protocol):
    """Something that a listener is told."""

    def as_sse(self) -> bytes:
        """As a server-sent event."""
        ...

    def as_message(self) -> str:
        """As the text of a WebSocket message."""
        ...


class Listening(Protocol):
    """Somebody's place in what happens."""

    @property
    def place(self) -> int:
        """The number of what was told last: where to go on."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        ...

    def is_behind(self) -> bool:
        """Whether ``catch_up`` has to read, and so waits."""
        ...

    def take(self) -> Sequence[Told]:
        """What is new; never waits."""
        ...

    def catch_up(self) -> Sequence[Told]:
        """What is new, read where it is kept."""
        ...

    def close(self) -> None:
        """No more, thank you; idempotent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """An answer that goes on for ``seconds``: ``listen`` is given what to call when there is something new; no thread waits in between."""

    listen: Callable[[Callable[[], None]], Listening]
    seconds: int
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunks:
    """An answer that is too large to be held: written piece by piece while it is made; browsers save it under ``filename``."""

    content: Iterator[bytes]
    media_type: str
    filename: str
    size_bytes: int | None = None  # where it is known: a browser then sees that an answer broke off
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes out: a dataclass (or a mapping) that becomes JSON, its version where it has one, where a new thing is found."""

    content: Any = None
    version: int | None = None
    location: str | None = None
    status: int | None = None  # None: the route's own
    cookie: str | None = field(default=None, repr=False)  # the session's cookie; empty: take it back
    keep_for: timedelta | None = None  # how long caches may keep the answer


Handle = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation. ``path`` stands below ``/v2``; ``{id:src}`` is an id with this prefix, ``{name}`` any text.

    ``access`` a Permission: in the chosen account; ``Signed``: without an account; None: everybody, also who is not signed in. ``step_up``: people must have
    shown a factor within the last 10 minutes. ``repeatable`` creating routes keep their answer for a repeated ``Idempotency-Key``.
    """

    method: str
    path: str
    summary: str
    access: Permission | Signed | None
    handle: Handle
    answers: Any = None  # the type of the content; None: no content
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    status: int = 200
    repeatable: bool = False
    versioned: bool = False  # reads If-Match
    step_up: bool = False
    at_root: bool = False  # outside ``/v2``: what other standards look for at a fixed place
    reads_raw: bool = False  # the body is signed as a whole: the room gets its bytes and the headers, and judges both
    media: Sequence[str] = ()  # the media types of an answer that is not JSON
    also: Sequence[int] = ()  # statuses that carry the same content
    problems: Sequence[int] = field(default_factory=tuple)  # statuses beyond those that every such route can answer
    tag: str = ""


def public(
    path: str, summary: str, handle: Handle, *, body: type[BaseModel], answers: Any = None, status: int = 200, problems: Sequence[int] = ()
) -> Route:
    """An operation for who is not signed in. Guesses are counted by the room, so it can be told to wait."""
    return Route(
        method="POST",
        path=path,
        summary=summary,
        access=None,
        handle=handle,
        body=body,
        answers=answers,
        status=status,
        problems=problems,
    )


def mine(
    method: str,
    path: str,
    summary: str,
    handle: Handle,
    *,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    answers: Any = None,
    status: int = 200,
    step_up: bool = False,
    versioned: bool = False,
    problems: Sequence[int] = (),
) -> Route:
    """An operation for a person, about themselves."""
    return Route(
        method=method,
        path=path,
        summary=summary,
        access=Signed.PERSON,
        handle=handle,
        body=body,
        query=query,
        answers=answers,
        status=status,
        step_up=step_up,
        versioned=versioned,
        problems=problems,
    )


def reading(
    path: str,
    summary: str,
    access: Permission,
    handle: Handle,
    answers: Any,
    query: type[BaseModel] | None = None,
    *,
    versioned: bool = False,
    problems: Sequence[int] = (),
) -> Route:
    """A GET of something in the chosen account."""
    return Route(
        method="GET",
        path=path,
        summary=summary,
        access=access,
        handle=handle,
        answers=answers,
        query=query,
        versioned=versioned,
        problems=problems,
    )


def changing(
    method: str,
    path: str,
    summary: str,
    access: Permission,
    handle: Handle,
    *,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    answers: Any = None,
    status: int = 200,
    step_up: bool = False,
    repeatable: bool = False,
    versioned: bool = False,
    problems: Sequence[int] = (),
) -> Route:
    """Something that is done in the chosen account."""
    return Route(
        method=method,
        path=path,
        summary=summary,
        access=access,
        handle=handle,
        body=body,
        query=query,
        answers=answers,
        status=status,
        step_up=step_up,
        repeatable=repeatable,
        versioned=versioned,
        problems=problems,
    )
