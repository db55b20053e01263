"""Heads of answers are read strictly, heads of requests hold what can be sent and nothing else."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from listbackup.connectors.engine.egress import Origin
from listbackup.connectors.engine.wire import Connection, HungUp, NotHttp, Response


@pytest.fixture
def ends() -> Iterator[tuple[Connection, socket.socket]]:
    """A connection, and the platform's end of it."""
    ours, theirs = socket.socketpair()
    connection = Connection(Origin("http", "platform.example", 8080), [], None)
    connection.sock = ours
    yield connection, theirs
    connection.close()
    theirs.close()


def _send(end: socket.socket, text: bytes) -> None:
    with contextlib.suppress(OSError):
        end.sendall(text)
        end.shutdown(socket.SHUT_WR)


def answered(ends: tuple[Connection, socket.socket], head: bytes) -> Response:
    """What comes of this head."""
    sending = threading.Thread(target=_send, args=(ends[1], head))
    sending.start()
    return ends[0].ask("GET", "/", {"Host": "platform.example"}, None)


def test_names_are_lower_case_and_repeated_headers_are_joined(ends: tuple[Connection, socket.socket]) -> None:
    """As every reader of them expects."""
    response = answered(ends, b"HTTP/1.1 200 OK\r\nX-A:  one \r\nx-a: two\r\nContent-Length: 2\r\n\r\nhi")
    assert response.fields == {"x-a": "one, two", "content-length": "2"}
    assert (response.length, response.will_close, response.read_some()) == (2, False, b"hi")


def test_a_folded_header_is_one_header(ends: tuple[Connection, socket.socket]) -> None:
    """RFC 9112, 5.2: a fold is a space."""
    response = answered(ends, b"HTTP/1.1 200 OK\r\nX-A: one\r\n two\r\nContent-Length: 0\r\n\r\n")
    assert response.fields["x-a"] == "one two"


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
    """Nothing is guessed, and no body is read as a head or the other way round."""
    with pytest.raises(NotHttp):
        answered(ends, head)


def test_silence_is_a_closed_connection(ends: tuple[Connection, socket.socket]) -> None:
    """So that an idle connection that was closed meanwhile is not the platform's fault."""
    with pytest.raises(HungUp):
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


def test_headers_that_change_are_sent_as_they_are_now(ends: tuple[Connection, socket.socket]) -> None:
    """What was sent before is remembered only for headers that are the same."""
    headers = {"Authorization": "Bearer one"}
    for token in ("one", "two", "two", "one"):
        ends[1].sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        headers["Authorization"] = f"Bearer {token}"
        ends[0].ask("GET", "/", headers, None)
        assert ends[1].recv(1000) == b"GET / HTTP/1.1\r\nAuthorization: Bearer %s\r\n\r\n" % token.encode()


def whole(response: Response) -> bytes:
    """The body to its end."""
    return b"".join(iter(response.read_some, b""))


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"2;ext=1\r\nhe\r\n00003 \r\nllo\r\n0\r\nTrailer: 1\r\n\r\n", b"hello"),
        (b"2\nhe\n0\n\n", b"he"),
        (b"A\r\n0123456789\r\n0\r\n", b"0123456789"),  # the last chunk has come, the line behind it has not
    ],
)
def test_chunks_are_put_together(ends: tuple[Connection, socket.socket], body: bytes, said: bytes) -> None:
    """With what may stand beside them."""
    assert whole(answered(ends, CHUNKED + body)) == said


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"5\r\nhell",
        b"5\r\nhello\r\n",
        b"5\r\nhello!\r\n0\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n",
        b"\r\nhello\r\n0\r\n\r\n",
        b"ffffffffffffffff\r\nhello",
        b"5" * 70_000,
    ],
)
def test_what_are_no_chunks_is_refused(ends: tuple[Connection, socket.socket], body: bytes) -> None:
    """A body that broke off and one whose chunks lie are not taken for whole."""
    with pytest.raises(NotHttp):
        whole(answered(ends, CHUNKED + body))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 500])
def test_it_does_not_matter_how_an_answer_is_cut_on_its_way(ends: tuple[Connection, socket.socket], size: int) -> None:
    """Byte by byte, or two answers' worth at once."""
    text = (
        b"HTTP/1.1 100 Continue\r\n\r\n"
        + CHUNKED
        + b"3\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n"
        + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfghij"
    )

    def send() -> None:
        for start in range(0, len(text), size):
            ends[1].sendall(text[start : start + size])
            time.sleep(0.0002)

    sending = threading.Thread(target=send)
    sending.start()
    first = ends[0].ask("GET", "/", {"Host": "h"}, None)
    assert (first.status, whole(first)) == (200, b"abcde")
    if first.is_used_up:
        assert whole(ends[0].ask("GET", "/", {"Host": "h"}, None)) == b"fghij"
    sending.join()


def test_what_comes_behind_a_body_is_noticed(ends: tuple[Connection, socket.socket]) -> None:
    """The connection is not used again: the next answer would begin with it."""
    response = answered(ends, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi!")
    assert (whole(response), response.is_used_up) == (b"hi", False)


def test_a_body_that_ends_with_its_connection_is_read_to_there(ends: tuple[Connection, socket.socket]) -> None:
    """Whether that is its end is for the reader of its JSON to say."""
    response = answered(ends, b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 300_000)
    assert (len(whole(response)), response.length, response.will_close) == (300_000, None, True)


def test_a_body_shorter_than_announced_ends_where_it_broke_off(ends: tuple[Connection, socket.socket]) -> None:
    """``read_raw`` compares it with what was announced."""
    response = answered(ends, b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhi")
    assert (whole(response), response.length) == (b"hi", 10)


def test_continues_without_end_are_no_answer(ends: tuple[Connection, socket.socket]) -> None:
    """Some servers would have us wait for ever."""
    assert answered(ends, b"HTTP/1.1 100 Continue\r\n\r\n" * 40).status == 100
