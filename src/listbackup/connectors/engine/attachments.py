"""Attachments: which files a record names, and their bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from listbackup.base.decode import from_platform
from listbackup.connectors.engine.client import Client, StatusAnswer
from listbackup.connectors.engine.facts import AttachmentFacts, StreamFacts
from listbackup.connectors.engine.places import split
from listbackup.connectors.engine.record import AttachmentRef, Key
from listbackup.connectors.engine.template import fill_path
from listbackup.connectors.engine.transport import Ask, Transport
from listbackup.connectors.engine.writes import key_values

Named = Callable[[str], str]  # a URL that the platform named, in full


def attachments(facts: StreamFacts, key: Key, raw: bytes, values: Mapping[str, object], named: Named) -> Sequence[AttachmentRef]:
    """The files that a record names, each with a path that is unique within the record."""
    try:
        record = from_platform(raw)
    except (msgspec.DecodeError, RecursionError):
        return ()
    return [ref for declared in facts.attachments for ref in _refs(facts, declared, key, record, values, named)]


def _refs(
    facts: StreamFacts, declared: AttachmentFacts, key: Key, record: object, values: Mapping[str, object], named: Named
) -> Iterator[AttachmentRef]:
    for pointer, holder in _holders(record, split(declared.at), ""):
        if declared.link is not None:
            url: object = fill_path(declared.link, {**values, **key_values(facts, key), **_scalars(holder)})
            path = pointer or "/"
        else:
            steps = split(declared.url or "")
            url = _at(holder, steps)
            path = pointer + "".join(f"/{step}" for step in steps)
        if not isinstance(url, str) or not url:
            continue
        size = _at(holder, split(declared.size)) if declared.size else None
        yield AttachmentRef(
            path=path,
            url=url if declared.link is not None else named(url),
            name=_text(holder, declared.name) or _name(url),
            content_type=_text(holder, declared.content_type),
            size_bytes=size if isinstance(size, int) and not isinstance(size, bool) else None,
            version=_text(holder, declared.version),
        )


def _holders(value: object, steps: Sequence[str], pointer: str) -> Iterator[tuple[str, object]]:
    if not steps:
        yield pointer, value
    elif steps[0] == "*":
        items = value if isinstance(value, list) else []
        for number, item in enumerate(items):
            yield from _holders(item, steps[1:], f"{pointer}/{number}")
    elif isinstance(value, dict) and steps[0] in value:
        yield from _holders(value[steps[0]], steps[1:], f"{pointer}/{steps[0]}")


def _at(value: object, steps: Sequence[str]) -> object:
    for step in steps:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def _text(holder: object, path: str | None) -> str | None:
    value = _at(holder, split(path)) if path else None
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def _scalars(holder: object) -> dict[str, Any]:
    if not isinstance(holder, dict):
        return {}
    return {f"file.{name}": value for name, value in holder.items() if isinstance(value, str | int)}


def _name(url: str) -> str:
    return unquote(urlsplit(url).path.rsplit("/", 1)[-1]) or "file"


def fetch(transport: Transport, client: Client, ref: AttachmentRef) -> Iterator[bytes]:
    """The file's bytes. Credentials go along only to the platform's own hosts; broken off, it is begun anew until the first byte was given."""

    def begin() -> tuple[bytes, Iterator[bytes]]:
        chunks = _chunks(transport, client, ref)
        return next(chunks, b""), chunks

    first, rest = transport.patiently(begin)
    if first:
        yield first
    yield from rest


def _chunks(transport: Transport, client: Client, ref: AttachmentRef) -> Iterator[bytes]:
    ask = Ask(path=ref.url, headers={"Accept": "*/*"})
    url = transport.url(ref.url, {})
    for again in (True, False):
        request, secret = transport.request(ask, url)
        chunks = client.stream(request)
        try:
            first = transport.limited(lambda: next(chunks, b""))  # noqa: B023  called at once
        except StatusAnswer as other:
            if other.answer.status == 401 and again and secret and transport.authority.renewed(secret):
                continue
            raise transport.refusal(other.answer) from None
        yield first
        yield from chunks
        return
    raise AssertionError("the second try returns or raises")
