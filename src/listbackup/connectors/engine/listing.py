"""A listing: the pages of one stream as asked for with certain values, one after the other or side by side, always in order."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from listbackup.base.decode import from_json
from listbackup.connectors.engine.facts import EndAnswer, Param, StreamFacts
from listbackup.connectors.engine.faults import BadAnswer, Reason
from listbackup.connectors.engine.page import Page, Slicer
from listbackup.connectors.engine.paginators import Call, Paginator, State, paginator, without
from listbackup.connectors.engine.places import find
from listbackup.connectors.engine.recognise import KnownPages
from listbackup.connectors.engine.template import Values, fill, fill_json, fill_path
from listbackup.connectors.engine.transport import Ask, Transport

T = TypeVar("T")
AHEAD_BYTES = 64 * 1024 * 1024
PAST_THE_END = (400, 404, 410, 416, 422)  # what platforms answer to a page behind the last
_FAST_SECONDS = 0.005  # below this latency threads bring nothing
_SURE_SECONDS = 0.05  # of waiting, after which the latest answers tell how fast the platform is


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """What a listing is asked with besides the stream's own facts: a changed-since filter, a window of time, the trash."""

    params: Mapping[str, Param] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    url: str | None = None  # the first page, whole
    expired: Sequence[EndAnswer] = ()  # answers that mean: this cannot be asked any more


class Listing:
    """Fetches pages of one stream. Safe from many threads."""

    def __init__(
        self,
        transport: Transport,
        facts: StreamFacts,
        values: Values,
        error: str | None,
        extra: Extra = Extra(),
        *,
        like: Listing | None = None,  # another listing of the same facts, to share what is made from them
    ) -> None:
        self._transport, self._facts = transport, facts
        self.paging: Paginator = like.paging if like else paginator(facts.paging)
        self._slicer: Slicer = like._slicer if like else Slicer(facts, places_of(facts, self.paging), error)
        self._path = fill_path(facts.path, values)
        self._params: dict[str, Param] = fill_json({**facts.params, **extra.params}, values)
        self._headers = {name: fill(text, values) for name, text in {**facts.headers, **extra.headers}.items()}
        self._body: dict[str, Any] = fill_json({**facts.body, **extra.body}, values)
        self._conditional = any(name.lower() == "if-modified-since" for name in self._headers)
        self._first_url, self._expired = extra.url, extra.expired
        self._ends = tuple({end.status for end in (*facts.end, *extra.expired)})
        self.known: KnownPages | None = None

    def fetch(self, state: State) -> Page:
        """The page of this state. Raises PlatformError, BadAnswer, Interrupted."""
        ask = self._ask(state)
        return self._transport.patiently(lambda: self._cut(self._transport.ask_once(ask), state))

    def _ask(self, state: State) -> Ask:
        call = Call(params=dict(self._params), body=dict(self._body))
        self.paging.ask(state, call)
        if self._first_url is not None and state == self.paging.first():
            call.url = self._first_url
        headers = dict(self._headers)
        body = None
        if self._facts.method == "POST":
            body = msgspec.json.encode(call.body)
            headers["Content-Type"] = "application/json"
        params = {} if call.url is not None else call.params
        path = self._path if call.url is None else self._transport.named(call.url, self._path)
        ends = (*self._ends, *PAST_THE_END) if "probe" in state else self._ends
        return Ask(
            path=path, method=self._facts.method, params=params, headers=headers, body=body, conditional=self._conditional, ends=ends
        )

    def _cut(self, answer: Any, state: State) -> Page:
        if answer.status in self._ends and any(_matches(answer, end) for end in self._expired):
            raise TokenRefused
        if "probe" in state and answer.status in PAST_THE_END:
            return Page([], {}, None, answer.headers, answer.received_bytes, state, end=True)
        if answer.status == 304 or (answer.status in self._ends and self._is_end(answer)):
            return Page([], {}, None, answer.headers, answer.received_bytes, state, end=True)
        if answer.status in self._ends:
            raise self._transport.refusal(answer)
        if self.known is not None:
            return self._slicer.recognise(answer, state, self.known)
        return self._slicer.cut(answer, state)

    def _is_end(self, answer: Any) -> bool:
        return any(_matches(answer, end) for end in self._facts.end)

    def kept(self, state: State) -> State:
        """The state as a checkpoint may keep it: without credentials that the platform put into a URL."""
        if "url" not in state:
            return state
        return {"url": without(str(state["url"]), list(self._transport.authority.query()))}


def places_of(facts: StreamFacts, paging: Paginator) -> Sequence[str]:
    """What a page is asked for besides its records and the total."""
    return [*paging.places, *([facts.sync.token] if facts.sync is not None else [])]


class TokenRefused(BadAnswer):
    """The platform does not tell any more what changed since the token was given."""

    def __init__(self) -> None:
        super().__init__(Reason.REFUSED, "the platform does not accept the sync token any more", again=False)


def _matches(answer: Any, end: EndAnswer) -> bool:
    if end.status != answer.status:
        return False
    if end.code is None:
        return True
    try:
        raw = find(answer.body, end.at)
        return raw is not None and str(from_json(raw, str | int)) == end.code
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False


class Crew:
    """The threads of one session, and the order of what they fetch."""

    def __init__(self, transport: Transport, size: int) -> None:
        self._transport = transport
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="fetch")
        self._latest: deque[float] = deque(maxlen=8)  # how long the latest calls took [s]

    def close(self) -> None:
        """Let nobody start anything more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def timed(self, call: Callable[[], T]) -> T:
        """What ``call`` returns; how long it took decides how many threads are worth their while."""
        began = self._transport.clock.monotonic()
        result = call()
        self._latest.append(self._transport.clock.monotonic() - began)
        return result

    @property
    def width(self) -> int:
        """How many calls to have in flight: one at a time where the platform answers at once, even if not always (a busy machine delays some)."""
        latest = list(self._latest)
        slow = sum(latest) >= _SURE_SECONDS and min(latest) >= _FAST_SECONDS
        return self._transport.limiter.width if slow else 1

    def in_order(self, calls: Iterable[Callable[[], T]], size: Callable[[T], int]) -> Iterator[T]:
        """What the calls return, in their order, with as many in flight as is polite and a bounded number waiting."""
        waiting: deque[Future[T]] = deque()
        source = iter(calls)
        average = 0.0
        try:
            while True:
                width = self.width
                if width == 1 and not waiting:
                    call = next(source, None)
                    if call is None:
                        return
                    yield self.timed(call)
                    continue
                most = max(width, int(min(2 * width, AHEAD_BYTES / max(average, 1.0))))
                while len(waiting) < most and (call := next(source, None)) is not None:
                    waiting.append(self._pool.submit(self.timed, call))
                if not waiting:
                    return
                result = waiting.popleft().result()
                average = max(size(result), average * 0.9)
                yield result
        finally:
            for future in waiting:
                future.cancel()

    def ahead(self, step: Callable[[State], tuple[T, State | None]], state: State, *, depth: int = 3) -> Iterator[tuple[T, State | None]]:
        """A chain of calls in which each names the next: the next is begun before this one's result is asked for."""
        while self.width == 1:
            result, following = self.timed(lambda: step(state))  # noqa: B023  called at once
            yield result, following
            if following is None:
                return
            state = following
        results: queue.Queue[tuple[T, State | None] | BaseException] = queue.Queue(depth)
        stop = threading.Event()
        pump = self._pool.submit(self._pump, step, state, results, stop)
        try:
            while True:
                got = results.get()
                if isinstance(got, BaseException):
                    raise got
                yield got
                if got[1] is None:
                    return
        finally:
            stop.set()
            pump.cancel()

    def _pump(
        self, step: Callable[[State], tuple[T, State | None]], state: State, results: queue.Queue[Any], stop: threading.Event
    ) -> None:
        try:
            here: State | None = state
            while here is not None and not stop.is_set():
                at = here
                result, here = self.timed(lambda: step(at))  # noqa: B023  called at once
                _offer(results, (result, here), stop)
        except BaseException as error:  # noqa: BLE001  raised again by whoever iterates
            _offer(results, error, stop)


def _offer(results: queue.Queue[Any], result: Any, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            results.put(result, timeout=0.1)
        except queue.Full:
            continue
        return


def pages(listing: Listing, crew: Crew, state: State) -> Iterator[tuple[Page, State | None]]:
    """The pages from this state on, each with the state of the next (None after the last). Raises BadAnswer on a loop."""
    seen: set[int] = set()
    paging = listing.paging

    def step(state: State) -> tuple[Page, State | None]:
        page = listing.fetch(state)
        return page, paging.after(page)

    here = state
    while True:
        page, following = crew.timed(lambda: step(here))  # noqa: B023  called at once
        _no_loop(seen, here)
        plan = paging.rest(page) if following is not None else None
        if plan is None:
            yield page, following
            if following is None:
                return
            for later, after in crew.ahead(step, following):
                _no_loop(seen, later.at)
                yield later, after
            return
        yield page, following
        onward = yield from _side_by_side(listing, crew, plan, page)
        if onward is None:
            return
        here = onward


def _side_by_side(
    listing: Listing, crew: Crew, plan: Iterator[State], last: Page
) -> Generator[tuple[Page, State | None], None, State | None]:
    """The planned pages in order; then where to go on if the listing has grown meanwhile."""
    states = list(plan)
    calls = ((lambda state=state: listing.fetch(state)) for state in states)
    for number, page in enumerate(crew.in_order(calls, lambda page: page.received_bytes)):
        following = states[number + 1] if number + 1 < len(states) else listing.paging.after(page)
        if page.end:
            following = None
        yield page, following
        if following is None:
            return None
        last = page
    return listing.paging.after(last)


def _no_loop(seen: set[int], state: State) -> None:
    mark = hash(msgspec.json.encode(state))
    if mark in seen:
        raise BadAnswer(Reason.PAGE_LOOP, "the platform names a page as the next that came before", again=False)
    seen.add(mark)
