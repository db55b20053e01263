"""Invents records: pure functions of (seed, row, version), fast enough to make a million while they are listed.

Names are built from syllables, addresses end in ``.example``, telephone numbers begin with the unassigned +999: nobody is meant.
"""

from __future__ import annotations

import hashlib
import struct
from datetime import UTC, datetime


def _list(text: str) -> list[str]:
    return text.split()


FIRST = _list(
    "Aro Belu Cemi Doran Elva Fenno Gilea Hesk Ilvo Jarne Kelu Lomi Marek Nilva Orlo Pella Quin Rasmo Selka Tovi Ulmo Vesna Wilmo Xeni Yoril Zanne Ádel Bjørk Çelin Dörte Éla Ñura"
)
LAST_A = _list("Alm Bren Cor Dal Ebb Fal Gris Hol Isk Jor Kal Lund Mald Nord Ost Pel Quar Ros Sten Tal Ulv Vang West Ymm Zel Åk Öst Ves")
LAST_B = _list("aberg bane cott dahl esen fjord gaard holt inger kamp lov mann nes over quist rup skov thal vik wick yard zund")
TOWN_A = _list("Neu Alt Ober Hinter Groß Klein West Ost Nord Süd Sankt Bad")
TOWN_B = _list("brück fell hafen hausen kirchen markt mühle ried see stetten tal wald")
WORDS = _list(
    "account order customer invoice ticket shipping payment delivery priority follow call email meeting quote renewal contract "
    "support issue refund discount product upgrade trial demo lead pipeline stage review pending approved manager team sales "
    "marketing website mobile integration sync error report weekly monthly annual plan premium basic partner region north south "
    "please note that the and for with from about after before asked said wants needs sent received confirmed scheduled updated "
    "shipped returned replaced damaged colour size cotton leather steel glass wood bundle gift card code summer winter sale"
)
STATUS = ("new", "open", "in_progress", "waiting", "customer", "lost", "closed")
SOURCES = ("organic", "paid_search", "referral", "import", "api", "campaign", "event")
STAGES = ("qualify", "propose", "negotiate", "won", "lost")
EPOCH_MS = 1_600_000_000_000  # the oldest record was made here
_NW = len(WORDS)


def bits(seed: int, kind: bytes, row: int, version: int, size: int = 64) -> bytes:
    """``size`` (at most 64) bytes of randomness that depend on nothing but the arguments."""
    return hashlib.blake2b(struct.pack("<qqq", seed, row, version), digest_size=size, person=kind).digest()


def stamp(ms: int) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def born_ms(row: int) -> int:
    """When a row of the beginning was created and last changed [ms]; grows with the row."""
    return EPOCH_MS + row * 40_000


def words(some: bytes) -> str:
    """One word a byte."""
    return " ".join([WORDS[b % _NW] for b in some])


def name(some: bytes) -> tuple[str, str]:
    """A first and a last name from three bytes."""
    return FIRST[some[0] % len(FIRST)], LAST_A[some[1] % len(LAST_A)] + LAST_B[some[2] % len(LAST_B)]


def contact(seed: int, row: int, version: int, made_ms: int, updated_ms: int, id_: int, company: str, tags: str, notes: int) -> str:
    """A contact of about 1.1 KB. ``company`` and ``tags`` are JSON."""
    s = bits(seed, b"contact", row, -1)
    d = bits(seed, b"contact", row, version)
    first, last = name(s)
    a, b, c, e = struct.unpack_from("<4I", s, 4)
    v, w = struct.unpack_from("<2I", d)
    slug = f"{WORDS[s[20] % _NW]}{WORDS[s[21] % _NW]}{a % 997}"
    return (
        f'{{"id":{id_},"object":"contact","created_at":"{stamp(made_ms)}","updated_at":"{stamp(updated_ms)}",'
        f'"first_name":"{first}","last_name":"{last}","email":"c{id_}.{b % 10000}@{slug}.example",'
        f'"phone":"+999 {s[22] % 900 + 100} {c % 10_000_000:07d}","company_id":{company},'
        f'"address":{{"line1":"{e % 300} {WORDS[s[23] % _NW].title()} Street","line2":null,'
        f'"city":"{TOWN_A[s[24] % 12]}{TOWN_B[s[25] % 12]}","postal_code":"{a % 100000:05d}","country":"XA","state":null}},'
        f'"status":"{STATUS[d[8] % 7]}","lead_source":"{SOURCES[s[26] % 7]}","owner_id":{4000 + s[27] % 40},"score":{d[9] % 100},'
        f'"lifetime_value":{v % 20000}.{w % 10}0,"currency":"EUR","orders_count":{d[10] % 50},"tags":{tags},'
        f'"accepts_marketing":{_bool(s[28])},"verified_email":{_bool(s[29])},"tax_exempt":false,"notes_count":{notes},'
        f'"custom_fields":{{"cf_1001":"{WORDS[s[30] % _NW]}","cf_1002":{s[31] % 10},"cf_1003":null,'
        f'"cf_1004":"{c ^ b:08x}-{b & 0xFFFF:04x}","cf_1005":{_bool(s[32])}}},'
        f'"note":"{words(s[33:63])}","last_activity":"{words(d[11 : 18 + d[11] % 6])}",'
        f'"links":{{"self":"https://api.crm.example/v1/contacts/{id_}"}}}}'
    )


def company(seed: int, row: int, version: int, made_ms: int, updated_ms: int, id_: str) -> str:
    """A company of about 450 bytes."""
    s = bits(seed, b"company", row, -1)
    d = bits(seed, b"company", row, version)
    label = f"{LAST_A[s[0] % len(LAST_A)]}{LAST_B[s[1] % len(LAST_B)]} {WORDS[s[2] % _NW].title()}"
    return (
        f'{{"id":"{id_}","object":"company","created_at":"{stamp(made_ms)}","updated_at":"{stamp(updated_ms)}",'
        f'"name":"{label} Ltd","domain":"{WORDS[s[3] % _NW]}{row}.example","employees":{s[4] * s[5] + d[0]},"vat_id":"XA{s[6:10].hex()}",'
        f'"industry":"{WORDS[s[10] % _NW]}","annual_revenue":{struct.unpack_from("<I", d, 4)[0] % 90_000_000},'
        f'"city":"{TOWN_A[s[11] % 12]}{TOWN_B[s[12] % 12]}","description":"{words(s[13:30])}"}}'
    )


def deal(seed: int, row: int, version: int, made_ms: int, updated_ms: int, id_: int, contact_id: int, deleted_ms: int | None) -> str:
    """A deal of about 400 bytes; ``deleted_at`` is its soft delete."""
    s = bits(seed, b"deal", row, -1)
    d = bits(seed, b"deal", row, version)
    deleted = "null" if deleted_ms is None else f'"{stamp(deleted_ms)}"'
    return (
        f'{{"id":{id_},"object":"deal","created_at":"{stamp(made_ms)}","updated_at":"{stamp(updated_ms)}","deleted_at":{deleted},'
        f'"title":"{words(s[0:4])}","contact_id":{contact_id},"amount":{s[4] * 1000 + d[0]}.{d[1] % 100:02d},"currency":"EUR",'
        f'"stage":"{STAGES[d[2] % 5]}","probability":0.{d[3] % 10},"owner_id":{4000 + s[5] % 40},"next_step":"{words(d[4:14])}"}}'
    )


def tag(seed: int, row: int, version: int, updated_ms: int, id_: str) -> str:
    """A tag of about 150 bytes."""
    d = bits(seed, b"tag", row, version)
    return (
        f'{{"id":"{id_}","object":"tag","updated_at":"{stamp(updated_ms)}","name":"{WORDS[row % _NW]} {row}",'
        f'"colour":"#{d[0:3].hex()}","description":"{words(d[4:10])}"}}'
    )


def note(seed: int, row: int, version: int, made_ms: int, updated_ms: int, id_: int, contact_id: int) -> str:
    """A note of about 350 bytes."""
    s = bits(seed, b"note", row, -1)
    d = bits(seed, b"note", row, version)
    return (
        f'{{"id":{id_},"object":"note","contact_id":{contact_id},"created_at":"{stamp(made_ms)}","updated_at":"{stamp(updated_ms)}",'
        f'"author_id":{4000 + s[0] % 40},"pinned":{_bool(s[1])},"body":"{words(s[2:20])}.\\n{words(d[0 : 8 + d[0] % 16])}."}}'
    )


def document(seed: int, row: int, version: int, made_ms: int, updated_ms: int, id_: str, contact_id: int, size: int) -> str:
    """A document: the record of a file; its bytes are at ``url``."""
    s = bits(seed, b"document", row, -1)
    kind, ending = FILE_KINDS[s[0] % len(FILE_KINDS)]
    return (
        f'{{"id":"{id_}","object":"document","contact_id":{contact_id},"created_at":"{stamp(made_ms)}",'
        f'"updated_at":"{stamp(updated_ms)}","file_name":"{WORDS[s[1] % _NW]}-{row}.{ending}","content_type":"{kind}",'
        f'"size_bytes":{size},"version":"v{version}","url":"/v1/documents/{id_}/content"}}'
    )


FILE_KINDS = (("text/csv", "csv"), ("image/png", "png"), ("application/pdf", "pdf"), ("text/plain", "txt"))


def file_bytes(seed: int, row: int, version: int) -> bytes:
    """A document's bytes, 1–60 KB: half of the kinds compress well, half not at all."""
    s = bits(seed, b"document", row, -1)
    size = 1024 + (s[2] << 8 | s[3]) % 59_000
    if s[0] % 2 == 0:
        line = f"{row};{version};{words(s[4:40])}\n".encode()
        return (line * (size // len(line) + 1))[:size]
    return hashlib.shake_128(struct.pack("<qqq", seed, row, version)).digest(size)


def _bool(byte: int) -> str:
    return "true" if byte & 1 else "false"
