"""Pages: the exact bytes of the records in an answer, with what the answer says of the rest of the listing."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from listbackup.base.decode import from_json, json_decoder, mend
from listbackup.connectors.engine.client import Answer
from listbackup.connectors.engine.facts import StreamFacts
from listbackup.connectors.engine.faults import BadAnswer, Reason
from listbackup.connectors.engine.places import ABSENT, Shape, header_of, split
from listbackup.connectors.engine.recognise import KnownPages, LaterRaws, Recognised, decode_told

_STAND_IN = msgspec.json.encode(f"listbackup {secrets.token_hex(16)}")  # no platform knows it
_MAX_BRACKETS = 64
_NOTHING = (b"null", b"false", b"[]", b"{}", b'""', b"0")


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
    is_tight: bool = False  # somebody remembers pages, and at least half of this one is records: they may be kept as pieces of it
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
        self._frame = Frame(self._records[-1] if self._records else None)
        self._decoder: Any = json_decoder(self._shape.type if self._shape else listed)

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
        exact = same_places(answer.body, body, raws) if mended else raws
        return Page(exact, said, total, answer.headers, answer.received_bytes, at, mended=raws if mended else None)

    def recognise(self, answer: Answer, at: Mapping[str, Any], pages: KnownPages) -> Page:
        """The page in an answer; if its list of records is known, only what stands around it is read. Raises BadAnswer when the answer is not such a page."""
        place = self._frame.find(answer.body)
        mark = pages.mark(_part(answer.body, place)) if place is not None else b""
        number = pages.find(mark)
        around = self._around(answer, place) if place is not None and number is not None else None
        if number is not None and around is not None:
            known = Recognised(number, decode_told(pages.told(number)))
            raws = LaterRaws(pages.count(number), lambda: self.cut(answer, at).raws)
            return Page(raws, around, self._total(around), answer.headers, answer.received_bytes, at, known=known)
        page = self.cut(answer, at)
        if page.raws and page.mended is None:
            listed = _place(answer.body, page.raws)
            records = sum(map(len, page.raws)) if self._item else listed[1] - listed[0]
            page.is_tight = 2 * records >= len(answer.body)
            if listed == place:
                page.mark = mark
            elif listed == self._frame.learn(answer.body, listed):
                page.mark = pages.mark(_part(answer.body, listed))
        return page

    def _around(self, answer: Answer, place: tuple[int, int]) -> Mapping[str, str | None] | None:
        """What a page says besides its records: read with one made-up record in their place, and only if that is where records are read from."""
        start, stop = place
        try:
            value = self._decoder.decode(answer.body[:start] + _STAND_IN + answer.body[stop:])
            listed = self._shape.getters[self._records](value) if self._shape and self._records else value
            return self._said(value, answer.headers) if listed is not None and [*map(bytes, listed)] == [_STAND_IN] else None
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, BadAnswer):
            return None  # whoever reads it whole says what is wrong with it

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


class Frame:
    """Guesses where in a page the list of records begins and ends, without reading it: behind the first mention of its name, and before as many brackets as closed the last page."""

    def __init__(self, name: str | None) -> None:
        opening = rb"\s*\[\s*" if name is None else re.escape(msgspec.json.encode(name)) + rb"\s*:\s*\[\s*"
        self._opening = re.compile(opening)
        self._brackets = 1

    def find(self, body: bytes) -> tuple[int, int] | None:
        """The first byte of the first record and the end of the last, if the page is like the one before."""
        opening = self._opening.search(body)
        if opening is None:
            return None
        stop = len(body)
        for _ in range(self._brackets):
            stop = max(0, body.rfind(b"]", opening.end(), stop))
        while stop > opening.end() and body[stop - 1] in b" \t\r\n":
            stop -= 1
        return (opening.end(), stop) if stop > opening.end() else None

    def learn(self, body: bytes, place: tuple[int, int]) -> tuple[int, int] | None:
        """Take this page, whose records are there, for the pattern; where it would be looked for now."""
        self._brackets = max(1, min(body.count(b"]", place[1]), _MAX_BRACKETS))
        return self.find(body)


def _part(body: bytes, place: tuple[int, int]) -> memoryview:
    return memoryview(body)[place[0] : place[1]]


def _place(body: bytes, raws: Sequence[bytes | msgspec.Raw]) -> tuple[int, int]:
    """Where in a page its records are: the first byte of the first and the end of the last, which were cut out of it."""
    base, first, last = (np.frombuffer(one, np.uint8).__array_interface__["data"][0] for one in (body, raws[0], raws[-1]))
    return first - base, last - base + len(memoryview(raws[-1]))


def same_places(original: bytes, mended: bytes, raws: Iterable[msgspec.Raw]) -> list[bytes]:
    """The exact bytes of what was decoded from the mended form of a text."""
    base = np.frombuffer(mended, np.uint8).__array_interface__["data"][0]
    cut = []
    for raw in raws:
        at = np.frombuffer(raw, np.uint8).__array_interface__["data"][0] - base
        cut.append(original[at : at + len(memoryview(raw))])
    return cut


def _decoded(raw: msgspec.Raw, kind: Any) -> Any:
    try:
        return from_json(raw, kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadAnswer(Reason.MISSING_RECORDS, "the answer is not an object") from None


def _text(raw: bytes) -> str | None:
    """A scalar as text: a string's content, a number or truth value as written, None for null. Raises BadAnswer for anything else."""
    if raw == b"null":
        return None
    if raw[:1] == b'"':
        try:
            return from_json(raw, str)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise BadAnswer(Reason.BAD_TOKEN, "a page token is not text") from None
    if raw[:1] in b"[{":
        raise BadAnswer(Reason.BAD_TOKEN, "what should be a page token, a link or a count is a list or an object")
    return raw.decode("ascii", "replace")
