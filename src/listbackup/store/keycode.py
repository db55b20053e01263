"""Key codes: keys as bytes that sort like the keys.

Layout (as in FoundationDB's tuple layer; each part is a tag and its payload, parts simply follow each other)::

    0x01  bytes    0x00 written as 0x00 0xFF, ended by 0x00
    0x02  text     UTF-8 (lone surrogates as their three bytes), 0x00 written as 0x00 0xFF, ended by 0x00
    0x14  zero
    0x14+n         positive integer in n = 1..8 bytes, big endian
    0x14-n         negative integer in n = 1..8 bytes, big endian, value + 256**n - 1
    0x1D  longer positive integer: length byte, big endian bytes
    0x0B  longer negative integer: 0xFF - length, value + 256**length - 1

A tag is never 0x00, so codes padded with zeros to one width stay distinct and in order: that is what the column operations rely on.
A code holds at most 1,024 bytes. Source: FoundationDB ``design/tuple.md``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from listbackup.base.errors import DamagedError, InputError
from listbackup.store.model import Key, KeyPart

MAX_CODE = 1024

_BYTES, _TEXT, _ZERO, _LONG, _LONG_NEGATIVE = 0x01, 0x02, 0x14, 0x1D, 0x0B
_POSITIVE = [bytes([_ZERO + size]) for size in range(9)]


def encode_key(key: Key) -> bytes:
    """The code of one key. Raises InputError for an empty key, a part of another type, or a code above 1,024 bytes."""
    if not key:
        raise InputError("a record needs a key", field="key")
    code = b"".join(_part(part) for part in key)
    if len(code) > MAX_CODE:
        raise InputError(f"a key of {len(code)} bytes is longer than {MAX_CODE}", hint="choose a shorter key field", field="key")
    return code


def encode_keys(keys: Sequence[Key]) -> list[bytes]:
    """The codes of many keys; keys of one text or one integer take a short way."""
    try:
        parts = [part for (part,) in keys]
    except ValueError:
        return [encode_key(key) for key in keys]
    first = parts[0] if parts else None
    codes = None
    if type(first) is str:
        codes = _texts(parts)
    elif type(first) is int:
        codes = _numbers(parts)
    return codes if codes is not None else [encode_key(key) for key in keys]


def decode_key(code: bytes) -> Key:
    """The key of a code. Raises DamagedError."""
    parts: list[KeyPart] = []
    at = 0
    try:
        while at < len(code):
            part, at = _read(code, at)
            parts.append(part)
    except (IndexError, ValueError):
        raise DamagedError("a key code cannot be read") from None
    return tuple(parts)


def decode_keys(codes: Sequence[bytes]) -> list[Key]:
    """The keys of many codes; codes of one text each take a short way. Raises DamagedError."""
    data = b"".join(codes)
    if data[:1] == b"\x02" and data[-1:] == b"\x00" and data.count(b"\x00") == len(codes):
        try:
            texts = data[1:-1].decode().split("\x00\x02")
        except UnicodeDecodeError:
            texts = []
        if len(texts) == len(codes):  # every end but the last is followed by a text's tag: each code is one text
            return [(text,) for text in texts]
    return [decode_key(code) for code in codes]


def prefix_range(prefix: bytes) -> tuple[bytes, bytes]:
    """The half-open range of codes that begin with these whole parts."""
    return prefix, prefix + b"\xff"


def key_text(key: Key) -> str:
    """The key as people read it: one part as it is, several as a JSON array; bytes in hex."""
    shown = [part.hex() if isinstance(part, bytes) else part for part in key]
    return str(shown[0]) if len(shown) == 1 else json.dumps(shown, ensure_ascii=False, separators=(",", ":"))


def parse_keys(text: str) -> tuple[Key, ...]:
    """The keys that a person may mean by this text, the likeliest first: an integer, a text, a JSON array of parts, a text with commas."""
    meant: list[Key] = []
    if text.startswith("["):
        try:
            parts = json.loads(text)
        except ValueError:
            parts = None
        if isinstance(parts, list) and parts and all(type(part) in (str, int) for part in parts):
            meant.append(tuple(parts))
            if len(parts) == 2 and type(parts[0]) is str and type(parts[1]) is int and len(parts[0]) == 32:
                meant.extend(_keyless(parts[0], parts[1]))
    if _is_integer(text):
        meant.append((int(text),))
    meant.append((text,))
    if len(text) > 1 and text[0] == text[-1] == '"':
        meant.append((text[1:-1],))
    if "," in text and not text.startswith("["):
        pieces = text.split(",")
        meant.append(tuple(int(piece) if _is_integer(piece) else piece for piece in pieces))
        meant.append(tuple(pieces))
    return tuple(dict.fromkeys(meant))


def _keyless(digest: str, occurrence: int) -> list[Key]:
    try:
        return [(bytes.fromhex(digest), occurrence)]
    except ValueError:
        return []


def _is_integer(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 600 and str(int(text)) == text


def _texts(parts: Sequence[KeyPart]) -> list[bytes] | None:
    try:
        data = ("\x02" + "\x00\x02".join(parts) + "\x00").encode()  # type: ignore[arg-type]
    except (TypeError, UnicodeEncodeError):
        return None
    width, odd = divmod(len(data), len(parts))
    if not odd and width <= MAX_CODE and data.count(b"\x00") == data[width - 1 :: width].count(b"\x00") == len(parts):
        import numpy as np  # here alone: who shows a key need not load it

        return np.frombuffer(data, f"V{width}").tolist()  # type: ignore[no-any-return]  # texts of one length, none with a zero inside
    pieces = "\x00".join(parts).encode().split(b"\x00")  # type: ignore[arg-type]
    if len(pieces) != len(parts) or len(max(pieces, key=len)) > MAX_CODE - 2:
        return None
    return [b"\x02" + piece + b"\x00" for piece in pieces]


def _numbers(parts: Sequence[KeyPart]) -> list[bytes] | None:
    try:
        return [_POSITIVE[(number.bit_length() + 7) >> 3] + number.to_bytes((number.bit_length() + 7) >> 3, "big") for number in parts]  # type: ignore[union-attr]
    except (AttributeError, IndexError, OverflowError):
        return None


def _part(part: KeyPart) -> bytes:
    if type(part) is str:
        return b"\x02" + part.encode("utf-8", "surrogatepass").replace(b"\x00", b"\x00\xff") + b"\x00"
    if type(part) is int:
        return _number(part)
    if type(part) is bytes:
        return b"\x01" + part.replace(b"\x00", b"\x00\xff") + b"\x00"
    raise InputError(f"a key cannot hold a {type(part).__name__}", hint="key parts are texts and integers", field="key")


def _number(number: int) -> bytes:
    size = (abs(number).bit_length() + 7) >> 3
    if size > 255:
        raise InputError("an integer key has more than 2,040 bits", field="key")
    if number >= 0:
        head = bytes([_ZERO + size]) if size <= 8 else bytes([_LONG, size])
        return head + number.to_bytes(size, "big")
    head = bytes([_ZERO - size]) if size <= 8 else bytes([_LONG_NEGATIVE, 0xFF - size])
    return head + (number + (1 << 8 * size) - 1).to_bytes(size, "big")


def _read(code: bytes, at: int) -> tuple[KeyPart, int]:
    tag = code[at]
    if tag in (_BYTES, _TEXT):
        content, after = _escaped(code, at + 1)
        return (content if tag == _BYTES else content.decode("utf-8", "surrogatepass")), after
    if _ZERO - 8 <= tag <= _ZERO + 8:
        return _sized(code, at + 1, abs(tag - _ZERO), negative=tag < _ZERO)
    if tag == _LONG:
        return _sized(code, at + 2, code[at + 1], negative=False)
    if tag == _LONG_NEGATIVE:
        return _sized(code, at + 2, 0xFF - code[at + 1], negative=True)
    raise ValueError(tag)


def _escaped(code: bytes, start: int) -> tuple[bytes, int]:
    end = code.index(b"\x00", start)
    while code[end + 1 : end + 2] == b"\xff":
        end = code.index(b"\x00", end + 2)
    return code[start:end].replace(b"\x00\xff", b"\x00"), end + 1


def _sized(code: bytes, start: int, size: int, *, negative: bool) -> tuple[int, int]:
    if start + size > len(code):
        raise ValueError(size)
    value = int.from_bytes(code[start : start + size], "big")
    return (value - (1 << 8 * size) + 1 if negative else value), start + size
