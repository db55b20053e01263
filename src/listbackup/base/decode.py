"""Typed decoding that many threads may begin at once.

msgspec (0.22.0, measured 2026-11-21) finds out what a type's fields are when it first decodes one, and two threads that do so for the same type at once can end the
process: its note of the type is freed while the other reads it. Here every type is learned once, by one thread; a kept decoder is also the faster call.
"""

from __future__ import annotations

import functools
import math
import re
import threading
from collections.abc import Callable
from typing import Any, TypeVar, overload

import msgspec

T = TypeVar("T")

_LEARNING = threading.RLock()
_SURROGATE = re.compile(rb"\\(?:u([dD][89abAB][0-9a-fA-F]{2})(\\u[dD][c-fC-F][0-9a-fA-F]{2})?|u([dD][c-fC-F][0-9a-fA-F]{2})|.)", re.DOTALL)
_LINE_ENDS = bytes.maketrans(b"\r\n", b"  ")
_KINDS = 1024  # how many kept decoders; more than the code base has types


@overload
def from_json(raw: bytes | str, kind: type[T], *, strict: bool = True) -> T: ...
@overload
def from_json(raw: bytes | str, kind: Any, *, strict: bool = True) -> Any: ...
def from_json(raw: bytes | str, kind: Any, *, strict: bool = True) -> Any:
    """What a JSON text says, as this type. Raises msgspec.DecodeError, msgspec.ValidationError; ``strict=False`` also takes numbers written as text."""
    return _json(kind, strict)(raw)


@overload
def from_msgpack(raw: bytes, kind: type[T]) -> T: ...
@overload
def from_msgpack(raw: bytes, kind: Any) -> Any: ...
def from_msgpack(raw: bytes, kind: Any) -> Any:
    """What a MessagePack text says, as this type. Raises as ``from_json``."""
    return _msgpack(kind)(raw)


@overload
def from_plain(value: object, kind: type[T], *, strict: bool = True) -> T: ...
@overload
def from_plain(value: object, kind: Any, *, strict: bool = True) -> Any: ...
def from_plain(value: object, kind: Any, *, strict: bool = True) -> Any:
    """What dicts, lists and scalars say, as this type. Raises msgspec.ValidationError."""
    _json(kind, strict)  # the type is known from here on
    return msgspec.convert(value, kind, strict=strict)


def from_platform(raw: bytes) -> Any:
    """What a record says that a platform sent, for whoever looks into it; what is kept and given back are its exact bytes.

    Platforms send text that is not UTF-8, halves of surrogate pairs and numbers that no float can hold. Those read as U+FFFD, and as the text of the number, so that one such record
    does not keep anybody from the others. Raises msgspec.DecodeError on what is not JSON, RecursionError on what is nested deeper than can be followed here.
    """
    try:
        return _json(Any, True)(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _of_platforms()(readable(raw))


def readable(raw: bytes) -> bytes:
    """The same JSON with U+FFFD for what is not UTF-8 and for every lone surrogate; the very same bytes where there is none."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        raw = raw.decode("utf-8", "replace").encode()
    return mend(raw)


def one_line(raw: bytes) -> bytes:
    """The JSON text with a space for each line end between its tokens (inside its texts they are escaped): the very same bytes where there is none."""
    return raw.translate(_LINE_ENDS) if b"\n" in raw or b"\r" in raw else raw


def mend(body: bytes) -> bytes:
    """The same text with every lone surrogate escape replaced by U+FFFD, length kept: what strict decoders need to find their way."""

    def one(found: re.Match[bytes]) -> bytes:
        high, low = found[1] is not None, found[2] is not None
        return b"\\ufffd" if (high and not low) or found[3] is not None else found[0]

    return _SURROGATE.sub(one, body) if b"\\u" in body else body


def json_decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """A decoder of this type, for whoever decodes so many that finding it each time would count."""
    with _LEARNING:
        return msgspec.json.Decoder(kind)


@functools.lru_cache(maxsize=_KINDS)
def _json(kind: Any, strict: bool) -> Callable[[bytes | str], Any]:  # by position: found in half the time
    with _LEARNING:
        return msgspec.json.Decoder(kind, strict=strict).decode


@functools.lru_cache(maxsize=1)
def _of_platforms() -> Callable[[bytes], Any]:
    with _LEARNING:
        return msgspec.json.Decoder(Any, float_hook=_float_or_text).decode


def _float_or_text(number: str) -> float | str:
    found = float(number)
    return found if math.isfinite(found) else number


@functools.lru_cache(maxsize=_KINDS)
def _msgpack(kind: Any) -> Callable[[bytes], Any]:
    with _LEARNING:
        return msgspec.msgpack.Decoder(kind).decode
