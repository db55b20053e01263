"""How a reading goes from page to page. A page state is JSON and holds no secret; it is what a checkpoint remembers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, assert_never
from urllib.parse import parse_qsl, urlencode

import msgspec

from listbackup.base.decode import from_json
from listbackup.connectors.engine.facts import Param
from listbackup.connectors.engine.facts_paging import Cursor, Keyset, LinkHeader, NextUrl, NoPaging, Offset, PageNumber, Paging
from listbackup.connectors.engine.faults import BadAnswer, Reason
from listbackup.connectors.engine.page import Page
from listbackup.connectors.engine.places import find
from listbackup.connectors.engine.record import Json

State = Mapping[str, Json]


@dataclass(slots=True)
class Call:
    """The request for a page, as the paginator leaves it: params and JSON body, or the whole URL."""

    params: dict[str, Param] = field(default_factory=dict)
    body: dict[str, object] = field(default_factory=dict)
    url: str | None = None  # relative or absolute; replaces path and params

    def put(self, where: str, name: str, value: Param) -> None:
        """Set a param in the query, or at a dotted path of the body."""
        if where == "query":
            self.params[name] = value
            return
        *steps, last = name.split(".")
        tree = self.body
        for step in steps:
            below = tree.get(step)
            tree[step] = tree = dict(below) if isinstance(below, Mapping) else {}
        tree[last] = value


class Paginator(Protocol):
    """Goes from page to page."""

    @property
    def places(self) -> Sequence[str]:
        """What must be known of an answer besides its records and total."""
        ...

    @property
    def positions(self) -> bool:
        """Pages are cut by position: a record that goes away meanwhile shifts the others, and one may be missed."""
        ...

    def first(self) -> State:
        """The state of the first page."""
        ...

    def ask(self, state: State, call: Call) -> None:
        """Add to the request what makes it the request for this page."""
        ...

    def after(self, page: Page) -> State | None:
        """The next page's state; None: this was the last. Raises BadAnswer when the answer leaves that open."""
        ...

    def rest(self, page: Page) -> Iterator[State] | None:
        """All further states, if they are known from this page, so that they can be fetched side by side."""
        ...


class OnePage:
    """Everything in one answer."""

    places: Sequence[str] = ()
    positions = False

    def first(self) -> State:
        """The only page."""
        return {}

    def ask(self, state: State, call: Call) -> None:
        """Nothing to add."""

    def after(self, page: Page) -> State | None:
        """No other page."""
        return None

    def rest(self, page: Page) -> Iterator[State] | None:
        """No other page."""
        return None


class Numbered:
    """By page number or by offset."""

    positions = True

    def __init__(self, facts: PageNumber | Offset) -> None:
        self._facts = facts
        self._pages = facts.pages if isinstance(facts, PageNumber) else None
        self._by_page = isinstance(facts, PageNumber)
        self.places: Sequence[str] = [place for place in (self._pages, facts.more) if place]

    def first(self) -> State:
        """Page 1, or the first offset."""
        return {"n": self._facts.first}

    def ask(self, state: State, call: Call) -> None:
        """Number and size."""
        facts = self._facts
        call.put(facts.where, facts.param, _int(state, "n"))
        if facts.size_param:
            call.put(facts.where, facts.size_param, facts.size)

    def after(self, page: Page) -> State | None:
        """The next number, until the platform's count is reached or a page is empty."""
        number, got = _int(page.at, "n"), len(page.raws)
        following: State = {"n": number + 1} if self._by_page else {"n": number + got}
        if page.end:
            return None
        more = _truth(page, self._facts.more)
        if more is not None:
            return following if more else None
        last = self._last(page)
        if last is not None:
            if _int(following, "n") <= last and (got or self._by_page):
                return following
            return {**following, "probe": True} if self._is_full(page) else None
        return following if got else None

    def rest(self, page: Page) -> Iterator[State] | None:
        """Every number up to the platform's count; offsets advance by what the first page really held."""
        last = self._last(page)
        if last is None or not page.raws:
            return None
        step = 1 if self._by_page else len(page.raws)
        return self._planned(range(_int(page.at, "n") + step, last + 1, step), page)

    def _planned(self, numbers: range, page: Page) -> Iterator[State]:
        yield from ({"n": number} for number in numbers)
        if numbers and page.total is not None and page.total % self._facts.size == 0 and len(page.raws) == self._facts.size:
            yield {"n": numbers[-1] + numbers.step, "probe": True}

    def _is_full(self, page: Page) -> bool:
        """A total that is too low by whole pages shows nowhere but behind the last full page: so that one is asked for once more."""
        return len(page.raws) == self._facts.size and "probe" not in page.at

    def _last(self, page: Page) -> int | None:
        """The last number that holds records."""
        pages = _count(page, self._pages)
        if pages is not None:
            return self._facts.first + pages - 1
        if page.total is None:
            return None
        if not self._by_page:
            return self._facts.first + page.total - 1
        size, index = self._facts.size, _int(page.at, "n") - self._facts.first
        if 0 < len(page.raws) < size and index * size + len(page.raws) < page.total:
            size = len(page.raws)  # the platform gives smaller pages than asked for, and counts in those
        return self._facts.first + -(-page.total // size) - 1


class Chained:
    """Each page names the next: by token, by URL, by ``Link`` header."""

    positions = False

    def __init__(self, facts: Cursor | NextUrl | LinkHeader) -> None:
        self._facts = facts
        self._place = facts.token if isinstance(facts, Cursor) else facts.url if isinstance(facts, NextUrl) else "header:link"
        self._more = facts.more if isinstance(facts, Cursor) else None
        self.places: Sequence[str] = [self._place, *([self._more] if self._more else [])]

    def first(self) -> State:
        """No token yet."""
        return {}

    def ask(self, state: State, call: Call) -> None:
        """The token, or the URL that was named."""
        facts = self._facts
        if isinstance(facts, Cursor):
            if facts.size_param:
                call.put(facts.where, facts.size_param, facts.size)
            if "token" in state:
                call.put(facts.where, facts.param, str(state["token"]))
        elif "url" in state:
            call.url = str(state["url"])
        elif facts.size_param:
            call.params[facts.size_param] = facts.size

    def after(self, page: Page) -> State | None:
        """The named page. Raises BadAnswer when an empty page names another, or when the name is left out and must not be."""
        if page.end:
            return None
        token = self._named(page)
        if not token or _truth(page, self._more) is False:
            return None
        return {"token": token} if isinstance(self._facts, Cursor) else {"url": token}

    def rest(self, page: Page) -> Iterator[State] | None:
        """Not known."""
        return None

    def _named(self, page: Page) -> str | None:
        if isinstance(self._facts, LinkHeader):
            return link(page.said.get("header:link") or "", self._facts.rel)
        if self._place in page.said:
            return page.said[self._place]
        if self._facts.left_out_at_end or self._place.startswith("header:") or _truth(page, self._more) is False:
            return None
        raise BadAnswer(
            Reason.NO_TERMINATOR,
            f"the answer does not say whether there is another page: nothing at {self._place!r}",
            hint="if this API leaves it out on the last page, say left_out_at_end: true",
        )


class Following:
    """Sorted by a field: what comes after the last value."""

    positions = False

    def __init__(self, facts: Keyset) -> None:
        self._facts = facts
        self.places: Sequence[str] = [facts.more] if facts.more else []

    def first(self) -> State:
        """From the beginning."""
        return {}

    def ask(self, state: State, call: Call) -> None:
        """Sort order, size, and the last value."""
        facts = self._facts
        call.params.update(facts.params)
        if facts.size_param:
            call.put(facts.where, facts.size_param, facts.size)
        if "after" in state:
            after = state["after"]
            call.put(facts.where, facts.param, after if isinstance(after, int | float) else str(after))

    def after(self, page: Page) -> State | None:
        """The last record's value. Raises BadAnswer if it has none."""
        if page.end or not page.raws or _truth(page, self._facts.more) is False:
            return None
        source = page.raws if page.mended is None else page.mended
        try:
            raw = find(source[-1], self._facts.field)
            value = from_json(raw, str | int) if raw is not None else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            value = None
        if value is None:
            raise BadAnswer(Reason.MISSING_KEY, f"the last record of a page has no usable {self._facts.field!r} to go on from")
        return {"after": value}

    def rest(self, page: Page) -> Iterator[State] | None:
        """Not known."""
        return None


def paginator(facts: Paging) -> Paginator:
    """The paginator of these facts."""
    match facts:
        case NoPaging():
            return OnePage()
        case PageNumber() | Offset():
            return Numbered(facts)
        case Cursor() | NextUrl() | LinkHeader():
            return Chained(facts)
        case Keyset():
            return Following(facts)
    assert_never(facts)


def link(header: str, rel: str) -> str | None:
    """The URL of the link with this relation in a ``Link`` header (RFC 8288), or None."""
    rest = header
    while (start := rest.find("<")) >= 0:
        end = rest.find(">", start)
        if end < 0:
            return None
        url, rest = rest[start + 1 : end].strip(), rest[end + 1 :]
        params = rest[: rest.find("<")] if "<" in rest else rest
        for param in params.split(";"):
            name, _, value = param.partition("=")
            if name.strip().lower() == "rel" and rel.lower() in value.strip(" ,\t").strip('"').lower().split():
                return url or None
    return None


def without(url: str, names: Sequence[str]) -> str:
    """A path and query without these parameters: what credentials in the query leave behind must not reach a checkpoint."""
    path, mark, query = url.partition("?")
    if not mark or not names:
        return url
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in names]
    return f"{path}?{urlencode(kept)}" if kept else path


def _int(state: State, name: str) -> int:
    value = state.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadAnswer(Reason.BAD_TOKEN, "a checkpoint names no page", again=False)
    return value


def _truth(page: Page, place: str | None) -> bool | None:
    if place is None or place not in page.said:
        return None
    text = page.said[place]
    return text is not None and text.strip().lower() not in ("", "false", "0", "no", "n", "null")


def _count(page: Page, place: str | None) -> int | None:
    text = page.said.get(place) if place else None
    try:
        return min(int(text), 10**9) if text is not None else None
    except ValueError:
        return None
