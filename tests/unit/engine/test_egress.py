"""Nothing is ever sent to an address that is not one of the public internet, however it is spelt."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.connectors.engine.client import Client, Request
from listbackup.connectors.engine.egress import Origin, checked_addresses, is_public, parse_url
from listbackup.testing.clock import ManualClock
from listbackup.testing.inner_addresses import CORPUS, RESOLVED, hostile_resolver, no_connections

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.215.14",
    "151.101.1.69",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
]


def test_no_spelling_of_an_inner_address_opens_a_socket() -> None:
    assert len(set(CORPUS)) >= 300
    opened: list[tuple[object, ...]] = []
    passed = []
    client = Client(ManualClock(), resolver=hostile_resolver)
    with no_connections(opened):
        for text in CORPUS:
            try:
                client.send(Request(url=parse_url(text)))
                passed.append(text)
            except PlatformError as error:
                if error.fault is not PlatformFault.EGRESS_DENIED:
                    passed.append(text)
    assert (passed, opened) == ([], [])


def test_allowing_loopback_allows_nothing_else() -> None:
    opened: list[tuple[object, ...]] = []
    client = Client(ManualClock(), allow_loopback=True, resolver=lambda host, port: RESOLVED.get(host, ["10.0.0.1"]))
    near = [name for name, found in RESOLVED.items() if any(address.startswith(("127.", "::1", "::ffff:127.")) for address in found)]
    inner = [text for text in CORPUS if "127." not in text and "::1" not in text and not any(name in text for name in near)]
    assert len(inner) >= 200
    for text in inner:
        for spelt in (text, text.replace("https:", "http:")):
            with no_connections(opened), pytest.raises(PlatformError) as caught:
                client.send(Request(url=parse_url(spelt, allow_loopback=True)))
            assert caught.value.fault in (PlatformFault.EGRESS_DENIED, PlatformFault.UNREACHABLE), spelt
    reached = [event[1][0] for event in opened if event[0] == "socket.connect" and isinstance(event[1], tuple)]
    assert {str(address) for address in reached} <= {"::1", "::ffff:127.0.0.1"}  # loopback again, and allowed here


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_allowed(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
    origin = Origin("https", "api.example.com", 443)
    assert list(checked_addresses(origin, lambda host, port: [address])) == [address]


def test_plain_http_goes_to_loopback_only_and_only_where_that_is_allowed() -> None:
    origin = Origin("http", "api.example.com", 80)
    with pytest.raises(PlatformError, match="not an address of the public internet"):
        checked_addresses(origin, lambda host, port: ["8.8.8.8"], allow_loopback=True)
    assert list(checked_addresses(origin, lambda host, port: ["127.0.0.1"], allow_loopback=True)) == ["127.0.0.1"]


def test_the_checked_address_is_the_one_that_is_connected_to() -> None:
    """A resolver that answers differently the second time is not asked a second time."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]  # bound, not listening: the connection is refused, but to the right address
        asked: list[str] = []

        def once(host: str, port: int) -> Sequence[str]:
            asked.append(host)
            return next(answers)

        client = Client(ManualClock(), allow_loopback=True, resolver=once)
        opened: list[tuple[object, ...]] = []
        with no_connections(opened), pytest.raises(PlatformError, match="cannot be reached"):
            client.send(Request(url=parse_url(f"http://sim.example.com:{port}/", allow_loopback=True)))
    assert asked == ["sim.example.com"]
    assert [event[1] for event in opened if event[0] == "socket.connect"] == [("127.0.0.1", port)]


@given(st.text(max_size=60) | st.from_regex(r"https?://[^/]{0,40}(/.{0,20})?", fullmatch=True))
def test_any_text_is_a_url_or_refused(text: str) -> None:
    try:
        url = parse_url(text)
    except PlatformError as error:
        said: PlatformFault | None = error.fault
        url = None
    else:
        said = None
    assert (said is PlatformFault.EGRESS_DENIED) == (url is None)
    if url is not None:
        assert url.origin.scheme == "https"
        assert str(url).isascii()
        assert parse_url(str(url)) == url
