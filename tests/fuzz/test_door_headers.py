"""Whatever stands in the headers of a request, the answer is a clear refusal or the right one: never a failure of ours, never somebody let in."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listbackup.services.platforms import Platforms
from listbackup.testing.clock import ManualClock
from listbackup.testing.http import MemoryHouse, served
from listbackup.testing.system import rooms
from listbackup.testing.visitor import Browser, register

NAMES = (
    "host",
    "origin",
    "cookie",
    "authorization",
    "x-csrf-token",
    "x-account-id",
    "sec-fetch-site",
    "user-agent",
    "x-request-id",
    "content-type",
)
PIECES = ("lb=", "__Host-lb=", "lbs_", "lbk_test_", "Bearer ", "Basic ", "http://", "https://", "[::1", "]", "@", ":", ":99999", ";", "=", ",", '"', "\\", "%00", "null", "127.0.0.1", "localhost", "acc_", "ses_", "é", "\x7f", "\x80", "\xff", " ", "\t", "a" * 300, "..", "/", "#", "?")  # fmt: skip
VALUES = st.lists(st.sampled_from(PIECES), max_size=5).map("".join) | st.text(
    st.characters(min_codepoint=32, max_codepoint=255), max_size=60
)
ASKED = (
    ("GET", "/v2/users/me"),
    ("PATCH", "/v2/users/me"),
    ("GET", "/v2/sources"),
    ("POST", "/v2/auth/login"),
    ("DELETE", "/v2/auth/sessions"),
)


@dataclass(frozen=True)
class World:
    port: int
    browser: Browser


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    house = MemoryHouse(rooms([], clock=ManualClock()), Platforms([]))
    with served(house) as port:
        yield World(port, register(house, port))


def ask(port: int, method: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.putrequest(method, path, skip_host="host" in headers, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders(b"" if method == "GET" else b"{}")
        answer = connection.getresponse()
        return answer.status, answer.read()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.sampled_from(ASKED), headers=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4))
def test_odd_headers_are_refused_and_nobody_is_let_in(world: World, asked: tuple[str, str], headers: dict[str, str]) -> None:
    method, path = asked
    clean = {name: value.strip() for name, value in headers.items()}
    length = {} if method == "GET" else {"content-length": "2"}
    status, _ = ask(world.port, method, path, {**clean, **length})
    assert 400 <= status < 500, (status, headers)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(headers=st.dictionaries(st.sampled_from([name for name in NAMES if name not in ("cookie", "host")]), VALUES, min_size=1, max_size=3))
def test_beside_a_good_cookie_odd_headers_change_nothing(world: World, headers: dict[str, str]) -> None:
    clean = {name: value.strip() for name, value in headers.items()}
    cookie = {"host": f"127.0.0.1:{world.port}", "cookie": f"lb={world.browser.cookies['lb']}"}
    status, body = ask(world.port, "PATCH", "/v2/users/me", {**cookie, **clean, "content-length": "2"})
    assert status in (400, 401, 403), (status, body, headers)
    assert ask(world.port, "GET", "/v2/users/me", cookie)[0] == 200
