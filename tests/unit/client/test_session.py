"""What the client does with answers: models, exceptions, repetitions, renewed tokens, events."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from listbackup.base.secret import Secret
from listbackup.client import ApiKey, Client, Patience, Problem, TokenPair, Tokens, Unreachable, UnreadableAnswer
from listbackup.client.api.models import RunState
from listbackup.client.problems import Absent, Clash, Invalid, NotSignedIn, ServerFault, TooMany
from listbackup.client.session import part
from listbackup.client.transport import Asked
from listbackup.testing.clock import ManualClock

START = datetime(2026, 11, 21, tzinfo=UTC)
SOURCE = {"id": "src_1", "name": "crm", "connection": "con_1", "created_at": "2026-11-01T00:00:00Z", "full_every": "P7D"}


@dataclass
class Answer:
    """An answer of the script."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    lines: list[bytes] = field(default_factory=list)
    breaks: bool = False

    def header(self, name: str) -> str | None:
        if name == "content-type":
            return self.headers.get(name, "application/json" if self.status < 400 else "application/problem+json")
        return self.headers.get(name)

    def read(self, size: int = -1) -> bytes:
        raw, self.body = (self.body if isinstance(self.body, bytes) else msgspec.json.encode(self.body)), b""
        return raw

    def line(self) -> bytes:
        if not self.lines and self.breaks:
            raise Unreachable("the line broke")
        return self.lines.pop(0) if self.lines else b""

    def close(self) -> None:
        pass


class Script:
    """A transport that answers what it is told to, in order; None is an answer that never came."""

    def __init__(self, *answers: Answer | None | Callable[[Asked], Answer]) -> None:
        self.answers = list(answers)
        self.asked: list[Asked] = []
        self._lock = threading.Lock()

    def send(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            answer = self.answers.pop(0)
        if answer is None:
            raise Unreachable("nobody there")
        return answer(asked) if callable(answer) else answer

    def close(self) -> None:
        pass


def problem(status: int, code: str = "x", **more: object) -> Answer:
    headers = {"retry-after": str(more.pop("wait"))} if "wait" in more else {}
    return Answer(status, {"type": "t", "title": "T", "status": status, "code": code, "detail": f"said {status}", **more}, headers)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


def client(clock: ManualClock, *answers: Answer | None | Callable[[Asked], Answer], **more: object) -> tuple[Client, Script]:
    script = Script(*answers)
    return Client("http://localhost:1", more.pop("credential", "lbk_x"), clock=clock, transport=script, **more), script  # type: ignore[arg-type]


def test_an_answer_is_a_model_with_instants_durations_and_defaults(clock: ManualClock) -> None:
    lb, script = client(clock, Answer(body={"items": [{**SOURCE, "unheard_of": 1}], "next": None}))
    page = lb.sources.list(limit=5)
    assert page.items[0].created_at == datetime(2026, 11, 1, tzinfo=UTC)
    assert page.items[0].full_every == timedelta(days=7)
    assert script.asked[0].target == "/v2/sources?limit=5"
    assert script.asked[0].headers["authorization"] == "Bearer lbk_x"


def test_an_iterator_asks_for_page_after_page(clock: ManualClock) -> None:
    pages = [Answer(body={"items": [{**SOURCE, "name": name}], "next": following}) for name, following in (("a", "c1"), ("b", None))]
    lb, script = client(clock, *pages)
    assert [one.name for one in lb.sources.iter()] == ["a", "b"]
    assert [asked.target for asked in script.asked] == ["/v2/sources", "/v2/sources?cursor=c1"]


def test_a_word_of_a_newer_server_is_kept_as_it_was_said() -> None:
    assert RunState("succeeded") is RunState.SUCCEEDED
    assert RunState("levitating").value == "levitating"
    assert msgspec.json.decode(b'"levitating"', type=RunState) == "levitating"


def test_what_was_not_given_is_not_sent_and_none_is_sent_as_null(clock: ManualClock) -> None:
    lb, script = client(clock, Answer(body=SOURCE), Answer(body=SOURCE))
    lb.sources.update("src_1", name="new", version=3)
    lb.sources.update("src_1", streams=None)
    assert [msgspec.json.decode(asked.content or b"") for asked in script.asked] == [{"name": "new"}, {"streams": None}]
    assert script.asked[0].headers["if-match"] == '"3"'


@pytest.mark.parametrize(
    ("status", "kind"), [(401, NotSignedIn), (404, Absent), (409, Clash), (422, Invalid), (500, ServerFault), (502, ServerFault)]
)
def test_a_problem_is_an_exception_by_who_must_act(clock: ManualClock, status: int, kind: type[Problem]) -> None:
    lb, script = client(clock, problem(status, "some_code", errors=[{"pointer": "/name", "message": "too long"}], hint="shorten it"))
    with pytest.raises(kind) as raised:
        lb.sources.get("src_1")
    found = raised.value
    assert (found.status, found.code, found.message, found.hint) == (status, "some_code", f"said {status}", "shorten it")
    assert [(one.pointer, one.message) for one in found.errors] == [("/name", "too long")]
    assert len(script.asked) == 1


def test_a_busy_server_is_asked_again_when_it_says(clock: ManualClock) -> None:
    lb, _ = client(clock, problem(429, wait=7), problem(503, wait=2), Answer(body=SOURCE))
    assert lb.sources.get("src_1").name == "crm"
    assert clock.now() - START == timedelta(seconds=9)


def test_a_wait_that_is_too_long_is_the_callers(clock: ManualClock) -> None:
    lb, script = client(clock, problem(429, wait=3600))
    with pytest.raises(TooMany) as raised:
        lb.sources.get("src_1")
    assert raised.value.retry_after == timedelta(hours=1)
    assert len(script.asked) == 1


def test_retry_after_may_be_a_date(clock: ManualClock) -> None:
    lb, _ = client(clock, problem(503, wait="Sat, 21 Nov 2026 00:00:20 GMT"), Answer(body=SOURCE))
    lb.sources.get("src_1")
    assert clock.now() - START == timedelta(seconds=20)


def test_reading_is_tried_again_when_no_answer_comes(clock: ManualClock) -> None:
    lb, script = client(clock, None, None, Answer(body=SOURCE))
    assert lb.sources.get("src_1").name == "crm"
    assert len(script.asked) == 3


def test_trying_again_ends(clock: ManualClock) -> None:
    lb, script = client(clock, *[None] * 9, patience=Patience(tries=3))
    with pytest.raises(Unreachable):
        lb.sources.get("src_1")
    assert len(script.asked) == 3


def test_creating_carries_one_idempotency_key_over_all_its_attempts(clock: ManualClock) -> None:
    lb, script = client(clock, None, problem(409, detail="a request with this Idempotency-Key is being answered"), Answer(201, SOURCE))
    assert lb.sources.create(connection="con_1", name="crm").name == "crm"
    keys = {asked.headers["idempotency-key"] for asked in script.asked}
    assert len(keys) == 1
    assert len(script.asked) == 3


def test_an_act_that_must_not_happen_twice_is_sent_once_and_over_a_fresh_line(clock: ManualClock) -> None:
    lb, script = client(clock, None)
    with pytest.raises(Unreachable):
        lb.connections.test("con_1")
    assert [asked.fresh for asked in script.asked] == [True]


def test_a_removal_whose_answer_was_lost_is_done(clock: ManualClock) -> None:
    lb, _ = client(clock, None, problem(404))
    lb.sources.delete("src_1")
    lb, _ = client(clock, problem(404))
    with pytest.raises(Absent):
        lb.sources.delete("src_1")


def test_an_answer_of_somebody_else_is_told_as_that(clock: ManualClock) -> None:
    for answer in (
        Answer(200, b"<html>welcome</html>"),
        Answer(404, b"<html>nothing</html>", {"content-type": "text/html"}),
        Answer(200, {"items": 3}),
        Answer(308, b"", {"location": "https://elsewhere.example"}),
    ):
        lb, _ = client(clock, answer)
        with pytest.raises(UnreadableAnswer):
            lb.sources.list()


def test_half_a_surrogate_pair_in_one_record_keeps_nobody_from_its_page(clock: ManualClock) -> None:
    page = rb'{"items": [{"key": "1", "parts": [1], "since": 1, "record": {"name": "cut \ud83d", "whole": "\ud83d\ude00"}}], "next": null}'
    lb, _ = client(clock, Answer(200, page))
    [shown] = lb.data.records("snp_1", "contacts").items
    assert bytes(shown.record) == rb'{"name": "cut \ufffd", "whole": "\ud83d\ude00"}'


def test_a_proxy_that_says_503_in_its_own_words_is_waited_for(clock: ManualClock) -> None:
    lb, _ = client(clock, Answer(503, b"upstream", {"content-type": "text/plain"}), Answer(body=SOURCE))
    assert lb.sources.get("src_1").name == "crm"


def test_tokens_are_renewed_once_for_all_threads_and_kept_before_they_are_used(clock: ManualClock) -> None:
    kept: list[str] = []
    pairs = {"r1": ("a2", "r2")}

    def server(asked: Asked) -> Answer:
        if asked.target == "/v2/auth/refresh":
            access, refresh = pairs.pop(msgspec.json.decode(asked.content or b"")["refresh_token"])
            return Answer(body={"access_token": access, "refresh_token": refresh, "expires_at": "2026-11-21T00:00:00Z"})
        if asked.headers["authorization"] != "Bearer a2":
            return problem(401)
        assert kept == ["a2"]
        return Answer(body=SOURCE)

    tokens = Tokens(TokenPair(access=Secret("a1"), refresh=Secret("r1")), keep=lambda pair: kept.append(pair.access.reveal()))
    lb, script = client(clock, *[server] * 40, credential=tokens)
    threads = [threading.Thread(target=lambda: lb.sources.get("src_1")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(asked.target == "/v2/auth/refresh" for asked in script.asked) == 1
    assert kept == ["a2"]


def test_an_api_key_that_is_refused_is_refused(clock: ManualClock) -> None:
    lb, script = client(clock, problem(401), credential=ApiKey("lbk_y"))
    with pytest.raises(NotSignedIn):
        lb.sources.list()
    assert len(script.asked) == 1


def test_the_account_goes_with_every_signed_request(clock: ManualClock) -> None:
    lb, script = client(clock, Answer(body={"items": [], "next": None}), Answer(body={"status": "live"}), account="acc_1")
    lb.sources.list()
    lb.system.health_live()
    assert [asked.headers.get("x-account-id") for asked in script.asked] == ["acc_1", None]
    assert "authorization" not in script.asked[1].headers


def test_events_go_on_where_the_line_broke(clock: ManualClock) -> None:
    lines = [
        [b"id: 7\n", b"event: run.started\n", b'data: {"a":1}\n', b"\n", b": nothing new\n", b"\n"],
        [b"id: 8\r\n", b"data: one\r\n", b"data: two\r\n", b"\r\n"],
    ]
    lb, script = client(clock, Answer(lines=lines[0], breaks=True), None, Answer(lines=lines[1]), problem(403))
    events = lb.activity.events(last_event_id="6", heartbeats=True)
    seen: list[tuple[str | None, str, str]] = []
    with pytest.raises(Problem):
        seen.extend((event.id, event.name, event.data) for event in events)
    assert seen == [("7", "run.started", '{"a":1}'), ("7", "", ""), ("8", "message", "one\ntwo")]
    assert [asked.headers["last-event-id"] for asked in script.asked if "last-event-id" in asked.headers] == ["6", "7", "7", "8"]


def test_listening_gives_up_on_a_server_that_stays_away(clock: ManualClock) -> None:
    lb, _ = client(clock, *[None] * 200)
    with pytest.raises(Unreachable):
        list(lb.activity.events())


def test_a_model_that_holds_a_secret_does_not_print_it(clock: ManualClock) -> None:
    said = {
        "access_token": "seen1",
        "refresh_token": "seen2",
        "expires_at": "2026-11-21T00:00:00Z",
        "refresh_expires_at": "2026-11-21T00:00:00Z",
    }
    lb, _ = client(clock, Answer(body={"signed_in": True, "tokens": said}))
    found = lb.auth.login(email="a@example.org", password="a long enough password")
    assert found.tokens is not None
    assert found.tokens.access_token == "seen1"
    assert "seen" not in f"{found!r} {found.tokens!r} {found}"


def test_a_stream_that_ends_as_soon_as_it_begins_is_not_asked_for_without_end(clock: ManualClock) -> None:
    lb, script = client(clock, *[Answer(lines=[]) for _ in range(20)])
    with pytest.raises(Unreachable, match="as soon as it begins"):
        list(lb.activity.events())
    assert len(script.asked) == 8


@pytest.mark.parametrize(("value", "shown"), [("a/b", "a%2Fb"), ("..", "%2E%2E"), ("ä?", "%C3%A4%3F"), ('["a",7]', "%5B%22a%22%2C7%5D")])
def test_a_part_of_a_path_stays_one(value: str, shown: str) -> None:
    assert part(value) == shown


def every_secret(clock: ManualClock) -> Iterator[str]:
    lb, _ = client(clock, None, credential=ApiKey("lbk_secret"), patience=Patience(tries=1))
    try:
        lb.sources.list()
    except Unreachable as error:
        yield repr(error) + str(error)
    yield repr(lb) + repr(lb._session.__dict__)


def test_no_credential_is_shown(clock: ManualClock) -> None:
    assert not any("lbk_secret" in text for text in every_secret(clock))
