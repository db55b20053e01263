"""How a room says what it offers over HTTP: a list of routes, each with its access, what it reads and what it answers.

The OpenAPI document, the checks of every request and the tests of isolation all come from these declarations (``api/``); a route cannot be mounted without
saying who may use it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """An answer that goes on: ``poll`` is asked for what is new every ``every_seconds``, ``polls`` times; no thread waits in between."""

    poll: Callable[[], bytes]
    polls: int
    every_seconds: float
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes out: a dataclass (or a mapping) that becomes JSON, its version where it has one, where a new thing is found."""

    content: Any = None
    version: int | None = None
    location: str | None = None
    status: int | None = None  # None: the route's own


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
    problems: Sequence[int] = field(default_factory=tuple)  # statuses beyond those that every such route can answer
    tag: str = ""
