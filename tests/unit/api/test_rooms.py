"""Rooms are found by the words that their addresses begin with."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message

from listbackup.api.door import Tally
from listbackup.api.paths import first_word, full_path
from listbackup.api.rooms import SERVICES, House, every_route, words_of
from listbackup.api.router import Address, Corridor, Router


class Plan:
    """A house in which nobody can do anything."""

    def __getattr__(self, _: str) -> Plan:
        return self

    def __call__(self, *_: object, **__: object) -> Plan:
        return self


HOUSE, ERRANDS = cast(House, Plan()), cast(Any, Plan())


@pytest.mark.parametrize("service", SERVICES)
def test_a_room_has_the_words_that_its_addresses_begin_with_and_no_others(service: str) -> None:
    """Or a function would say of an operation that it does not exist."""
    for room in SERVICES[service]:
        routes = [route for _, offered in room.offer(HOUSE, ERRANDS, Tally()) for route in offered]
        assert {first_word(full_path(route)) for route in routes} == room.words


@pytest.mark.parametrize("service", SERVICES)
def test_word_by_word_a_service_has_the_same_operations_as_at_once(service: str) -> None:
    def named(word: str | None = None) -> list[tuple[str, str]]:
        return [(route.method, full_path(route)) for route in every_route(HOUSE, ERRANDS, Tally(), of=(service,), word=word)]

    by_word = [route for word in words_of((service,)) for route in named(word)]
    assert sorted(by_word) == sorted(named())


def test_a_room_is_opened_once_when_somebody_comes_for_it_and_for_other_words_none_is() -> None:
    opened: list[str] = []

    async def here(request: Request) -> Response:
        return PlainTextResponse(request.url.path)

    async def nobody(_: Request) -> Response:
        return PlainTextResponse("", 404)

    def open_room(word: str) -> Router:
        opened.append(word)
        return Router([Address(path=f"/v2/{word}/{{id}}", endpoint=here)] if word else [], sockets={}, absent=nobody)

    corridor = Corridor(frozenset({"things", "others"}), open_room)
    assert opened == []
    assert [ask(corridor, path) for path in ("/v2/things/a", "/v2/things/b", "/v2/things", "/v2/others/a")] == [200, 200, 404, 200]
    strange = ("/v2/more/a", "/v2/most/a", "/v2", "/", "", "//things/a", "/v3/things/a")
    assert [ask(corridor, path) for path in strange] == [404] * len(strange)
    assert opened == ["things", "others", ""]


def ask(corridor: Corridor, path: str) -> int:
    said: list[int] = []

    async def send(message: Message) -> None:
        said.extend([message["status"]] if "status" in message else [])

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [], "server": ("a", 80)}
    asyncio.run(corridor(scope, receive, send))
    return said[0]
