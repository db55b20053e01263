"""Writing back: a record's bytes made into what the platform takes, and its answer made into a record again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from listbackup.base.decode import from_json, from_platform
from listbackup.base.errors import InputError, PlatformError, PlatformFault
from listbackup.connectors.engine.client import Answer
from listbackup.connectors.engine.connector import Written
from listbackup.connectors.engine.facts import FlaggedDeletion, StreamFacts, Write
from listbackup.connectors.engine.faults import BadAnswer, Reason
from listbackup.connectors.engine.keys import PARENT, KeyReader
from listbackup.connectors.engine.places import find, split
from listbackup.connectors.engine.record import Key, KeyPart
from listbackup.connectors.engine.template import fill, fill_json, fill_path
from listbackup.connectors.engine.transport import Ask, Transport

Fields = dict[str, msgspec.Raw]


class Writes:
    """Reads and writes single records of one session's streams."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._etags: dict[tuple[str, Key], str] = {}  # of the last look at each record that is written conditionally

    def fetch(self, facts: StreamFacts, key: Key) -> bytes | None:
        """The record as it is now, or None when the platform says that it is gone. Raises PlatformError, InputError (it cannot be asked for)."""
        raw = self.look(facts, key)
        if raw is None or not isinstance(facts.deletions, FlaggedDeletion):
            return raw
        return None if KeyReader(facts).read([raw], None, _parents_of_key(facts, key)).gone else raw

    def look(self, facts: StreamFacts, key: Key) -> bytes | None:
        """As ``fetch``, but also a record that is softly deleted and can still be looked at."""
        one = facts.one
        if one is None:
            raise InputError(f"one record of {facts.name} cannot be asked for on this platform")
        values = {**self._transport.values, **key_values(facts, key)}
        try:
            answer = self._transport.ask(Ask(path=fill_path(one.path, values), params=fill_json(one.params, values)))
        except PlatformError as error:
            if error.fault is PlatformFault.GONE:
                return None
            raise
        if facts.restore.update is not None and facts.restore.update.if_match and "etag" in answer.headers:
            self._etags[facts.name, key] = answer.headers["etag"]
        return bytes(_record(answer, one.record))

    def create(self, facts: StreamFacts, raw: bytes, *, idempotency_key: str) -> Written:
        """A record that was not there. Sent again only if the platform did not hear it, or knows the idempotency key."""
        write = _write(facts, facts.restore.create, "create")
        fields = self._fields(raw)
        values = {**self._transport.values, **_own_values(fields)}
        headers = {write.idempotency_header: idempotency_key} if write.idempotency_header else {}
        answer = self._send(write, values, fields, headers, repeatable=write.idempotency_header is not None or write.method == "PUT")
        return self._written(facts, write, answer, _parents(facts, fields))

    def update(self, facts: StreamFacts, key: Key, raw: bytes) -> Written:
        """An existing record brought to this content."""
        write = _write(facts, facts.restore.update, "update")
        fields = self._fields(raw)
        values = {**self._transport.values, **_own_values(fields), **key_values(facts, key)}
        etag = self._etags.pop((facts.name, key), None)
        answer = self._send(write, values, fields, {"If-Match": etag} if etag is not None else {}, repeatable=True)
        if write.record is None:
            now = self.fetch(facts, key)
            if now is None:
                raise PlatformError(f"the record of {facts.name} went away while it was written", fault=PlatformFault.GONE)
            return Written(key=key, raw=now)
        return self._written(facts, write, answer, _parents_of_key(facts, key))

    def delete(self, facts: StreamFacts, key: Key) -> None:
        """The record is gone afterwards; no error when it was gone before."""
        write = _write(facts, facts.restore.delete, "delete")
        values = {**self._transport.values, **key_values(facts, key)}
        try:
            self._send(write, values, None, {}, repeatable=True)
        except PlatformError as error:
            if error.fault is not PlatformFault.GONE:
                raise

    def _send(
        self, write: Write, values: Mapping[str, object], fields: Fields | None, more: Mapping[str, str], *, repeatable: bool
    ) -> Answer:
        headers = {name: fill(text, values) for name, text in write.headers.items()} | dict(more)
        body = None
        if fields is not None:
            shaped = _shaped(write, fields)
            body = urlencode(_flat(shaped)).encode() if write.encoding == "form" else msgspec.json.encode(_wrapped(shaped, write.wrap))
            headers["Content-Type"] = "application/x-www-form-urlencoded" if write.encoding == "form" else "application/json"
        ask = Ask(
            path=fill_path(write.path, values),
            method=write.method,
            params=fill_json(write.params, values),
            headers=headers,
            body=body,
            repeatable=repeatable,
        )
        return self._transport.ask(ask)

    def _written(self, facts: StreamFacts, write: Write, answer: Answer, parent: Mapping[str, KeyPart]) -> Written:
        raw = bytes(_record(answer, write.record or ""))
        read = KeyReader(facts).read([raw], None, parent)
        keys = read.keys or read.gone
        if not keys:
            raise BadAnswer(Reason.MISSING_KEY, f"the platform wrote the {facts.name} record and did not say which it is", again=False)
        if write.record is None:
            raw = self.fetch(facts, keys[0]) or raw
        return Written(key=keys[0], raw=raw)

    def _fields(self, raw: bytes) -> Fields:
        try:
            return from_json(raw, Fields)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise InputError("the record is not a JSON object and cannot be written back") from None


def key_values(facts: StreamFacts, key: Key) -> dict[str, object]:
    """The key's parts by the names that templates call them."""
    values: dict[str, object] = {}
    for name, part in zip(facts.key, key, strict=True):
        values[name] = part
        values[name.removeprefix(PARENT)] = part
    return values


def _parents_of_key(facts: StreamFacts, key: Key) -> dict[str, KeyPart]:
    return {name.removeprefix(PARENT): part for name, part in zip(facts.key, key, strict=True) if name.startswith(PARENT)}


def _parents(facts: StreamFacts, fields: Fields) -> dict[str, KeyPart]:
    """The parent's part of a new child's key: the field that refers to the parent stream."""
    if facts.parent is None:
        return {}
    named = [path for path, stream in facts.references.items() if stream == facts.parent.stream]
    found: dict[str, KeyPart] = {}
    for placeholder in facts.parent.fields:
        for path in named:
            raw = find(msgspec.json.encode(fields), path)
            value = msgspec.json.decode(raw) if raw is not None else None
            if isinstance(value, str | int):
                found[placeholder] = value
    return found


def _own_values(fields: Fields) -> dict[str, object]:
    """``{record.NAME}``: the record's own scalar fields, for paths that need them."""
    values: dict[str, object] = {}
    for name, raw in fields.items():
        text = bytes(raw)
        if text[:1] not in b"[{" and len(text) < 1024:
            values[f"record.{name}"] = from_platform(text)
    return values


def _write(facts: StreamFacts, write: Write | None, verb: str) -> Write:
    if write is None:
        raise InputError(f"this platform has no way to {verb} {facts.name}")
    return write


def _shaped(write: Write, fields: Fields) -> Fields:
    kept = {name: raw for name, raw in fields.items() if (not write.only or name in write.only) and name not in write.omit}
    for name, path in write.unwrap.items():
        inner = find(kept[name], path) if name in kept else None
        if inner is not None:
            kept[name] = inner
    return {write.rename.get(name, name): raw for name, raw in kept.items()}


def _wrapped(fields: Fields, path: str) -> Any:
    value: Any = fields
    for step in reversed(split(path)):
        value = [value] if step.isdigit() else {step: value}
    return value


def _flat(fields: Fields) -> Sequence[tuple[str, str]]:
    """Form fields; lists repeat their name, objects go as ``name[inner]``."""
    pairs: list[tuple[str, str]] = []

    def add(name: str, value: object) -> None:
        if isinstance(value, dict):
            for inner, below in value.items():
                add(f"{name}[{inner}]", below)
        elif isinstance(value, list):
            for below in value:
                add(name, below)
        elif value is not None:
            pairs.append((name, ("true" if value else "false") if isinstance(value, bool) else str(value)))

    for name, raw in fields.items():
        add(name, from_platform(bytes(raw)))
    return pairs


def _record(answer: Answer, path: str) -> msgspec.Raw:
    try:
        raw = find(answer.body, path) if answer.body else None
        if raw is not None:
            from_json(raw, dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raw = None
    if raw is None:
        raise BadAnswer(Reason.NOT_JSON, f"the answer has no record at {path or 'the top'!r}", again=False)
    return raw
