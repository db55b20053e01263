"""Answers by gzip, for who reads them so."""

from __future__ import annotations

import gzip

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from listbackup.api.squeezing import LEAST_BYTES, squeeze

PAGE = b'{"items":[' + b'{"object":"contact"},' * 200 + b"{}]}"


def asked(accept: str | None, method: str = "GET") -> Request:
    headers = [(b"accept-encoding", accept.encode())] if accept is not None else []
    return Request({"type": "http", "method": method, "path": "/", "headers": headers})


def answered(request: Request, body: bytes = PAGE, **headers: str) -> Response:
    response = Response(body, headers=headers, media_type="application/json")
    squeeze(request, response)
    return response


def test_a_long_answer_is_squeezed_and_says_how_long_it_is_then() -> None:
    response = answered(asked("br, gzip;q=0.8"))
    assert gzip.decompress(response.body) == PAGE
    assert len(response.body) < len(PAGE) / 5
    assert (response.headers["content-encoding"], response.headers["vary"]) == ("gzip", "accept-encoding")
    assert int(response.headers["content-length"]) == len(response.body)


@pytest.mark.parametrize("accept", [None, "", "identity", "br", "gzip;q=0", "gzip; q=0.0"])
def test_who_does_not_read_gzip_gets_the_answer_as_it_is(accept: str | None) -> None:
    response = answered(asked(accept))
    assert response.body == PAGE
    assert "content-encoding" not in response.headers
    assert response.headers["vary"] == "accept-encoding"


def test_what_fits_a_packet_what_is_no_reading_and_what_is_squeezed_already_stay_as_they_are() -> None:
    assert answered(asked("gzip"), b"x" * (LEAST_BYTES - 1)).body == b"x" * (LEAST_BYTES - 1)
    assert answered(asked("gzip", "POST")).body == PAGE
    assert answered(asked("gzip"), **{"content-encoding": "br"}).headers["content-encoding"] == "br"
    stream = StreamingResponse(iter([PAGE]))
    squeeze(asked("gzip"), stream)
    assert "content-encoding" not in stream.headers
