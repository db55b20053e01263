"""From an address to who answers it: by its words first, so that a request is held against the few patterns that can be meant and not against all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from re import Pattern
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from listbackup.api.paths import first_word
from listbackup.base.loading import loading

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
SocketEndpoint: TypeAlias = Callable[[WebSocket], Awaitable[None]]
_GONE = 1000  # a WebSocket close code


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A path with its parts in braces, ``{key:path}`` for one that may hold slashes, and who answers there, whatever the method."""

    path: str
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class _Pattern:
    words: tuple[str, ...]  # the first two, which are never parameters
    parts: int
    is_open: bool  # it may have more parts
    regex: Pattern[str]
    endpoint: Endpoint

    def fits(self, parts: int) -> bool:
        return parts == self.parts or (self.is_open and parts > self.parts)


class Router:
    """ASGI: the addresses in order of precedence; of the sockets each has a path of its own."""

    def __init__(self, addresses: Sequence[Address], *, sockets: Mapping[str, SocketEndpoint], absent: Endpoint) -> None:
        self._sockets, self._absent = dict(sockets), absent
        self._plain = {one.path: one.endpoint for one in reversed(addresses) if "{" not in one.path}
        patterns = [_pattern(one) for one in addresses if "{" in one.path]
        self._most = max((one.parts for one in patterns), default=0) + 1  # from here on only what is open fits
        self._patterns = {
            (words, parts): [one for one in patterns if one.words == words and one.fits(parts)]
            for words in {one.words for one in patterns}
            for parts in range(1, self._most + 1)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find who answers, and send the answer."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        endpoint, scope["path_params"] = self._find(scope["path"])
        response = await endpoint(Request(scope, receive, send))
        await response(scope, receive, send)

    def _find(self, path: str) -> tuple[Endpoint, dict[str, str]]:
        endpoint = self._plain.get(path)
        if endpoint is not None:
            return endpoint, {}
        parts = path.split("/")
        for pattern in self._patterns.get((tuple(parts[1:3]), min(len(parts), self._most)), ()):
            match = pattern.regex.match(path)
            if match is not None:
                return pattern.endpoint, match.groupdict()
        return self._absent, {}

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._sockets.get(scope["path"])
        if endpoint is None:
            await send({"type": "websocket.close", "code": _GONE, "reason": ""})
            return
        scope["path_params"] = {}
        await endpoint(WebSocket(scope, receive, send))


class Corridor:
    """ASGI: a router for the addresses of each word, made when the first request for one of them comes; other words lead to one that knows nobody."""

    def __init__(self, words: frozenset[str], open_room: Callable[[str], Router]) -> None:
        self._words, self._open = words, open_room
        self._routers: dict[str, Router] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it to who knows more."""
        word = first_word(scope["path"])
        word = word if word in self._words else ""
        if word not in self._routers:
            with loading():
                self._routers[word] = self._open(word)
        await self._routers[word](scope, receive, send)


def _pattern(address: Address) -> _Pattern:
    regex, _, _ = compile_path(address.path)
    parts = address.path.split("/")
    words = tuple(parts[1:3])
    if any("{" in word for word in words):
        raise ValueError(f"{address.path} begins with a parameter")
    return _Pattern(words, len(parts), ":path}" in address.path, regex, address.endpoint)
