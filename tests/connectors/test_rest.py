"""The REST connector: the guide's examples read what they say they read, and a mistake in a file is named by line, field and remedy."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs

import jsonschema
import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from listbackup.base.errors import InputError
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import Credentials, Ground, Mode, Session, asked_fields
from listbackup.connectors.engine.facts_check import troubles
from listbackup.connectors.engine.record import Key
from listbackup.connectors.engine.registry import connectors
from listbackup.connectors.engine.session import ApiSession, FactsConnector
from listbackup.connectors.rest import RestConnector, load_rest_file
from listbackup.connectors.rest.file import parse
from listbackup.connectors.rest.schema import FILE, schema
from listbackup.testing.clock import EPOCH, ManualClock
from listbackup.testing.saas.wire import Request, Response, WireServer

EXAMPLES = Path(__file__).parents[2] / "docs" / "guides" / "examples"
Answer = Callable[[Request], object]


def rows(count: int, first: int = 1, **more: object) -> list[dict[str, object]]:
    return [{"id": number, "updated_at": f"2025-12-{1 + number % 28:02}T00:00:00Z", **more} for number in range(first, first + count)]


@contextmanager
def serving(answer: Answer) -> Iterator[tuple[str, list[Request]]]:
    """A server that answers with JSON; what it was asked is written down."""
    asked: list[Request] = []

    def wire(request: Request) -> Response:
        asked.append(request)
        told = answer(request)
        return (
            told if isinstance(told, Response) else Response(body=json.dumps(told).encode(), headers={"Content-Type": "application/json"})
        )

    server = WireServer(wire)
    server.start()
    try:
        yield server.url, asked
    finally:
        server.stop()


def opened(name: str, url: str, moved: str | None, values: Mapping[str, str], secrets: Mapping[str, str], kept: list[object]) -> Session:
    """An example's session, its address moved to loopback."""
    text = (EXAMPLES / name).read_text()
    for old in (moved,) if moved else ():
        assert old in text
        text = text.replace(old, url)
    credentials = Credentials(values={**values, "definition": text}, secrets={name: Secret(value) for name, value in secrets.items()})
    return RestConnector().open(credentials, Ground(clock=ManualClock(), allow_loopback=True, keep_secrets=kept.append))


def read(
    session: Session, stream: str, mode: Mode = Mode.FULL, cursor: object = None
) -> tuple[dict[Key, dict[str, object]], list[Key], object]:
    found: dict[Key, dict[str, object]] = {}
    gone: list[Key] = []
    reading = session.read(stream, mode, cursor=cursor)  # type: ignore[arg-type]
    for batch in reading:
        found.update((key, json.loads(raw)) for key, raw in zip(batch.keys, batch.raws, strict=True))
        gone += [key for key, _ in batch.gone]
    assert reading.outcome.complete, reading.outcome.problems
    return found, gone, reading.outcome


def test_the_shop_is_read_in_full_and_by_changes_and_written_back() -> None:
    customers, trash = rows(250), rows(2, first=900)
    written: list[tuple[str, str, object]] = []

    def answer(request: Request) -> object:
        assert request.headers["authorization"] == "Bearer t0p"
        if request.method != "GET":
            written.append((request.method, request.path, json.loads(request.body) if request.body else None))
            return {"id": 77, **(json.loads(request.body) if request.body else {})}
        if request.path == "/api/v1/me":
            return {"shop": {"name": "Corner shop"}}
        if request.path == "/api/v1/customers/4":
            return customers[3]
        if request.path == "/api/v1/customers/404":
            return Response(status=404)
        assert request.path == "/api/v1/customers"
        listed = trash if request.query.get("trashed") == "only" else customers
        since = request.query.get("updated_since")
        listed = [row for row in listed if since is None or str(row["updated_at"]) >= since]
        page, size = int(request.query["page"]), int(request.query["per_page"])
        return {"data": listed[(page - 1) * size : page * size], "meta": {"pages": -(-len(listed) // size), "total": len(listed)}}

    with serving(answer) as (url, _):
        session = opened("shop.yaml", url, None, {"url": url}, {"token": "t0p"}, [])
        assert session.test().name == "Corner shop"
        found, gone, outcome = read(session, "customers")
        assert ([found[row["id"],] for row in customers], gone) == (customers, [])  # type: ignore[index]
        customers[5]["updated_at"] = "2026-02-01T00:00:00Z"
        trash[0]["updated_at"] = "2026-02-01T00:00:00Z"
        found, gone, _ = read(session, "customers", Mode.INCREMENTAL, outcome.cursor)  # type: ignore[attr-defined]
        assert customers[5] in found.values()
        assert len(found) < 20
        assert gone == [(900,)]
        assert session.fetch("customers", (404,)) is None
        assert session.fetch("customers", (4,)) == json.dumps(customers[3]).encode()
        made = session.create("customers", b'{"id":5,"name":"Ann","created_at":"x"}', idempotency_key="k")
        assert made.key == (77,)
        session.update("customers", (5,), b'{"id":5,"name":"Bob"}')
        session.delete("customers", (5,))
        assert written == [
            ("POST", "/api/v1/customers", {"name": "Ann"}),
            ("PUT", "/api/v1/customers/5", {"name": "Bob"}),
            ("DELETE", "/api/v1/customers/5", None),
        ]
        session.close()


def test_the_help_desk_is_read_with_children_files_and_deletions() -> None:
    tickets = [{**row, "comment_count": row["id"] % 4} for row in rows(205)]  # type: ignore[operator]
    base: list[str] = []

    def comments(ticket: int) -> list[dict[str, object]]:
        files = [{"content_url": f"{base[0]}/files/{ticket}.txt", "file_name": "a.txt", "content_type": "text/plain", "size": 5}]
        return [{"id": ticket * 10 + number, "attachments": files if number == 0 else []} for number in range(ticket % 4)]

    def answer(request: Request) -> object:
        assert request.headers["authorization"] == "Basic " + base64.b64encode(b"ann@example.com/token:canary").decode()
        if request.path == "/tickets.json":
            after = int(request.query.get("page[after]", "0"))
            size = int(request.query["page[size]"])
            end = after + size
            return {"tickets": tickets[after:end], "meta": {"has_more": end < len(tickets), "after_cursor": str(end)}}
        if request.path == "/deleted_tickets.json":
            assert request.query["since"].isdigit()
            return {"deleted_tickets": [{"id": 9, "deleted_at": 1_767_300_000}]}
        if request.path.startswith("/files/"):
            return Response(body=b"hello", headers={"Content-Type": "text/plain"})
        number = int(request.path.split("/")[2])
        all_of_them, start = comments(number), int(request.query.get("start", "0"))
        following = f"{base[0]}/tickets/{number}/comments.json?start={start + 2}" if start + 2 < len(all_of_them) else None
        return {"comments": all_of_them[start : start + 2], "links": {"next": following}}

    with serving(answer) as (url, asked):
        base.append(url)
        values = {"subdomain": "acme", "email": "ann@example.com"}
        session = opened("helpdesk.yaml", url, "https://{subdomain}.helpdesk.example.com/api/v2", values, {"api_token": "canary"}, [])
        found, _, outcome = read(session, "tickets")
        assert list(found.values()) == tickets
        _, gone, _ = read(session, "tickets", Mode.INCREMENTAL, outcome.cursor)  # type: ignore[attr-defined]
        assert gone == [(9,)]
        asked.clear()
        found, _, _ = read(session, "comments")
        assert sorted(found) == sorted((row["id"],) for ticket in tickets for row in comments(int(str(ticket["id"]))))
        assert not any("/tickets/4/" in request.path for request in asked)  # it says that it has no comments
        batch = next(iter(session.read("comments", Mode.FULL)))
        assert b"".join(session.fetch_attachment(batch.attachments[0][1])) == b"hello"
        session.close()


def test_the_ledger_is_read_with_rotated_tokens_by_search_and_by_windows() -> None:
    invoices = rows(450)
    events = [{"id": f"ev_{day:04}", "at": 1_704_067_200 + day * 86_400} for day in range(0, 730, 3)]
    tokens: list[str] = []

    def answer(request: Request) -> object:
        if request.path == "/oauth/token":
            form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
            assert request.headers["authorization"] == "Basic " + base64.b64encode(b"me:shh").decode()
            tokens.append(form["refresh_token"])
            return {"access_token": f"at{len(tokens)}", "refresh_token": f"rt{len(tokens)}", "expires_in": 3600}
        if request.headers["authorization"] != f"Bearer at{len(tokens)}":
            return Response(status=401)
        assert request.headers["ledger-version"] == "2026-01-01"
        if request.path == "/v3/invoices/search":
            body = json.loads(request.body)
            start, size = body["paging"]["offset"], body["paging"]["limit"]
            return {"results": invoices[start : start + size], "total": len(invoices)}
        since, until = int(request.query["created[gte]"]), int(request.query["created[lt]"])
        after = request.query.get("starting_after", "")
        listed = [row for row in events if since <= int(str(row["at"])) < until and str(row["id"]) > after]
        return {"data": listed[:4], "has_more": len(listed) > 4}

    kept: list[object] = []
    with serving(answer) as (url, _):
        secrets = {"client_secret": "shh", "refresh_token": "rt0"}
        text = (
            (EXAMPLES / "ledger.yaml")
            .read_text()
            .replace("https://auth.ledger.example.com", url)
            .replace("https://api.ledger.example.com", url)
        )
        credentials = Credentials(
            values={"client_id": "me", "definition": text}, secrets={name: Secret(value) for name, value in secrets.items()}
        )
        session = RestConnector().open(credentials, Ground(clock=ManualClock(EPOCH), allow_loopback=True, keep_secrets=kept.append))
        assert list(read(session, "invoices")[0].values()) == invoices
        tokens.append("the platform forgot")  # the access token is refused from here on, and renewed once
        assert list(read(session, "events")[0].values()) == events
        session.close()
    assert tokens == ["rt0", "the platform forgot", "rt1"]
    assert len(kept) == 2


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_keeps_to_the_published_schema(path: Path) -> None:
    jsonschema.validate(yaml.safe_load(path.read_text()), json.loads(FILE.read_bytes()))
    assert load_rest_file(path).api.streams


def test_the_published_schema_is_that_of_the_facts() -> None:
    assert FILE.read_bytes() == schema(), "write it anew: python -m listbackup.connectors.rest.schema"


@pytest.mark.parametrize("connector", [one for one in connectors() if isinstance(one, FactsConnector)], ids=lambda one: one.platform)
def test_the_facts_of_every_platform_fit_together(connector: FactsConnector) -> None:
    assert troubles(connector.api) == []


def test_the_rest_connector_asks_for_what_the_file_asks_for() -> None:
    text = (EXAMPLES / "ledger.yaml").read_text()
    assert [one.name for one in asked_fields(RestConnector(), {})] == ["definition"]
    fields = asked_fields(RestConnector(), {"definition": text})
    assert [(one.name, one.secret, one.required) for one in fields] == [
        ("definition", False, True),
        ("client_id", False, True),
        ("client_secret", True, True),
        ("refresh_token", True, True),
        ("access_token", True, False),
        ("access_expires_at", True, False),
    ]
    with pytest.raises(InputError, match="no description"):
        RestConnector().open(Credentials(values={}, secrets={}), Ground(clock=ManualClock()))


class Remembering:
    """A memory of one connection, and how often something was kept."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.times = 0

    def recall(self, of: str) -> bytes | None:
        return self.kept.get(of)

    def keep(self, of: str, made: bytes) -> None:
        self.times, self.kept = self.times + 1, {of: made}


def reopened(text: str, memory: Remembering) -> ApiSession:
    credentials = Credentials(values={"url": "https://api.example.com", "definition": text}, secrets={"token": Secret("t")})
    return RestConnector().open(credentials, Ground(clock=ManualClock(), memory=memory))


def test_a_definition_is_read_once_and_means_the_same_ever_after(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, wanted = Remembering(), parse(GOOD, "x")
    assert reopened(GOOD, memory).api == wanted
    monkeypatch.setattr("listbackup.connectors.rest.file.parse_words", None)  # whoever reads it again fails
    assert reopened(GOOD, memory).api == wanted
    assert memory.times == 1


@pytest.mark.parametrize("kept", [b"", b"{}", b'{"platform":"my-api","base_url":"https://api.example.com","streams":[]}', b"\xff"])
def test_what_was_kept_and_describes_nothing_is_made_again(kept: bytes) -> None:
    memory = Remembering()
    memory.kept = {GOOD: kept}
    assert reopened(GOOD, memory).api == parse(GOOD, "x")
    assert memory.times == 1


@pytest.mark.parametrize("word", [".nan", "!!binary aGVsbG8=", "!!timestamp 2026-01-31"])
def test_what_json_cannot_say_is_read_each_time(word: str) -> None:
    text, memory = f"{GOOD}    method: POST\n    body: {{odd: {word}}}\n", Remembering()
    wanted = parse(text, "x")
    assert [repr(reopened(text, memory).api) for _ in range(2)] == [repr(wanted)] * 2
    assert memory.times == 0


GOOD = """\
platform: my-api
base_url: "{url}"
config:
  - name: url
  - name: token
    secret: true
auth: {kind: bearer}
streams:
  - name: things
    path: /things
    records: data
    paging:
      kind: page
      pages: meta.pages
      size: 50
    changed: {field: updated_at, params: {since: "{since}"}}
"""
MISTAKES = [
    ("path: /things", "pth: /things", "line 10, streams[0].pth: there is no field 'pth'", "did you mean path?"),
    ("kind: page", "kind: pages", "line 13, streams[0].paging.kind: 'pages' is not possible here", "kinds: none, page, offset, cursor, link, next_url, keyset"),
    ("size: 50", "size: lots", "line 15, streams[0].paging.size: this must be a whole number, and is text", None),
    ("size: 50", "size: 0", "line 15, streams[0].paging.size: expected `int` >= 1", None),
    ("size: 50", "sise: 50", "line 15, streams[0].paging.sise: there is no field 'sise'", "did you mean size?"),
    ("    secret: true", "    secret: 1", "line 6, config[1].secret: this must be true or false, and is a whole number", None),
    ("    path: /things\n", "", "line 9, streams[0]: 'path' is missing", "add  path: …"),
    ("{since}", "{sinc}", "line 16, streams[0].changed.params.since: nothing is called {sinc} here (and 1 more)", "known: since, token, url; or ask for it in config"),
    ("platform: my-api", "platform: My Api", "line 1, platform: this is not a name", "lower-case letters, digits, dashes and underscores, beginning with a letter"),
    ("records: data", "records: [data]", "line 11, streams[0].records: this must be text, and is a list", None),
    ("config:", "config: {a: [}", "line 3: this is not YAML: expected the node content, but found '}'", "check indentation and quotes there"),
    ("auth: {kind: bearer}", "auth: {kind: bearer, tokn: x}", "line 7, auth.tokn: there is no field 'tokn'", "did you mean token?"),
    ("    records: data", "    records: data\n    records: rows", "line 12: 'records' comes twice", None),
    ("    secret: true\n", "", "line 6, auth.token: 'token' is a credential and is not marked as secret", "write secret: true at token in config"),
    ("    records: data\n", "", "line 9, streams[0].records: the answer is a list at the top, so there is nothing at 'meta.pages'", "say where the list is (records: data), or name a header (header:X-Total)"),
    ("records: data", "records: meta.pages", "line 11, streams[0].records: records, paging and total do not fit into one answer", None),
    ("    records: data", "    records: data\n    parent: {stream: x, fields: {a: id}}", "line 12, streams[0].parent.stream: there is no stream 'x' (and 1 more)", "name one of: things"),
    ("path: /things", 'path: "/things/{"', "line 10, streams[0].path: a brace stands alone in '/things/{'", "write {{ or }} for a brace that is meant as one"),
    ("      kind: page\n", "      kind: page\n      where: body\n", "line 14, streams[0].paging.where: a GET has no body to put the page into", "write method: POST, or where: query"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "message", "hint"), MISTAKES, ids=lambda text: str(text)[:30])
def test_a_mistake_is_named_by_file_line_field_and_remedy(right: str, wrong: str, message: str, hint: str | None, tmp_path: Path) -> None:
    file = tmp_path / "my-api.yaml"
    file.write_text(GOOD.replace(right, wrong))
    with pytest.raises(InputError) as caught:
        load_rest_file(file)
    assert str(caught.value).startswith(f"{file}, {message}")
    if hint is not None:
        assert caught.value.hint == hint


def test_the_good_file_is_good() -> None:
    assert parse(GOOD, "x").streams[0].name == "things"


@pytest.mark.parametrize(
    "text", ["", "- 1", "a: &a [*a]", "a: !!python/object:os.system x", "\x00", "a: " + "[" * 3000, "? [a]\n: b", "<<: {a: 1}"]
)
def test_what_is_no_description_is_said_to_be_none(text: str) -> None:
    with pytest.raises(InputError):
        parse(text, "my-api.yaml")


def test_a_yaml_bomb_does_not_go_off() -> None:
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    with pytest.raises(InputError, match="too much"):
        parse(bomb, "my-api.yaml")


@given(st.text(max_size=200) | st.lists(st.sampled_from(GOOD.splitlines()), max_size=16).map("\n".join))
def test_any_text_is_a_description_or_an_error_with_a_line(text: str) -> None:
    try:
        api = parse(text, "f.yaml")
    except InputError as error:
        assert str(error).startswith("f.yaml")  # noqa: PT017
    else:
        assert msgspec.json.encode(api)


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        load_rest_file(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_bytes(b"\xff\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        load_rest_file(tmp_path / "bad.yaml")


def test_half_a_character_is_refused_where_it_stands() -> None:
    text = 'platform: x\nbase_url: "https://a.example/\\ud83e"\nstreams: [{name: a, path: /a}]\n'
    with pytest.raises(InputError, match="line 2: this text holds half a character"):
        parse(text, "my.yaml")


def test_a_character_that_yaml_cannot_have_is_named_with_its_line() -> None:
    with pytest.raises(InputError, match=r"my\.yaml, line 2: YAML cannot have the character 0x01"):
        parse("platform: x\nlabel: a\x01b\n", "my.yaml")
