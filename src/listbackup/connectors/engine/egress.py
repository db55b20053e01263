"""Which addresses we may speak to: an allow rule on the resolved address, checked before any socket is opened.

One parser reads every URL (base URLs, next links, redirects, attachments); what it does not understand completely is refused.
``ipaddress`` alone is no guard: it lets NAT64, 6to4, shared and cloud metadata addresses pass, so IPv4 is checked against a list of its own
and IPv6 must be global unicast. Source: IANA special-purpose registries; TRUST.md, abuse 8.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from listbackup.connectors.engine.faults import Unsent, denied

Resolver = Callable[[str, int], Sequence[str]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_URL = 16 * 1024
_URL = re.compile(
    r"(?P<scheme>[A-Za-z]{4,5})://(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?"
)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\\"<>^`{|}]")
_PORTS_BELOW_1024 = (443,)

_V4_DENIED = [
    ipaddress.IPv4Network(net)
    for net in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
]
_V6_UNICAST = ipaddress.IPv6Network("2000::/3")
_V6_DENIED = [ipaddress.IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")]
_V6_WRAPPED = [ipaddress.IPv6Network(net) for net in ("::ffff:0:0/96", "64:ff9b::/96")]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a connection goes: what the credentials are bound to."""

    scheme: str
    host: str  # lower case; an IPv6 literal without brackets
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _default_port(self.scheme) else f":{self.port}")

    @property
    def header(self) -> str:
        """The ``Host`` header."""
        return str(self).partition("://")[2]


@dataclass(frozen=True, slots=True)
class Url:
    """A URL that was understood completely."""

    origin: Origin
    target: str  # path and query as they go on the wire

    def __str__(self) -> str:
        return f"{self.origin}{self.target}"


def parse_url(text: str, *, allow_loopback: bool = False) -> Url:
    """The URL, understood. Raises PlatformError (egress_denied) for anything unusual; opens and resolves nothing."""
    if len(text) > MAX_URL or _UNSAFE.search(text):
        raise denied("the URL is too long or has characters that a URL cannot have", hint="write it plainly: https://host/path")
    if not text.isascii():
        authority = re.split(r"[/?#]", text.partition("://")[2], maxsplit=1)[0]
        if not authority.isascii():
            raise denied("the host name has letters outside ASCII", hint="give its xn-- form")
        text = quote(text, safe="%/:?#[]@!$&'()*+,;=~-._", errors="replace")  # half a character (a lone surrogate) is none
    found = _URL.fullmatch(text)
    if found is None:
        raise denied(
            "the URL is not of the form https://host/path", hint="no user names, fragments or back-slashes; percent-encode the rest"
        )
    scheme = found["scheme"].lower()
    if scheme not in ("https", "http"):
        raise denied(f"{scheme} is not a scheme that is spoken here", hint="use https")
    if scheme == "http" and not allow_loopback:
        raise denied("plain http is not allowed", hint="use https; http is for loopback only, where that is allowed")
    host = _host(found["host"])
    port = int(found["port"]) if found["port"] else _default_port(scheme)
    if not 0 < port < 65536 or (port < 1024 and port not in _PORTS_BELOW_1024 and not (allow_loopback and port == 80)):
        raise denied(f"port {port} is not one that an API is spoken on", hint="443, or a port above 1023")
    return Url(Origin(scheme, host, port), (found["path"] or "/") + (found["query"] or ""))


def _default_port(scheme: str) -> int:
    return 80 if scheme == "http" else 443


@lru_cache(maxsize=256)
def _host(text: str) -> str:
    if text.startswith("["):
        try:
            return str(ipaddress.IPv6Address(text[1:-1]))
        except ValueError:
            raise denied("the host is not an IPv6 address") from None
    host = text.lower()
    labels = host.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise denied("the host name is not one", hint="labels of letters, digits and dashes, no dot at the end")
    if labels[-1].isdigit() or labels[-1].startswith(
        "0x"
    ):  # resolvers read 0x7f.1 and 2130706433 as addresses; only the one plain form is read here
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise denied("the host looks like a number but is not a plain IPv4 address") from None
    return host


def is_public(address: Address) -> bool:
    """Whether this is an address of the public internet; IPv4 inside IPv6 is judged as IPv4."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not any(address in net for net in _V4_DENIED)
    if any(address in net for net in _V6_WRAPPED):
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _V6_UNICAST and address.is_global and not any(address in net for net in _V6_DENIED)


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Every address that the system knows for a host."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def checked_addresses(origin: Origin, resolver: Resolver, *, allow_loopback: bool = False) -> Sequence[str]:
    """The addresses to connect to, every one of them checked. Raises PlatformError: egress_denied if any is not public, unreachable if there is none.

    With ``allow_loopback`` plain http may go to loopback addresses, and only there; https may go there too.
    """
    found = _resolve(origin, resolver)
    for text in found:
        address = ipaddress.ip_address(text.partition("%")[0])
        loopback = allow_loopback and _is_loopback(address)
        if not loopback and (origin.scheme == "http" or not is_public(address)):
            raise denied(
                f"{origin.host} is at {address}, which is not an address of the public internet",
                hint="a platform must be reached over https at a public address; loopback has to be allowed for this installation",
            )
    return found


def _resolve(origin: Origin, resolver: Resolver) -> Sequence[str]:
    try:
        ipaddress.ip_address(origin.host)
    except ValueError:
        pass
    else:
        return [origin.host]
    try:
        found = list(dict.fromkeys(resolver(origin.host, origin.port)))
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise Unsent(f"there is no address for {origin.host}", hint="check the host name and this machine's network")
    return found


def _is_loopback(address: Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
