"""HTTP as it must be for backups: whole, bounded, and on its own host."""

from __future__ import annotations

import contextlib
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.connectors.engine.body import BodyLimits, decode
from listbackup.connectors.engine.client import Client, Request
from listbackup.connectors.engine.egress import parse_url
from listbackup.connectors.engine.faults import BadAnswer, Reason
from listbackup.testing.clock import ManualClock
from listbackup.testing.saas.wire import Request as Asked
from listbackup.testing.saas.wire import Response, WireServer

LIMITS = BodyLimits()


def reason(call) -> Reason:  # type: ignore[no-untyped-def]
    with pytest.raises(BadAnswer) as caught:
        call()
    return caught.value.reason


@given(st.binary(max_size=3000), st.sampled_from(["gzip", "deflate", "x-gzip", "raw"]))
def test_what_was_compressed_comes_back(body: bytes, coding: str) -> None:
    if coding == "raw":
        packer = zlib.compressobj(wbits=-15)
        assert decode(packer.compress(body) + packer.flush(), "deflate", LIMITS) == body
    else:
        assert decode(gzip.compress(body) if "gzip" in coding else zlib.compress(body), coding, LIMITS) == body


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "gzip, deflate", "br", "identity"]))
def test_any_bytes_decode_or_are_refused(raw: bytes, coding: str) -> None:
    with contextlib.suppress(BadAnswer):
        decode(raw, coding, LIMITS)


@given(st.binary(min_size=1, max_size=500), st.data())
def test_a_cut_or_flipped_gzip_body_is_refused_or_the_same(body: bytes, data: st.DataObject) -> None:
    packed = gzip.compress(body, mtime=0)
    cut = data.draw(st.integers(0, len(packed) - 1))
    assert reason(lambda: decode(packed[:cut], "gzip", LIMITS)) in (Reason.TRUNCATED_BODY, Reason.BAD_ENCODING)
    flipped = bytearray(packed)
    flipped[cut] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(BadAnswer):
        assert decode(bytes(flipped), "gzip", LIMITS) == body  # header bits that mean nothing


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    assert reason(lambda: decode(bomb, "gzip", LIMITS)) is Reason.TOO_LARGE
    assert reason(lambda: decode(bomb, "gzip", BodyLimits(body_bytes=1024 * 1024, ratio=10**6))) is Reason.TOO_LARGE
    nested = gzip.compress(gzip.compress(bytes(1024 * 1024)))
    assert len(decode(nested, "gzip, gzip", LIMITS)) == 1024 * 1024


def ask(answer, target: str = "/", **limits: int) -> object:  # type: ignore[no-untyped-def]
    server = WireServer(answer)
    server.start()
    client = Client(ManualClock(), allow_loopback=True, limits=BodyLimits(**limits))
    try:
        return client.send(Request(url=parse_url(server.url + target, allow_loopback=True), headers={"Authorization": "Bearer canary"}))
    finally:
        client.close()
        server.stop()


def test_a_body_beyond_the_limit_is_refused_without_reading_it() -> None:
    long = Response(wire=b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx")
    assert reason(lambda: ask(lambda request: long)) is Reason.TOO_LARGE
    chunked = Response(wire=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"400\r\n%s\r\n" % bytes(1024) * 64)
    assert reason(lambda: ask(lambda request: chunked, body_bytes=10_000)) is Reason.TOO_LARGE


def test_headers_beyond_the_limit_are_refused() -> None:
    lines = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 1000) for number in range(80))
    assert (
        reason(lambda: ask(lambda request: Response(wire=b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 0\r\n\r\n")))
        is Reason.BAD_HEADERS
    )
    many = b"".join(b"X-%d: a\r\n" % number for number in range(200))
    assert reason(lambda: ask(lambda request: Response(wire=b"HTTP/1.1 200 OK\r\n" + many + b"\r\n"))) is Reason.BAD_HEADERS
    two = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\n{}"
    assert reason(lambda: ask(lambda request: Response(wire=two))) is Reason.TRUNCATED_BODY


def test_what_is_not_http_is_refused() -> None:
    assert reason(lambda: ask(lambda request: Response(wire=b"SSH-2.0-OpenSSH_9.2\r\n\r\n"))) is Reason.BAD_HEADERS


def test_a_redirect_stays_on_its_host_and_ends() -> None:
    seen: list[str] = []

    def answer(request: Asked) -> Response:
        seen.append(request.target)
        return Response(status=302, headers={"Location": "/b"}) if request.target == "/a" else Response(body=b"{}")

    assert ask(answer, "/a").body == b"{}"  # type: ignore[attr-defined]
    assert seen == ["/a", "/b"]
    elsewhere = Response(status=307, headers={"Location": "https://collector.example.com/"})
    assert reason(lambda: ask(lambda request: elsewhere)) is Reason.FOREIGN_HOST
    assert reason(lambda: ask(lambda request: Response(status=302, headers={"Location": "/again"}))) is Reason.PAGE_LOOP
    with pytest.raises(PlatformError) as caught:
        ask(lambda request: Response(status=302, headers={"Location": "file:///etc/passwd"}))
    assert caught.value.fault is PlatformFault.EGRESS_DENIED


def test_a_connection_that_the_platform_closed_while_idle_is_not_noticed() -> None:
    def answer(request: Asked) -> Response:
        return Response(wire=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")  # after which the server closes, unannounced

    server = WireServer(answer)
    server.start()
    client = Client(ManualClock(), allow_loopback=True)
    try:
        url = parse_url(server.url + "/", allow_loopback=True)
        assert [client.send(Request(url=url)).body for _ in range(50)] == [b"{}"] * 50
    finally:
        client.close()
        server.stop()


def test_a_file_without_a_length_is_refused_and_a_cut_one_too() -> None:
    def stream(wire: bytes) -> list[bytes]:
        server = WireServer(lambda request: Response(wire=wire))
        server.start()
        client = Client(ManualClock(), allow_loopback=True)
        try:
            return list(client.stream(Request(url=parse_url(server.url + "/", allow_loopback=True))))
        finally:
            client.close()
            server.stop()

    assert b"".join(stream(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")) == b"hello"
    assert reason(lambda: stream(b"HTTP/1.1 200 OK\r\n\r\nhello")) is Reason.NO_TERMINATOR
    assert reason(lambda: stream(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello")) is Reason.TRUNCATED_BODY
    assert reason(lambda: stream(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")) is Reason.TRUNCATED_BODY
