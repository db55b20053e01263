"""Addresses that must not be reached, in every spelling that a guard may not know again, and a watch over the sockets that are opened."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

DENIED_V4 = [
    "0.0.0.0",  # noqa: S104  refused, not bound
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


def hostile_resolver(host: str, _: int) -> Sequence[str]:
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
