"""Nothing is ever sent to an address that is not one of the public internet, however it is spelt."""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.connectors.engine.client import Client, Request
from listbackup.connectors.engine.egress import Origin, checked_addresses, is_public, parse_url
from listbackup.testing.clock import ManualClock

DENIED_V4 = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.1.2.3",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
]
DENIED_V6 = [
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::a9fe:a9fe",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:0:a9fe:a9fe::",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:a9fe:a9fe::",
    "2002:7f00:1::",
    "2002:0808:0808::",
    "2620:4f:8000::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd12:3456::1",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "fec0::1",
    "febf::1",
    "ff02::1",
    "ff05::2",
    "4000::1",
]
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


def spellings(address: str) -> list[str]:
    """The ways in which an IPv4 address is written so that a guard does not know it again."""
    number = int(ipaddress.IPv4Address(address))
    a, b, c, d = address.split(".")
    octets = [int(part) for part in (a, b, c, d)]
    return [
        address,
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(hex(part) for part in octets),
        ".".join(f"0{part:o}" for part in octets),
        ".".join(f"{part:04o}" for part in octets),
        f"{a}.{b}.{octets[2] * 256 + octets[3]}",
        f"{a}.{number & 0xFFFFFF}",
        f"{a}.{b}.{c}.{hex(octets[3])}",
        f"[::ffff:{address}]",
        f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]",
        f"[64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}]",
        f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::]",
        f"{address}.",
        f"user@{address}",
        f"api.example.com@{address}",
        f"api.example.com\\@{address}",
        f"api.example.com%40{address}",
        f"{address}%2f@api.example.com",
        f"{address}#@api.example.com",
        address.translate(str.maketrans("0123456789.", "０１２３４５６７８９。")),
        address.translate(str.maketrans("123456789", "①②③④⑤⑥⑦⑧⑨")),
    ]


TRICKS = [
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://a.localhost/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::]/",
    "https://[::1%25lo]/\nhttp://api.example.com/",
    "ftp://api.example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_x",
    "javascript:alert(1)",
    "data:text/html,x",
    "//127.0.0.1/",
    "///127.0.0.1\nhttps:/127.0.0.1",
    "https:127.0.0.1",
    "https:\\\\127.0.0.1",
    "https://127.0.0.1:443:80/",
    "https://127.0.0.1:99999/",
    "https://api.example.com:0/",
    "https://api.example.com:22/\nhttps://api.example.com:25/",
    "https://api.example.com:80/",
    "https://api.example.com:-1/",
    "https://api..example.com/",
    "https://.example.com/",
    "https://-a.example.com/\nhttps://a_.-b.com/",
    "https://xn--/..",
    "https://",
    "https://?",
    "https://#",
    "https:///127.0.0.1",
    "https://@127.0.0.1/",
    "https://:@127.0.0.1/",
    "https://127.0.0.1\t/",
    "https://127.0.0.1\n/\nhttps://127.0.0.1\r\nHost:x/",
    "https://127.0.0.1\x00.example.com/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[fe80::1%25eth0]/",
    "https://metadata/",
    "https://metadata.google.internal/\nhttps://instance-data/",
    "https://kubernetes.default.svc/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://169.254.43518/",
    "https://127.1/",
    "https://0/\nhttps://0x7f.1/",
    "https://017700000001/",
    "https://1.1.1.1.1/",
    "https://1.1.1.256/",
    "https://1e3/",
    "https://0x/",
    "https://[127.0.0.1]/",
    "https://[::127.0.0.1]/",
    "https://[v1.fe80::a]/\nHTTPS://127.0.0.1/",
    "hTTp://127.0.0.1/",
    "https://evil.com\\@127.0.0.1/",
    "https://evil.com:80\\@127.0.0.1/",
    "https://127。0。0。1/",
    "https://ｌｏｃａｌｈｏｓｔ/",
]
RESOLVED = {  # names that resolve to what must not be reached, also beside an address that may
    **{f"v4-{number}.example.com": [address] for number, address in enumerate(DENIED_V4)},
    **{f"v6-{number}.example.com": [address] for number, address in enumerate(DENIED_V6)},
    **{f"mixed-{number}.example.com": ["93.184.215.14", address] for number, address in enumerate([*DENIED_V4, *DENIED_V6])},
}
INSIDE = {
    "localhost": ["127.0.0.1"],
    "metadata": ["169.254.169.254"],
    "metadata.google.internal": ["169.254.169.254"],
    "instance-data": ["169.254.169.254"],
}


def resolver(host: str, port: int) -> Sequence[str]:
    """A resolver under an enemy's control."""
    return RESOLVED.get(host) or INSIDE.get(host) or ["127.0.0.1"]


CORPUS = [
    *[
        f"https://{host}/"
        for address in ("127.0.0.1", "169.254.169.254", "10.0.0.5", "192.168.1.1", "100.64.0.1")
        for host in spellings(address)
    ],
    *[f"https://{address}/latest/meta-data" for address in DENIED_V4],
    *[f"https://[{address}]/" for address in DENIED_V6],
    *[f"https://{host}/v1" for host in RESOLVED],
    *[part for trick in TRICKS for part in trick.split("\n") if part],
]


@contextmanager
def no_connections(sockets: list[tuple[object, ...]]) -> Iterator[None]:
    """Writes down every attempt to connect or send, by the interpreter's own audit events."""
    watching = [True]

    def hook(event: str, args: tuple[object, ...]) -> None:
        if watching[0] and event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
            sockets.append((event, *args[1:]))

    sys.addaudithook(hook)
    try:
        yield
    finally:
        watching[0] = False


def test_no_spelling_of_an_inner_address_opens_a_socket() -> None:
    assert len(set(CORPUS)) >= 300
    opened: list[tuple[object, ...]] = []
    passed = []
    client = Client(ManualClock(), resolver=resolver)
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
