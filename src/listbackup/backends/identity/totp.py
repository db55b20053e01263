"""TOTP as authenticator apps know it: SHA-1, 6 digits, 30 seconds. Source: RFC 6238, RFC 4226; the otpauth URI: Google Authenticator's key URI format."""

from __future__ import annotations

import base64
import hmac
import struct
from datetime import datetime
from io import BytesIO
from urllib.parse import quote, urlencode

DIGITS = 6
STEP_SECONDS = 30
SEED_BYTES = 20
WINDOW = 1  # steps before and after that count too


def step_of(now: datetime) -> int:
    """The number of the step that holds this instant."""
    return int(now.timestamp()) // STEP_SECONDS


def code_of(seed: bytes, step: int) -> str:
    """The code of one step."""
    full = hmac.digest(seed, struct.pack(">Q", step), "sha1")
    place = full[-1] & 15
    number = struct.unpack(">I", full[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def find_step(seed: bytes, code: str, now: datetime, *, after: int) -> int | None:
    """The step within the window whose code this is, later than ``after``; None when there is none."""
    text = code.replace(" ", "")
    if len(text) != DIGITS or not text.isascii() or not text.isdigit():
        return None
    middle = step_of(now)
    steps = [step for step in range(middle - WINDOW, middle + WINDOW + 1) if hmac.compare_digest(code_of(seed, step), text)]
    return next((step for step in steps if step > after), None)


def base32(raw: bytes) -> str:
    """As people type it: base 32 without padding."""
    return base64.b32encode(raw).decode().rstrip("=")


def uri_of(seed: bytes, *, issuer: str, email: str) -> str:
    """The text of the QR code."""
    asked = urlencode(
        {"secret": base32(seed), "issuer": issuer, "algorithm": "SHA1", "digits": DIGITS, "period": STEP_SECONDS}, quote_via=quote
    )
    return f"otpauth://totp/{quote(issuer)}:{quote(email)}?{asked}"


def qr_svg(text: str) -> str:
    """The text as a QR code, an SVG to put into a page."""
    import segno

    return segno.make(text, micro=False).svg_inline(scale=4, border=4)


def qr_png(text: str) -> bytes:
    """The text as a QR code, a PNG."""
    import segno

    out = BytesIO()
    segno.make(text, micro=False).save(out, kind="png", scale=6, border=4)
    return out.getvalue()
