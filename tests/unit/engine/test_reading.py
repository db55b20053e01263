"""Reading a stream: interrupted anywhere and resumed it is the same, it stops when told, it tells no secret, and its cursor is never too late."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import msgspec
import pytest

from listbackup.base.errors import Interrupted, PlatformError, PlatformFault
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import Credentials, Ground, Mode
from listbackup.connectors.engine.facts import Api, AttachmentFacts, Changed, OneRecord, Parent, Restore, Slices, StreamFacts, Write
from listbackup.connectors.engine.facts_auth import ApiKey, Auth, Bearer, NoAuth
from listbackup.connectors.engine.facts_paging import Cursor, LinkHeader, NextUrl, Offset, PageNumber
from listbackup.connectors.engine.record import Batch, Json, Outcome
from listbackup.connectors.engine.session import ApiSession, FactsConnector
from listbackup.testing.clock import EPOCH, ManualClock
from listbackup.testing.liar import KINDS, LyingApi
from listbackup.testing.patience import until
from listbackup.testing.saas.lies import Lie
from listbackup.testing.saas.wire import Request, Response, WireServer

Answer = Callable[[Request], object]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    def wire(request: Request) -> Response:
        told = answer(request)
        return told if isinstance(told, Response) else Response(body=json.dumps(told).encode())

    server = WireServer(wire)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


def session(
    url: str, *streams: StreamFacts, auth: Auth = NoAuth(), concurrency: int = 4, clock: ManualClock | None = None, **more: object
) -> ApiSession:
    api = Api(platform="test", base_url=url, streams=streams, auth=auth)
    credentials = Credentials(values={}, secrets={"token": Secret("canary-7f3a"), "api_key": Secret("canary-7f3a")})
    ground = Ground(clock=clock or ManualClock(), allow_loopback=True, concurrency=concurrency, **more)  # type: ignore[arg-type]
    return FactsConnector(api=api).open(credentials, ground)


def some(
    open_one: ApiSession, stream: str, *, resume: object = None, stop_after: int | None = None, **more: object
) -> tuple[list[Batch], Outcome | None]:
    """Batches up to an interruption, as a checkpoint would hand ``resume`` on: through JSON."""
    reading = open_one.read(stream, more.pop("mode", Mode.FULL), resume=msgspec.json.decode(msgspec.json.encode(resume)), **more)  # type: ignore[arg-type]
    batches: list[Batch] = []
    for batch in reading:
        batches.append(batch)
        if len(batches) == stop_after:
            reading.close()
            return batches, None
    return batches, reading.outcome


def records(batches: list[Batch]) -> dict[object, bytes]:
    return {key: raw for batch in batches for key, raw in zip(batch.keys, batch.raws, strict=True)}


def in_pieces(open_one: ApiSession, stream: str) -> tuple[dict[object, bytes], Outcome, int]:
    """Interrupted after every single batch."""
    got: dict[object, bytes] = {}
    resume: object = None
    for number in range(1000):
        batches, outcome = some(open_one, stream, resume=resume, stop_after=1)
        got |= records(batches)
        if outcome is not None:
            return got, outcome, number
        resume = batches[-1].resume
    raise AssertionError("it never ends")


@pytest.mark.parametrize("kind", KINDS)
def test_interrupted_after_every_page_it_reads_the_same(kind: str) -> None:
    for count in (0, 7, 8, 30):
        api = LyingApi(kind, None, seed=1, records=count)
        with serving(api.answer) as url:
            one = session(url, api.facts())
            got, outcome, _ = in_pieces(one, "rows")
            one.close()
        assert ({key[0]: raw for key, raw in got.items()}, outcome.complete) == (api.truth, True), count  # type: ignore[index]


@pytest.mark.parametrize("lie", [Lie.ITEM_TWICE, Lie.TOTAL_ABOVE, Lie.SCHEMA_DRIFT, Lie.ITEM_SKIPPED])
def test_what_was_wrong_before_an_interruption_is_still_wrong_after_it(lie: Lie) -> None:
    for kind in ("page", "offset", "cursor"):
        api = LyingApi(kind, lie, seed=3, records=40, on=0 if lie is Lie.TOTAL_ABOVE else 1)
        with serving(api.answer) as url:
            one = session(url, api.facts())
            _, outcome, _ = in_pieces(one, "rows")
            one.close()
        assert api.told
        assert not outcome.complete, kind


@pytest.mark.parametrize(("key_as", "kept"), [("same", 12), ("text", 11), ("mixed", 12)])
def test_a_stream_whose_keys_are_now_numbers_now_text_is_whole_once_it_is_said_what_that_means(key_as: str, kept: int) -> None:
    listed: list[dict[str, object]] = [*({"id": number} for number in range(1, 9)), {"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": "8"}]

    def answer(request: Request) -> object:
        page = int(request.query["page"])
        return {"data": listed[(page - 1) * 3 : page * 3], "total": kept}

    stream = StreamFacts(name="rows", path="/rows", records="data", total="total", paging=PageNumber(size=3), key_as=key_as, repeats=True)  # type: ignore[arg-type]
    with serving(answer) as url:
        one = session(url, stream)
        batches, outcome = some(one, "rows")
        got, again, _ = in_pieces(one, "rows")
        one.close()
    assert outcome is not None
    assert len(records(batches)) == len(got) == kept  # nothing is lost, whatever it is called
    assert outcome.complete == again.complete == (key_as != "same")
    assert [problem.reason for problem in outcome.problems] == ([] if outcome.complete else ["schema_drift"])  # once, of two pages


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Response(body=b"<html>a page for people</html>"), "is a web page, not JSON"),
        (Response(body=b""), "is empty"),
        (Response(status=404), "has nothing here"),
        (Response(body=b'{"rows":[{"id":1},'), "is not JSON"),
        (Response(body=b'{"error":1}'), "has no list at 'rows'"),
        (Response(body=b'{"rows":[]}'), None),
        (Response(body=b'{"rows":[{"id":1}]}'), None),
        (Response(status=403), None),
    ],
)
def test_an_address_that_does_not_answer_with_the_first_stream_is_noticed_when_it_is_tried(answer: Response, told: str | None) -> None:
    with serving(lambda _: answer) as url:
        one = session(url, StreamFacts(name="rows", path="/rows", records="rows"))
        if told is None:
            assert one.test().name == "127.0.0.1"
        else:
            with pytest.raises(PlatformError, match=told) as raised:
                one.test()
            assert raised.value.fault is PlatformFault.BAD_ANSWER
            assert raised.value.hint
        one.close()


def tree(request: Request, parents: int, children: int) -> object:
    """Parents in pages of five, each with its own number of children in pages of three."""
    if request.path == "/parents":
        page = int(request.query["page"])
        listed = [{"id": number, "kids": number % children} for number in range(parents)]
        return {"data": listed[(page - 1) * 5 : page * 5], "total": parents}
    number, start = int(request.path.split("/")[2]), int(request.query.get("offset", "0"))
    listed = [{"id": kid, "of": number} for kid in range(number % children)]
    return {"data": listed[start : start + 3], "total": len(listed)}


PARENTS = StreamFacts(
    name="parents", path="/parents", records="data", total="total", paging=PageNumber(size=5), one=OneRecord(path="/parents/{id}")
)
KIDS = StreamFacts(
    name="kids",
    path="/parents/{parent}/kids",
    records="data",
    total="total",
    key=("parent.parent", "id"),
    paging=Offset(size=3),
    parent=Parent(stream="parents", fields={"parent": "id"}, count="kids"),
)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_children_interrupted_anywhere_are_all_read(concurrency: int) -> None:
    with serving(lambda request: tree(request, 23, 40)) as url:
        one = session(url, PARENTS, KIDS, concurrency=concurrency)
        whole, outcome = some(one, "kids")
        got, last, pieces = in_pieces(one, "kids")
        one.close()
    expected = {(number, kid) for number in range(23) for kid in range(number % 40)}
    assert set(records(whole)) == set(got) == expected
    assert outcome is not None
    assert (outcome.complete, last.complete) == (True, True)
    assert pieces >= 1


def test_a_parent_whose_children_are_forbidden_makes_the_stream_partial_and_the_others_are_read() -> None:
    def answer(request: Request) -> object:
        if request.path == "/parents/3/kids":
            return Response(status=403)
        return tree(request, 10, 5)

    with serving(answer) as url:
        one = session(url, PARENTS, KIDS)
        batches, outcome = some(one, "kids")
        one.close()
    assert outcome is not None
    assert not outcome.complete
    assert [(problem.reason, problem.key) for problem in outcome.problems] == [("forbidden", "3")]
    assert {key[0] for key in records(batches)} == {1, 2, 4, 6, 7, 8, 9}  # type: ignore[index]


def test_a_listing_of_children_that_is_empty_though_the_parent_counts_some_is_not_complete() -> None:
    def answer(request: Request) -> object:
        if request.path == "/parents/4":
            return {"id": 4, "kids": 4}
        return {"data": [], "total": 0} if request.path == "/parents/4/kids" else tree(request, 10, 5)

    with serving(answer) as url:
        one = session(url, PARENTS, KIDS)
        _, outcome = some(one, "kids")
        one.close()
    assert outcome is not None
    assert [problem.reason for problem in outcome.problems] == ["child_count_mismatch"]


def test_windows_of_time_are_read_side_by_side_and_resumed() -> None:
    rows = [{"id": day, "at": f"2025-{1 + day // 28:02}-{1 + day % 28:02}"} for day in range(330)]

    def answer(request: Request) -> object:
        listed = [row for row in rows if request.query["from"] <= str(row["at"]) < request.query["to"]]
        after = int(request.query.get("cursor", "0"))
        end = after + 10
        return {"data": listed[after:end], "next": str(end) if end < len(listed) else None}

    stream = StreamFacts(
        name="rows",
        path="/rows",
        records="data",
        paging=Cursor(token="next", param="cursor"),
        slices=Slices(start="2025-01-01", days=30, params={"from": "{since}", "to": "{until}"}, format="date"),
    )
    with serving(answer) as url:
        one = session(url, stream)
        whole, outcome = some(one, "rows")
        got, last, _ = in_pieces(one, "rows")
        one.close()
    assert len(records(whole)) == len(got) == 330
    assert outcome is not None
    assert (outcome.complete, last.complete) == (True, True)


def test_the_next_page_is_asked_for_before_the_last_one_is_taken() -> None:
    asked: list[str] = []

    def answer(request: Request) -> object:
        asked.append(request.query.get("cursor", "0"))
        time.sleep(0.02)
        number = int(asked[-1])
        return {"data": [{"id": number}], "next": str(number + 1) if number < 9 else None}

    with serving(answer) as url:
        one = session(url, StreamFacts(name="rows", path="/", records="data", paging=Cursor(token="next", param="cursor")), clock=Ticking())
        batches = iter(one.read("rows", Mode.FULL))
        next(batches)
        next(batches)
        time.sleep(0.2)
        assert len(asked) > 3  # further ones lie ready
        assert len(asked) < 9  # but not without bound
        one.close()


class Ticking(ManualClock):
    """A clock on which every look takes ten milliseconds, so that every platform seems slow."""

    def monotonic(self) -> float:
        self.advance(timedelta(milliseconds=10))
        return super().monotonic()


def test_closing_ends_the_threads() -> None:
    before = threading.active_count()
    with serving(lambda request: tree(request, 200, 6)) as url:
        one = session(url, PARENTS, KIDS, clock=Ticking())
        batches = iter(one.read("kids", Mode.FULL))
        next(batches)
        one.close()
        until(lambda: [thread for thread in threading.enumerate() if thread.name.startswith("fetch")] == [])
    assert threading.active_count() <= before + 6  # the server's own


def test_asked_to_stop_it_stops_while_it_waits() -> None:
    calls = 0

    def answer(request: Request) -> object:
        nonlocal calls
        calls += 1
        return Response(status=429, headers={"Retry-After": "600"})

    with serving(answer) as url:
        one = session(url, StreamFacts(name="rows", path="/", records=""), should_stop=lambda: calls > 0)
        with pytest.raises(Interrupted):
            some(one, "rows")
        one.close()
    assert calls == 1


def test_a_429_is_waited_for_as_told_and_a_500_is_tried_again() -> None:
    clock = ManualClock()
    answers = [Response(status=429, headers={"Retry-After": "7"}), Response(status=500), Response(status=502), Response(body=b'[{"id":1}]')]
    with serving(lambda request: answers.pop(0)) as url:
        one = session(url, StreamFacts(name="rows", path="/", records=""), clock=clock)
        batches, outcome = some(one, "rows")
        one.close()
    assert list(records(batches)) == [(1,)]
    assert outcome is not None
    assert outcome.complete
    assert clock.monotonic() >= 7


def test_the_same_page_for_ever_is_a_loop() -> None:
    with serving(lambda request: {"data": [{"id": 1}, {"id": 2}]}) as url:
        one = session(url, StreamFacts(name="rows", path="/", records="data", paging=PageNumber(size=2)))
        batches, outcome = some(one, "rows")
        one.close()
    assert outcome is not None
    assert [problem.reason for problem in outcome.problems] == ["page_loop"]
    assert len(batches) == 1


@pytest.mark.parametrize("following", ["/v1/rows?page=2", "?page=2", "rows?page=2", "{url}/v1/rows?page=2"])
@pytest.mark.parametrize("paging", [NextUrl(url="next", left_out_at_end=True), LinkHeader()])
def test_a_next_url_below_a_base_with_a_path_is_followed_however_it_is_written(following: str, paging: NextUrl | LinkHeader) -> None:
    home: list[str] = []

    def answer(request: Request) -> object:
        if not request.path.startswith("/v1/rows"):
            return Response(status=404)
        if "page" in request.query:
            return {"data": [{"id": 2, "file": "/img/2.png"}]}
        link = following.replace("{url}", home[0])
        body = {"data": [{"id": 1, "file": "/img/1.png"}], **({"next": link} if isinstance(paging, NextUrl) else {})}
        return Response(body=json.dumps(body).encode(), headers={} if isinstance(paging, NextUrl) else {"Link": f'<{link}>; rel="next"'})

    with serving(answer) as url:
        home.append(url)
        files = (AttachmentFacts(url="file"),)
        one = session(f"{url}/v1", StreamFacts(name="rows", path="/rows", records="data", paging=paging, attachments=files))
        batches, outcome = some(one, "rows")
        one.close()
    assert outcome is not None
    assert (outcome.complete, list(records(batches))) == (True, [(1,), (2,)])
    assert [ref.url for batch in batches for _, ref in batch.attachments] == [f"{home[0]}/img/{number}.png" for number in (1, 2)]


def test_credentials_never_go_to_another_host_and_what_it_would_answer_is_not_asked() -> None:
    stolen: list[Request] = []
    with serving(lambda request: stolen.append(request)) as other:
        with serving(lambda request: {"data": [{"id": 1}], "next": f"{other}/rows?page=2"}) as url:
            one = session(url, StreamFacts(name="rows", path="/rows", records="data", paging=NextUrl(url="next")), auth=Bearer())
            _, outcome = some(one, "rows")
            one.close()
    assert stolen == []
    assert outcome is not None
    assert [problem.reason for problem in outcome.problems] == ["foreign_host"]


@pytest.mark.parametrize("auth", [Bearer(), ApiKey(name="key", place="query"), ApiKey(name="X-Key")])
def test_no_secret_is_in_an_error_a_problem_a_checkpoint_or_a_log(auth: Auth, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = '{"message": "your token canary-7f3a is not allowed", "headers": {"a": "canary-7f3a"}}'
    told: list[str] = []
    for status in (400, 401, 403, 404, 422, 429, 500, 302, 206):
        with serving(
            lambda request, status=status: Response(status=status, body=echo.encode(), headers={"Location": "/?key=canary-7f3a"})
        ) as url:
            stream = StreamFacts(name="rows", path="/rows", records="data", paging=NextUrl(url="next"), one=OneRecord(path="/rows/{id}"))
            one = session(url, stream, auth=auth)
            for call in (lambda one=one: some(one, "rows"), lambda one=one: one.fetch("rows", (1,)), lambda one=one: one.test()):
                try:
                    told.append(repr(call()))
                except PlatformError as error:
                    told += [repr(error), str(error), str(error.hint), repr(error.__cause__), repr(error.__context__)]
            one.close()
    with serving(
        lambda request: {
            "data": [{"id": len(request.target)}],
            "next": None if "page" in request.target else "/rows?page=2&key=canary-7f3a",
        }
    ) as url:
        one = session(url, StreamFacts(name="rows", path="/rows", records="data", paging=NextUrl(url="next")), auth=auth)
        told.append(repr([batch.resume for batch in some(one, "rows")[0]]) if auth != Bearer() and auth.place == "query" else "")  # type: ignore[union-attr]
        told.append(repr(one.__dict__.keys()))
        one.close()
    assert [text for text in [*told, caplog.text] if "canary-7f3a" in text] == []


def test_the_cursor_is_never_later_than_the_beginning_of_the_reading() -> None:
    """A record that changed after its page was read would be lost for ever with the newest change as cursor."""
    clock = ManualClock()

    def answer(request: Request) -> object:
        clock.advance(timedelta(seconds=10))  # reading takes its time
        number = int(request.query["page"])
        at = EPOCH + timedelta(seconds=10 * number)
        return {"data": [{"id": number, "at": at.isoformat()}], "pages": 6}

    stream = StreamFacts(
        name="rows",
        path="/",
        records="data",
        paging=PageNumber(pages="pages", size=1),
        changed=Changed(field="at", params={"since": "{since}"}, lookback_seconds=0),
    )
    with serving(answer) as url:
        one = session(url, stream, clock=clock, concurrency=1)
        _, outcome = some(one, "rows")
        assert outcome is not None
        assert outcome.cursor is not None
        first = str(outcome.cursor["since"])
        assert first <= EPOCH.isoformat()
        _, again = some(one, "rows", mode=Mode.INCREMENTAL, cursor=outcome.cursor)
        one.close()
    assert again is not None
    assert not again.listing
    assert again.cursor is None or str(again.cursor["since"]) >= first  # it never goes back


def test_an_incomplete_reading_has_no_cursor() -> None:
    stream = StreamFacts(name="rows", path="/", records="data", changed=Changed(field="at", params={"since": "{since}"}))
    with serving(lambda request: {"data": [{"id": 1, "at": "2025-01-01"}, {"at": "2025-01-01"}]}) as url:
        one = session(url, stream)
        batches, outcome = some(one, "rows")
        one.close()
    assert outcome is not None
    assert (outcome.complete, outcome.cursor, list(records(batches))) == (False, None, [(1,)])


def test_a_create_is_not_sent_twice_unless_the_platform_knows_the_key_or_did_not_hear() -> None:
    sent: list[str] = []
    answers: list[int] = []

    def answer(request: Request) -> object:
        sent.append(request.headers.get("idempotency-key", ""))
        status = answers.pop(0)
        return {"id": 1} if status == 200 else Response(status=status)

    def create(idempotency: str | None, *statuses: int) -> int:
        sent.clear()
        answers[:] = statuses
        write = Write(method="POST", path="/rows", idempotency_header=idempotency)
        with serving(answer) as url:
            one = session(url, StreamFacts(name="rows", path="/rows", restore=Restore(create=write)))
            try:
                one.create("rows", b"{}", idempotency_key="k1")
            except PlatformError as error:
                assert error.fault is PlatformFault.UNREACHABLE  # noqa: PT017
            one.close()
        return len(sent)

    assert create(None, 500, 200) == 1  # it may have been made
    assert create(None, 429, 200) == 2  # it was not
    assert create("Idempotency-Key", 500, 500, 200) == 3
    assert sent == ["k1"] * 3


def state(**more: Json) -> dict[str, Json]:
    return dict(more)


@pytest.mark.parametrize(
    "resume",
    [state(), state(at=7), state(at={"n": "x"}), state(tally=[1], **{"pass": "a"}), state(problems=[1, [2]], started="x", newest=5)],
)
def test_a_checkpoint_of_another_make_is_no_crash(resume: dict[str, Json]) -> None:
    api = LyingApi("page", None, seed=1, records=20)
    with serving(api.answer) as url:
        one = session(url, api.facts())
        _, outcome = some(one, "rows", resume=resume)
        one.close()
    assert outcome is not None
