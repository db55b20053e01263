"""Bodies: read to the end that was announced, decompressed to the end of their stream, within limits, or not at all.

The usual clients report a gzip body that was cut short as success when Content-Length matches the cut; here the end of the compressed stream is
required, every member of it is read, and nothing may follow it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from listbackup.connectors.engine.faults import BadAnswer, Reason
from listbackup.connectors.engine.wire import BrokenOff, Response

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimits:
    """What one answer may hold."""

    body_bytes: int = 256 * MIB  # decompressed
    ratio: int = 200  # decompressed : received; bodies below 1 MiB are not judged
    header_bytes: int = 64 * 1024
    seconds: float = 300.0  # from the first byte sent to the last received


def read_raw(response: Response, limits: BodyLimits, out_of_time: Callable[[], bool]) -> bytes:
    """The body as it came, complete. Raises BadAnswer (truncated, too large, too slow)."""
    announced = response.length
    if announced is not None and announced > limits.body_bytes:
        raise _too_large(limits)
    parts: list[bytes] = []
    size = 0
    try:
        while True:
            part = response.read_some()
            if not part:
                break
            parts.append(part)
            size += len(part)
            if size > limits.body_bytes:
                raise _too_large(limits)
            if size == announced:
                break
            if out_of_time():
                raise BadAnswer(Reason.TRUNCATED_BODY, "the answer dripped in too slowly to wait for its end")
    except BrokenOff:
        raise BadAnswer(Reason.TRUNCATED_BODY, "the answer broke off in a chunk") from None
    if announced is not None and size != announced:
        raise BadAnswer(Reason.TRUNCATED_BODY, f"the answer announced {announced} bytes and broke off after {size}")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def decode(raw: bytes, coding: str, limits: BodyLimits) -> bytes:
    """The body without its content coding. Raises BadAnswer (truncated, junk behind the end, another coding, too large)."""
    for name in reversed([part.strip().lower() for part in coding.split(",") if part.strip()]):
        if name in ("gzip", "x-gzip"):
            raw = _inflate(raw, 31, limits)
        elif name == "deflate":
            zlib_wrapped = len(raw) >= 2 and raw[0] & 0x0F == 8 and (raw[0] << 8 | raw[1]) % 31 == 0
            raw = _inflate(raw, 15 if zlib_wrapped else -15, limits)
        elif name != "identity":
            raise BadAnswer(Reason.BAD_ENCODING, f"the answer is encoded as {name[:40]!r}, which nobody asked for")
    return raw


def _inflate(raw: bytes, wbits: int, limits: BodyLimits) -> bytes:
    room = min(limits.body_bytes, max(MIB, limits.ratio * len(raw)))
    parts: list[bytes] = []
    rest = raw
    while True:
        member = zlib.decompressobj(wbits)
        try:
            part = member.decompress(rest, room + 1)
        except zlib.error:
            raise BadAnswer(Reason.BAD_ENCODING, "the compressed answer is damaged") from None
        room -= len(part)
        if room < 0:
            raise _too_large(limits)
        if not member.eof:
            raise BadAnswer(Reason.TRUNCATED_BODY, "the compressed answer breaks off before its end")
        parts.append(part)
        rest = member.unused_data
        if not rest:
            return parts[0] if len(parts) == 1 else b"".join(parts)
        if wbits != 31 or not rest.startswith(b"\x1f\x8b"):
            raise BadAnswer(Reason.BAD_ENCODING, f"{len(rest)} bytes follow the end of the compressed answer")


def _too_large(limits: BodyLimits) -> BadAnswer:
    message = f"the answer is larger than {limits.body_bytes // MIB} MiB, or decompresses to more than {limits.ratio} times its size"
    return BadAnswer(Reason.TOO_LARGE, message, hint="ask for smaller pages", again=False)
