"""Devices that a person signed in from before. A new one makes a letter, so that whose password was stolen hears of it.

A device is what the client calls itself, without the numbers of its versions, in one network; only a hash of that is kept.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta

from listbackup.backends.identity.opaque import digest
from listbackup.backends.identity.port import Client, Person, SessionKind
from listbackup.backends.table.port import Put, TableSpec
from listbackup.services.auth.ground import AuthGround
from listbackup.services.rows import Writes

DEVICES = TableSpec(name="devices", ttl="ends", about="hashes of the devices that somebody signed in from, by user id")
REMEMBERED = timedelta(days=180)  # since the last sign-in

_NUMBERS = re.compile(r"[\d._]+")


class Devices:
    """What is known of where people sign in."""

    def __init__(self, ground: AuthGround) -> None:
        self._g = ground
        self._table = ground.desk.tables.open(DEVICES)

    def greet(self, person: Person, client: Client, kind: SessionKind) -> Writes:
        """The writes that remember this device, with a letter when it is new; a person's first is not."""
        now = self._g.desk.clock.now()
        name = digest(f"{kind.value}\x00{_NUMBERS.sub('', client.agent)}\x00{_network(client.address)}")
        is_new = self._table.find(person.id, name) is None and bool(self._table.query(person.id, limit=1).items)
        ends = int((now + REMEMBERED).timestamp())
        letter = self._g.letters.notice(person.email, _told(client)) if is_new else ()
        return [(self._table, Put(item={"pk": person.id, "sk": name, "ends": ends})), *letter]


def _told(client: Client) -> str:
    agent = "".join(c for c in client.agent[:100] if c.isprintable()) or "a program that does not say its name"
    return f"Somebody signed in from a device or a place that is new: {agent}, at {client.address[:45] or 'an unknown address'}."


def _network(address: str) -> str:
    """The /24 or /48 of an address; nothing for what is none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))
