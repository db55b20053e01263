"""The simulated CRM behind its HTTP API, with the controls that a test or a demonstration needs."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from email.utils import format_datetime

from listbackup.base.clock import Clock, SystemClock, from_unix_ms, parse_iso, unix_ms
from listbackup.base.decode import from_json, from_plain
from listbackup.testing.saas.invent import stamp
from listbackup.testing.saas.liar import Liar
from listbackup.testing.saas.limits import DailyQuota, Limiter
from listbackup.testing.saas.listing import Asked, BadQuery, Listed, Listings, from_cursor, to_cursor
from listbackup.testing.saas.oauth import SignInPage
from listbackup.testing.saas.options import Options
from listbackup.testing.saas.rows import State
from listbackup.testing.saas.tokens import TokenExpired, changes, of_company
from listbackup.testing.saas.wire import Request, Response, WireServer
from listbackup.testing.saas.world import World
from listbackup.testing.saas.writes import Refused, Writes, answer

SMALL = 1024  # bodies below this many bytes are not worth compressing


class Saas:
    """One simulated platform, listening. ``world`` is the truth, ``liar.told`` the lies told so far."""

    def __init__(self, options: Options, *, port: int = 0, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.world = World(options.records, options.seed)
        self.token = "tok_" + hashlib.sha256(f"crm/{options.seed}".encode()).hexdigest()[:32]
        self.sign_in = SignInPage(self._clock, options.seed)
        self._listings = Listings(self.world, options.max_page_size)
        self._writes = Writes(self.world, keeps_ids=options.keeps_ids)
        self._counting = threading.Lock()
        self.oldest_token_ms = 0  # sync tokens from before are refused
        self._old: dict[Asked, Listed] = {}
        self._http = WireServer(self._answer, port)
        self.behave(options)

    def behave(self, options: Options) -> None:
        """From now on behave like this; the data stays."""
        self.options = options
        self.calls: Counter[str] = Counter()  # answers under /v1 by path pattern
        self._limiter = Limiter(self._clock, options.rate_per_second, options.burst)
        self.quota = DailyQuota(self._clock, options.daily_calls, tells=options.tells_quota)
        self.liar = Liar(options, self.world, self._listings.page, self._old)

    @property
    def base_url(self) -> str:
        """Where the API lives: ``http://127.0.0.1:PORT``."""
        return self._http.url

    @property
    def limiter(self) -> Limiter:
        """The ledger of refused calls."""
        return self._limiter

    def start(self) -> None:
        """Begin to answer."""
        self._http.start()

    def stop(self) -> None:
        """Stop answering."""
        self._http.stop()

    def pass_day(self) -> None:
        """Let a simulated day pass."""
        self.world.pass_day()

    # dispatch -------------------------------------------------------------------------------------------------------

    def _answer(self, request: Request) -> Response:
        try:
            if request.path.startswith("/oauth/"):
                return self.sign_in.answer(request, self.base_url)
            if request.path.startswith("/simulate/"):
                self._authorise(request)
                return self._control(request)
            return self._pack(request, self._api(request))
        except Refused as refused:
            return answer(refused.status, {"error": {"code": refused.status, "message": refused.message}})
        except BadQuery as error:
            return answer(400, {"error": {"code": "bad_query", "message": str(error)}})

    def _authorise(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or (token != self.token and not self.sign_in.accepts(token)):
            raise Refused(401, "the token is not valid")

    def _api(self, request: Request) -> Response:
        if self.options.latency_seconds:
            self._clock.sleep(self.options.latency_seconds)
        wait = self.quota.refuse() or self._limiter.refuse()
        if wait is not None:
            refusal = answer(429, {"error": {"code": "rate_limited", "message": "too many calls"}}, self._limiter.headers())
            refusal.headers["Retry-After"] = str(wait)
            return refusal
        self._authorise(request)
        response = self._route(request)
        if response.wire is None:
            response.headers |= self._limiter.headers() | self.quota.headers() | {"Date": self._date()}
        return response

    def _date(self) -> str:
        """Simulated time, in whole seconds as HTTP writes it."""
        return format_datetime(from_unix_ms(self.world.now_ms), usegmt=True)

    def _route(self, request: Request) -> Response:
        version, *parts = request.path.strip("/").split("/")
        if version != "v1" or not parts:
            raise Refused(404, "no such path")
        with self._counting:
            self.calls[f"{request.method} {parts[0]}{'/' * (len(parts) - 1)}"] += 1
        method, stream = request.method, parts[0]
        if stream in self.options.forbidden:
            raise Refused(403, f"this token may not see {stream}")
        if stream == "me":
            return answer(200, {"account": {"id": f"crm-{self.options.seed}", "name": "Demo CRM"}, "now": stamp(self.world.now_ms)})
        if stream == "deletions":
            return self._deletions(request)
        if stream == "changes" and len(parts) == 2 and parts[1] in self.world.rows:
            return self._changes(parts[1], request)
        if stream not in self.world.rows:
            raise Refused(404, "no such path")
        match method, parts[1:]:
            case "GET", []:
                return self._list(stream, request, None)
            case "POST", []:
                return self._writes.create(stream, request.body, request.headers.get("idempotency-key"))
            case "GET", [id_]:
                return self._one(stream, id_)
            case "PUT", [id_]:
                return self._writes.replace(stream, id_, request.body, request.headers.get("if-match"))
            case "DELETE", [id_]:
                return self._writes.delete(stream, id_)
            case "GET", [id_, "contacts"] if stream == "companies":
                self._row("companies", id_)
                return answer(200, {"data": of_company(self.world, _number(id_))})
            case "GET", [id_, "notes"] if stream == "contacts":
                return self._list("notes", request, self._row("contacts", id_))
            case "POST", [id_, "restore"] if stream == "deals":
                return self._writes.undelete(id_)
            case "GET", [id_, "content"] if stream == "documents":
                return self._content(id_)
            case "PUT", [id_, "content"] if stream == "documents":
                return self._writes.upload(id_, request.body)
        raise Refused(405, "not this way")

    # reading --------------------------------------------------------------------------------------------------------

    def _list(self, stream: str, request: Request, contact: int | None) -> Response:
        asked = self._listings.ask(stream, dict(request.query), contact)
        listed, lie = self.liar.page(asked)
        if not listed.host:
            listed.host = self.base_url
        return self.liar.response(answer(200, self.liar.body(listed, lie)), lie)

    def _row(self, stream: str, id_: str) -> int:
        row = self.world.row_of(stream, id_)
        if row is None or self.world.rows[stream].state(row) is State.ABSENT:
            raise Refused(404, f"no such record in {stream}")
        return row

    def _one(self, stream: str, id_: str) -> Response:
        with self.world.lock:
            return self._writes.shown(stream, self._row(stream, id_), 200)

    def _content(self, id_: str) -> Response:
        with self.world.lock:
            row = self._row("documents", id_)
            content, etag = self.world.file_content(row), self._writes.etag("documents", row)
        return Response(body=content, headers={"Content-Type": "application/octet-stream", "ETag": etag})

    def _changes(self, stream: str, request: Request) -> Response:
        query = request.query
        try:
            start, size = int(query.get("page_token") or 0), min(int(query.get("limit") or 100), self.options.max_page_size)
            told = changes(self.world, stream, query.get("sync_token"), start, size, oldest_ms=self.oldest_token_ms)
        except ValueError as error:
            raise BadQuery(str(error)) from error
        except TokenExpired:
            return answer(410, {"error": {"code": "token_expired", "message": "list everything"}})
        return answer(200, told)

    def _deletions(self, request: Request) -> Response:
        if request.query.get("object", "contacts") != "contacts":
            raise Refused(404, "only contacts have a deletions feed")
        try:
            since = unix_ms(parse_iso(request.query["since"])) if request.query.get("since") else 0
            start = from_cursor(request.query["cursor"])[1] if request.query.get("cursor") else 0
            size = min(int(request.query.get("limit") or 100), self.options.max_page_size)
        except ValueError as error:
            raise BadQuery(str(error)) from error
        with self.world.lock:
            gone = sorted((ms, row) for row, ms in self.world.rows["contacts"].deleted_ms.items() if ms >= since)
        page = [{"id": self.world.id_of("contacts", row), "object": "contact", "deleted_at": stamp(ms)} for ms, row in gone]
        end = start + size
        following = to_cursor((0, end)) if end < len(page) else None
        return answer(200, {"data": page[start:end], "next_cursor": following, "total": len(page)})

    def _pack(self, request: Request, response: Response) -> Response:
        accepted = self.options.gzip and "gzip" in request.headers.get("accept-encoding", "")
        if not accepted or response.wire is not None or len(response.body) < SMALL or response.status != 200:
            return response
        packed = gzip.compress(response.body, 1, mtime=0)
        return replace(response, body=packed, headers={**response.headers, "Content-Encoding": "gzip"})

    # control --------------------------------------------------------------------------------------------------------

    def _control(self, request: Request) -> Response:
        what = request.path.removeprefix("/simulate/")
        if what == "day" and request.method == "POST":
            asked = from_json(request.body, dict[str, float]) if request.body else {}
            days = int(asked.pop("days", 1))
            reports = [self.world.pass_day(**asked) for _ in range(days)]
            return answer(200, {"days": reports, "counts": self.world.counts()})
        if what == "behave" and request.method == "POST":
            self.behave(self._options_with(request.body))
            return answer(200, {"ok": True})
        if what == "ledger":
            return answer(200, self._ledger())
        if what.startswith("truth/") and what[6:] in self.world.rows:
            return Response(body=b"\n".join(self.world.truth(what[6:]).values()) + b"\n", headers={"Content-Type": "application/x-ndjson"})
        raise Refused(404, "no such control")

    def _options_with(self, body: bytes) -> Options:
        now = {name.name: getattr(self.options, name.name) for name in fields(Options)}
        asked = from_json(body, dict[str, object])
        if not asked.keys() <= now.keys():
            raise BadQuery(f"unknown: {', '.join(sorted(asked.keys() - now.keys()))}")
        return from_plain({**now, **asked}, Options)

    def _ledger(self) -> dict[str, object]:
        return {
            "now": stamp(self.world.now_ms),
            "day": self.world.day,
            "counts": self.world.counts(),
            "calls": dict(self.calls),
            "refused": self._limiter.refused,
            "inside_retry_after": self._limiter.inside_window,
            "lies_told": [str(lie) for lie in self.liar.told],
        }


@contextmanager
def serve(options: Options, *, clock: Clock | None = None) -> Iterator[Saas]:
    """A simulated platform for the length of a ``with`` block."""
    saas = Saas(options, clock=clock)
    saas.start()
    try:
        yield saas
    finally:
        saas.stop()


def _number(id_: str) -> str | int:
    return int(id_) if id_.isdigit() else id_
