"""Heads of answers are read strictly, heads of requests hold what can be sent and nothing else."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator

import pytest

from listbackup.connectors.engine.egress import Origin
from listbackup.connectors.engine.wire import Connection


@pytest.fixture
def ends() -> Iterator[tuple[Connection, socket.socket]]:
    """A connection, and the platform's end of it."""
    ours, theirs = socket.socketpair()
    connection = Connection(Origin("http", "platform.example", 8080), [], None)
    connection.sock = ours
    yield connection, theirs
    connection.close()
    theirs.close()


def answered(ends: tuple[Connection, socket.socket], head: bytes) -> http.client.HTTPResponse:
    """What comes of this head."""
    ends[1].sendall(head)
    ends[1].shutdown(socket.SHUT_WR)
    return ends[0].ask("GET", "/", {"Host": "platform.example"}, None)


def test_names_are_lower_case_and_repeated_headers_are_joined(ends: tuple[Connection, socket.socket]) -> None:
    """As every reader of them expects."""
    response = answered(ends, b"HTTP/1.1 200 OK\r\nX-A:  one \r\nx-a: two\r\nContent-Length: 2\r\n\r\nhi")
    assert response.fields == {"x-a": "one, two", "content-length": "2"}  # type: ignore[attr-defined]
    assert (response.length, response.will_close, response.read()) == (2, False, b"hi")


def test_a_folded_header_is_one_header(ends: tuple[Connection, socket.socket]) -> None:
    """RFC 9112, 5.2: a fold is a space."""
    response = answered(ends, b"HTTP/1.1 200 OK\r\nX-A: one\r\n two\r\nContent-Length: 0\r\n\r\n")
    assert response.fields["x-a"] == "one two"  # type: ignore[attr-defined]


def test_what_follows_a_100_is_the_answer(ends: tuple[Connection, socket.socket]) -> None:
    """Nobody asked for it, some send it."""
    response = answered(ends, b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
    assert (response.status, response.length) == (204, 0)


@pytest.mark.parametrize(
    ("head", "closes"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", False),
    ],
)
def test_a_connection_is_kept_only_where_the_answer_lets_it(ends: tuple[Connection, socket.socket], head: bytes, closes: bool) -> None:
    """And never where the body's end is the connection's."""
    assert answered(ends, head).will_close is closes


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"<html>\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad name: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded: nothing before\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: a\rb\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: a\x00b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: broken off",
        b"HTTP/1.1 200 OK\r\nX-A: 1\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: 1\r\n" * 201 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 70_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_head_is_refused(ends: tuple[Connection, socket.socket], head: bytes) -> None:
    """Where ``http.client`` would guess, or read on into the body."""
    with pytest.raises(http.client.HTTPException):
        answered(ends, head)


def test_silence_is_a_closed_connection(ends: tuple[Connection, socket.socket]) -> None:
    """So that an idle connection that was closed meanwhile is not the platform's fault."""
    with pytest.raises(http.client.RemoteDisconnected):
        answered(ends, b"")


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        ("GET", "/", {"X-A": "a\r\nX-B: b"}),
        ("GET", "/", {"X-A": "a\nb"}),
        ("GET", "/", {"X A": "a"}),
        ("GET", "/a b", {}),
        ("GET", "/\r\nX-A: 1", {}),
        ("GET", "/ä", {}),
        ("GET / HTTP/1.1\r\nX: 1\r\n\r\nGET", "/", {}),
        ("GET", "/", {"X-A": "€"}),
    ],
)
def test_what_cannot_be_sent_is_not(ends: tuple[Connection, socket.socket], method: str, target: str, headers: dict[str, str]) -> None:
    """No line of ours can become two."""
    with pytest.raises(ValueError, match=r"cannot be sent|codec"):
        ends[0].ask(method, target, headers, None)
    ends[1].setblocking(False)
    with pytest.raises(BlockingIOError):
        ends[1].recv(1)


def test_a_body_goes_with_its_length(ends: tuple[Connection, socket.socket]) -> None:
    """Also an empty one, where the method has bodies."""
    ends[1].sendall(b"HTTP/1.1 204 No Content\r\n\r\n" * 2)
    ends[0].ask("POST", "/a", {"Host": "h"}, b"hi")
    assert ends[1].recv(1000) == b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
