"""A made-up CRM's contacts: about 1.1 KB of JSON each, the same for the same number and version, realistic to compress."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator

_WORDS = [
    "order",
    "invoice",
    "ticket",
    "shipment",
    "payment",
    "delivery",
    "renewal",
    "contract",
    "refund",
    "discount",
    "upgrade",
    "trial",
    "lead",
    "stage",
    "review",
    "pending",
    "approved",
    "manager",
    "team",
    "sales",
    "website",
    "mobile",
    "desktop",
    "report",
    "weekly",
    "monthly",
    "annual",
    "basic",
    "partner",
    "region",
    "north",
    "south",
    "east",
    "west",
    "city",
    "street",
    "please",
    "note",
    "that",
    "and",
    "for",
    "with",
    "from",
    "about",
    "after",
    "before",
    "today",
    "tomorrow",
    "asked",
    "said",
    "wants",
    "needs",
    "sent",
    "received",
    "confirmed",
    "scheduled",
    "returned",
    "replaced",
    "colour",
    "size",
    "large",
    "small",
    "black",
    "white",
    "green",
    "blue",
    "steel",
    "glass",
    "wood",
    "bundle",
    "gift",
    "coupon",
    "summer",
    "winter",
    "quote",
    "support",
    "demo",
    "call",
    "meeting",
    "email",
    "campaign",
    "priority",
    "follow",
    "stock",
    "price",
]
_FIRST = [
    "Ada",
    "Bo",
    "Cleo",
    "Dara",
    "Eli",
    "Fay",
    "Gus",
    "Hal",
    "Ivy",
    "Jo",
    "Kit",
    "Lou",
    "Mo",
    "Nat",
    "Oz",
    "Pia",
    "Quin",
    "Ray",
    "Sol",
    "Tao",
    "Uma",
    "Val",
    "Wyn",
    "Xan",
    "Yu",
    "Zed",
]
_LAST = [
    "Alder",
    "Birch",
    "Cedar",
    "Dale",
    "Elm",
    "Fern",
    "Grove",
    "Heath",
    "Isle",
    "Juniper",
    "Knoll",
    "Larch",
    "Moss",
    "North",
    "Oak",
    "Pine",
    "Quarry",
    "Ridge",
    "Stone",
    "Thorn",
]
_STAGES = ["new", "open", "working", "waiting", "won", "lost", "closed"]


def contact(number: int, version: int = 0) -> dict[str, object]:
    """The contact of this number as of this version; everything but a handful of fields stays the same between versions."""
    fixed = hashlib.shake_128(struct.pack("<Q", number)).digest(128)
    moving = hashlib.shake_128(struct.pack("<QI", number, version)).digest(48)
    first, last = _FIRST[fixed[0] % len(_FIRST)], _LAST[fixed[1] % len(_LAST)]
    big = struct.unpack_from("<6I", fixed, 8)
    domain = f"{_WORDS[fixed[2] % len(_WORDS)]}-{_WORDS[fixed[3] % len(_WORDS)]}{big[0] % 997}.example"
    return {
        "id": f"{number + 100_000:012d}",
        "object": "contact",
        "created_at": _instant(1_600_000_000 + number * 40 + big[1] % 37),
        "updated_at": _instant(1_600_100_000 + number * 40 if not version else 1_745_000_000 + version * 86_400 + moving[0] * 300),
        "first_name": first,
        "last_name": last,
        "email": f"{first}.{last}{big[2] % 10_000}@{domain}".lower(),
        "phone": f"+{fixed[4] % 90 + 1} {fixed[5] % 900 + 100} {big[3] % 10_000_000:07d}",
        "company": {"name": f"{last} {_WORDS[fixed[6] % len(_WORDS)].title()} Ltd", "domain": domain, "employees": big[4] % 5_000},
        "address": {
            "line1": f"{big[5] % 300} {_WORDS[fixed[7] % len(_WORDS)].title()} Street",
            "line2": None,
            "postal_code": f"{big[0] % 100_000:05d}",
        },
        "status": _STAGES[moving[1] % 7],
        "owner_id": 4_000 + fixed[40] % 40,
        "score": moving[2] % 100,
        "lifetime_value": f"{struct.unpack_from('<I', moving, 4)[0] % 20_000}.{moving[3] % 100:02d}",
        "currency": "EUR",
        "orders_count": moving[8] % 50,
        "tags": [_WORDS[b % len(_WORDS)] for b in fixed[41 : 41 + fixed[60] % 5]],
        "accepts_marketing": bool(fixed[61] & 1),
        "custom_fields": {
            "cf_1001": _WORDS[fixed[62] % len(_WORDS)],
            "cf_1002": fixed[63] % 10,
            "cf_1003": None,
            "cf_1004": f"{big[3]:08x}",
        },
        "note": " ".join(_WORDS[b % len(_WORDS)] for b in fixed[64 : 64 + 28 + fixed[64] % 24]),
        "last_activity": " ".join(_WORDS[b % len(_WORDS)] for b in moving[10 : 16 + moving[9] % 8]),
        "links": {
            "self": f"https://crm.example/v3/contacts/{number + 100_000:012d}",
            "company": f"https://crm.example/v3/companies/{big[4] % 5_000}",
        },
    }


def contact_bytes(number: int, version: int = 0) -> bytes:
    """``contact`` as the server sends it."""
    return json.dumps(contact(number, version), separators=(",", ":"), ensure_ascii=False).encode()


def iter_contacts(count: int) -> Iterator[bytes]:
    """The first ``count`` contacts in order of their ids."""
    for number in range(count):
        yield contact_bytes(number)


def _instant(seconds: int) -> str:
    day, rest = divmod(seconds, 86_400)
    year, day_of_year = 1970 + day // 365, day % 365
    return f"{year}-{day_of_year // 31 + 1:02d}-{day_of_year % 28 + 1:02d}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}.{seconds % 1000:03d}Z"
