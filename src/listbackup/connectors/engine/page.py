"""Pages: the exact bytes of the records in an answer, with what the answer says of the rest of the listing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from listbackup.connectors.engine.client import Answer
from listbackup.connectors.engine.facts import StreamFacts
from listbackup.connectors.engine.faults import BadAnswer, Reason
from listbackup.connectors.engine.places import ABSENT, Shape, header_of, split
from listbackup.connectors.engine.recognise import KnownPages, LaterRaws, Recognised, decode_told

_NOTHING = (b"null", b"false", b"[]", b"{}", b'""', b"0")
_SURROGATE = re.compile(rb"\\(?:u([dD][89abAB][0-9a-fA-F]{2})(\\u[dD][c-fC-F][0-9a-fA-F]{2})?|u([dD][c-fC-F][0-9a-fA-F]{2})|.)", re.DOTALL)


@dataclass(slots=True)
class Page:
    """One answer of a listing, cut."""

    raws: Sequence[bytes | msgspec.Raw]
    said: Mapping[str, str | None]  # place -> the value as text; None: null; missing: not there
    total: int | None
    headers: Mapping[str, str]
    received_bytes: int
    at: Mapping[str, Any]  # the page state that it was asked with
    end: bool = False  # the platform answered that there is no such page
    mended: Sequence[bytes | msgspec.Raw] | None = (
        None  # the records in a form that decodes, where the exact bytes do not (lone surrogates)
    )
    mark: bytes = b""  # by which it is known when it comes again; none where nobody remembers pages
    known: Recognised | None = None  # it came before, and its records are what they were: they are cut when somebody looks at them


class Slicer:
    """Cuts answers of one stream into pages. ``places`` are what the paging wants to know besides records and total."""

    def __init__(self, facts: StreamFacts, places: Sequence[str], error: str | None) -> None:
        self._facts = facts
        self._wanted = list(dict.fromkeys([*places, *([facts.total] if facts.total else [])]))
        self._headers = [(place, header) for place in self._wanted if (header := header_of(place)) is not None]
        self._records = split(facts.records)
        self._error = split(error) if error else None
        item: Any = Shape({split(facts.item): (msgspec.Raw, msgspec.NODEFAULT)}) if facts.item else None
        self._item = item.getters[split(facts.item)] if item else None
        listed: Any = msgspec.Raw if facts.single else list[item.type] if item else list[msgspec.Raw]
        self._shape = self._make({self._records: (listed, ABSENT) if facts.single else (listed | None, None)}) if self._records else None
        self._aside = self._make({}) if facts.single and not self._records and self._inside() else None
        self._decoder: Any = msgspec.json.Decoder(self._shape.type if self._shape else listed)

    def _inside(self) -> list[tuple[str, ...]]:
        paths = [split(place) for place in self._wanted if header_of(place) is None]
        return [*paths, *([self._error] if self._error else [])]

    def _make(self, listed: dict[tuple[str, ...], tuple[Any, Any]]) -> Shape:
        return Shape(dict.fromkeys(self._inside(), (msgspec.Raw, ABSENT)) | listed)

    def cut(self, answer: Answer, at: Mapping[str, Any]) -> Page:
        """The page in an answer. Raises BadAnswer when the answer is not such a page."""
        body, mended = answer.body, False
        try:
            value = self._decoder.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            body = mend(answer.body)
            if body == answer.body:
                raise self._not_a_page(answer, error) from None
            try:
                value, mended = self._decoder.decode(body), True
            except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as again:
                raise self._not_a_page(answer, again) from None
        said = self._said(value, answer.headers)
        total = self._total(said)
        raws = self._listed(value, total, behind="probe" in at)
        exact = _same_places(answer.body, body, raws) if mended else raws
        return Page(exact, said, total, answer.headers, answer.received_bytes, at, mended=raws if mended else None)

    def recognise(self, answer: Answer, at: Mapping[str, Any], pages: KnownPages) -> Page:
        """The page in an answer, not cut if it is known. Raises BadAnswer when the answer is not such a page."""
        mark = pages.mark(answer.body)
        number = pages.find(mark)
        if number is None:
            page = self.cut(answer, at)
            page.mark = mark
            return page
        told = decode_told(pages.told(number))
        said = {**self._said_by(answer.headers), **told.said}
        raws = LaterRaws(pages.count(number), lambda: self.cut(answer, at).raws)
        known = Recognised(number, told)
        return Page(raws, said, self._total(said), answer.headers, answer.received_bytes, at, mark=mark, known=known)

    def said_inside(self, page: Page) -> Mapping[str, str | None]:
        """What the page's body said, without what its headers did."""
        return {place: text for place, text in page.said.items() if header_of(place) is None}

    def _said_by(self, headers: Mapping[str, str]) -> dict[str, str | None]:
        return {place: headers[header] for place, header in self._headers if header in headers}

    def _said(self, value: Any, headers: Mapping[str, str]) -> dict[str, str | None]:
        said = self._said_by(headers)
        shape = self._shape
        if self._aside is not None:
            shape, value = self._aside, _decoded(value, self._aside.type)
        for place in self._wanted:
            if header_of(place) is None and shape is not None:
                raw = bytes(shape.getters[split(place)](value))
                if raw:
                    said[place] = _text(raw)
        if self._error and shape is not None:
            raw = bytes(shape.getters[self._error](value))
            if raw and raw not in _NOTHING:
                raise BadAnswer(Reason.ERROR_OBJECT, "the answer has status 200 and an error in it")
        return said

    def _listed(self, value: Any, total: int | None, *, behind: bool) -> Sequence[msgspec.Raw]:
        listed = self._shape.getters[self._records](value) if self._shape and self._records else value
        if self._facts.single and bytes(listed) in (b"", b"null"):
            listed = None
        if listed is None:
            if self._facts.left_out_when_empty and (total == 0 or self._facts.total is None or behind):
                return []
            where = f"no list at {self._facts.records!r}"
            raise BadAnswer(
                Reason.MISSING_RECORDS, f"the answer for {self._facts.name} has {where}", hint="an error in place of the records?"
            )
        if self._facts.single:
            return [listed]
        return [self._item(item) for item in listed] if self._item else listed

    def _total(self, said: Mapping[str, str | None]) -> int | None:
        text = said.get(self._facts.total) if self._facts.total else None
        try:
            return int(text) if text is not None else None
        except ValueError:
            return None

    def _not_a_page(self, answer: Answer, error: Exception) -> BadAnswer:
        if isinstance(error, RecursionError):
            return BadAnswer(Reason.TOO_DEEP, "the answer is nested too deep to be read", again=False)
        head = answer.body[:512].lstrip()
        what = f"the answer for {self._facts.name}"
        if not head:
            return BadAnswer(Reason.NOT_JSON, f"{what} is empty")
        if head[:1] == b"<":
            return BadAnswer(
                Reason.NOT_JSON, f"{what} is a web page, not JSON", hint="a login page or a wall in front of the API? check the address"
            )
        if isinstance(error, msgspec.ValidationError):
            where = self._facts.records or "the top"
            return BadAnswer(
                Reason.MISSING_RECORDS, f"{what} has no list of records at {where!r}", hint="an error in place of the records?"
            )
        if not answer.framed:
            return BadAnswer(Reason.TRUNCATED_BODY, f"{what} ends before its JSON does")
        return BadAnswer(Reason.NOT_JSON, f"{what} is not JSON")


def mend(body: bytes) -> bytes:
    """The same text with every lone surrogate escape replaced by U+FFFD, length kept: what strict decoders need to find their way."""

    def one(found: re.Match[bytes]) -> bytes:
        high, low = found[1] is not None, found[2] is not None
        return b"\\ufffd" if (high and not low) or found[3] is not None else found[0]

    return _SURROGATE.sub(one, body) if b"\\u" in body else body


def _same_places(original: bytes, mended: bytes, raws: Sequence[msgspec.Raw]) -> list[bytes]:
    base = np.frombuffer(mended, np.uint8).__array_interface__["data"][0]
    cut = []
    for raw in raws:
        at = np.frombuffer(raw, np.uint8).__array_interface__["data"][0] - base
        cut.append(original[at : at + len(memoryview(raw))])
    return cut


def _decoded(raw: msgspec.Raw, kind: Any) -> Any:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadAnswer(Reason.MISSING_RECORDS, "the answer is not an object") from None


def _text(raw: bytes) -> str | None:
    """A scalar as text: a string's content, a number or truth value as written, None for null. Raises BadAnswer for anything else."""
    if raw == b"null":
        return None
    if raw[:1] == b'"':
        try:
            return msgspec.json.decode(raw, type=str)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise BadAnswer(Reason.BAD_TOKEN, "a page token is not text") from None
    if raw[:1] in b"[{":
        raise BadAnswer(Reason.BAD_TOKEN, "what should be a page token, a link or a count is a list or an object")
    return raw.decode("ascii", "replace")
