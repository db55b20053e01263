"""Typed decoding that many threads may begin at once.

msgspec (0.22.0, measured 2026-11-21) finds out what a type's fields are when it first decodes one, and two threads that do so for the same type at once can end the
process: its note of the type is freed while the other reads it. Here every type is learned once, by one thread; a kept decoder is also the faster call.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar, overload

import msgspec

T = TypeVar("T")

_LEARNING = threading.RLock()
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


def json_decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """A decoder of this type, for whoever decodes so many that finding it each time would count."""
    with _LEARNING:
        return msgspec.json.Decoder(kind)


@functools.lru_cache(maxsize=_KINDS)
def _json(kind: Any, strict: bool) -> Callable[[bytes | str], Any]:  # by position: found in half the time
    with _LEARNING:
        return msgspec.json.Decoder(kind, strict=strict).decode


@functools.lru_cache(maxsize=_KINDS)
def _msgpack(kind: Any) -> Callable[[bytes], Any]:
    with _LEARNING:
        return msgspec.msgpack.Decoder(kind).decode
