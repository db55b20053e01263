"""Pages and cursors from anywhere: cut exactly, or refused with a reason; never an uncaught exception."""

from __future__ import annotations

import json
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listbackup.base.decode import mend
from listbackup.base.errors import InputError
from listbackup.connectors.engine.client import Answer
from listbackup.connectors.engine.facts import Changed, FlaggedDeletion, StreamFacts
from listbackup.connectors.engine.facts_paging import Cursor, Keyset, LinkHeader, NextUrl, Offset, PageNumber, Paging
from listbackup.connectors.engine.faults import BadAnswer, Reason
from listbackup.connectors.engine.instants import newest, read_instant, write_instant
from listbackup.connectors.engine.keys import KeyReader, content_key
from listbackup.connectors.engine.page import Page, Slicer
from listbackup.connectors.engine.paginators import Call, Paginator, link, paginator, without
from listbackup.connectors.engine.places import find
from listbackup.connectors.engine.template import fill, fill_json, fill_path, holes

RAWS = [
    b'{"id":1,"price":0.10,"big":18446744073709551617,"e":1E+2,"minus":-0}',
    b'{"id":1,"id":2,"same":1,"same":2}',
    b'{ "id" : 3 ,\n\t"odd" : "\\ud800 \\u00e9 \xc3\xa9 \\/" }',
    b'{"id":4,"deep":[[[{"id":{"id":"\\udfff"}}]]]}',
    b'{"id":5,"text":"]},{\\"id\\":6"}',
]


def answer(body: bytes, **headers: str) -> Answer:
    return Answer(status=200, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=body)


def facts(**more: object) -> StreamFacts:
    return StreamFacts(name="rows", path="/rows", **{"records": "data", **more})  # type: ignore[arg-type]


def slicer(stream: StreamFacts, error: str | None = None) -> Slicer:
    return Slicer(stream, paginator(stream.paging).places, error)


def cut(stream: StreamFacts, body: bytes, **headers: str) -> list[bytes]:
    return [bytes(raw) for raw in slicer(stream).cut(answer(body, **headers), {}).raws]


@pytest.mark.parametrize(
    ("records", "item", "frame"),
    [
        ("data", "", b'{"meta":{"data":[]},"data":[%s],"next":null}'),
        ("", "", b" [ %s ] "),
        ("a.b.c", "", b'{"a":{"x":[1],"b":{"c":[%s]}}}'),
        ("data", "node", b'{"data":[%s]}'),
    ],
)
def test_the_records_of_a_page_are_its_exact_bytes(records: str, item: str, frame: bytes) -> None:
    for seed in range(50):
        rows = random.Random(seed).sample(RAWS, k=seed % 6)
        inner = b" , ".join(b'{"cursor":"x","node":%s}' % row if item else row for row in rows)
        assert cut(facts(records=records, item=item), frame % inner) == rows


def test_a_single_record_is_cut_too() -> None:
    assert cut(facts(records="", single=True), b'{"id":1, "a":2}') == [b'{"id":1, "a":2}']
    assert cut(facts(records="settings", single=True), b'{"settings":{"id":1}}') == [b'{"id":1}']


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.NOT_JSON),
        (b"<!doctype html><html>", Reason.NOT_JSON),
        (b"not json", Reason.NOT_JSON),
        (b'{"data":[{"id":1}', Reason.NOT_JSON),
        (b'{"data":[{"id":1}]} tail', Reason.NOT_JSON),
        (b'{"error":"no"}', Reason.ERROR_OBJECT),
        (b'{"rows":[]}', Reason.MISSING_RECORDS),
        (b'{"data":null}', Reason.MISSING_RECORDS),
        (b'{"data":{"id":1}}', Reason.MISSING_RECORDS),
        (b'{"data":"x"}', Reason.MISSING_RECORDS),
        (b"[]", Reason.MISSING_RECORDS),
        (b'{"data":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}", Reason.TOO_DEEP),
        (b'{"data":[], "error":{"code":1}}', Reason.ERROR_OBJECT),
        (b'{"data":[], "next":{"a":1}}', Reason.BAD_TOKEN),
        (b"\xff\xfe{\x00}", Reason.NOT_JSON),
    ],
)
def test_what_is_no_page_is_refused_with_a_reason(body: bytes, reason: Reason) -> None:
    stream = facts(paging=Cursor(token="next", param="cursor"))
    with pytest.raises(BadAnswer) as caught:
        slicer(stream, "error").cut(answer(body), {})
    assert caught.value.reason is reason


def test_an_error_that_says_nothing_is_no_error() -> None:
    for nothing in (b"null", b"false", b"[]", b"{}", b'""', b"0"):
        assert slicer(facts(), "error").cut(answer(b'{"data":[], "error":%s}' % nothing), {}).raws == []


PAGINGS: list[Paging] = [
    PageNumber(pages="meta.pages", more="meta.more"),
    PageNumber(),
    Offset(),
    Cursor(token="meta.next", param="cursor", more="meta.more"),
    Cursor(token="header:X-Next", param="cursor"),
    NextUrl(url="meta.next", left_out_at_end=True),
    LinkHeader(),
    Keyset(field="id", param="after"),
]


def cutters(paging: Paging) -> tuple[Paginator, Slicer, KeyReader]:
    gone = FlaggedDeletion(field="gone", values=("trash", 1))
    stream = facts(paging=paging, total="meta.total", changed=Changed(field="x"), created="meta.made", deletions=gone)
    return paginator(paging), slicer(stream), KeyReader(stream)


CUTTERS = [cutters(paging) for paging in PAGINGS]
TWO_PARTS = KeyReader(facts(key=("id", "meta.id"), changed=Changed(field="x.at")))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "data", "meta", "next", "pages", "more", "total", "x"]), inner, max_size=5)
    ),
    max_leaves=20,
)


@settings(max_examples=300)
@given(
    st.sampled_from(PAGINGS),
    json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=80),
    st.dictionaries(st.sampled_from(["link", "x-next"]), st.text(max_size=40)),
)
def test_any_answer_is_a_page_or_refused(paging: Paging, body: bytes, headers: dict[str, str]) -> None:
    stream = facts(
        paging=paging,
        total="meta.total",
        changed=Changed(field="x"),
        created="meta.made",
        deletions=FlaggedDeletion(field="gone", values=("trash", 1)),
    )
    pager = paginator(paging)
    try:
        page = slicer(stream).cut(Answer(status=200, headers=headers, body=body), pager.first())
        read = KeyReader(stream).read(page.raws, page.mended, {})
        assert len(read.keys) == len(read.raws)
        following = pager.after(page)
        if following is not None:
            call = Call(params={}, body={})
            pager.ask(msgspec.json.decode(msgspec.json.encode(following)), call)
        rest = pager.rest(page)
        if rest is not None:
            next(iter(rest), None)
    except BadAnswer as error:
        assert isinstance(error.reason, Reason)  # noqa: PT017


@settings(max_examples=150)
@given(st.lists(st.sampled_from(RAWS) | json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=30), max_size=6))
def test_any_records_are_named_or_noted(raws: list[bytes]) -> None:
    read = TWO_PARTS.read(raws, None, {})
    assert len(read.keys) + len([fault for fault in read.faults if fault[0] is Reason.MISSING_KEY]) <= 2 * len(raws) + 1
    assert all(type(part) in (str, int) for key in read.keys for part in key)


def test_a_record_without_a_usable_key_is_noted_and_the_others_are_kept() -> None:
    bad = [b"{}", b'{"id":null}', b'{"id":1.5}', b'{"id":[1]}', b'{"id":true}', b"7", b'"x"']
    for one in bad:
        read = KeyReader(facts()).read([b'{"id":1}', one, b'{"id":2}'], None, {})
        assert (read.keys, read.raws) == ([(1,), (2,)], [b'{"id":1}', b'{"id":2}'])
        assert [reason for reason, _ in read.faults] == [Reason.MISSING_KEY]


def test_a_key_that_changes_its_type_is_noted() -> None:
    names = KeyReader(facts())
    assert names.read([b'{"id":1}'], None, {}).faults == []
    found = [names.read([b'{"id":"1"}', b'{"id":2}', b'{"id":"a%d"}' % page], None, {}) for page in range(2)]
    assert [read.keys for read in found] == [[("1",), (2,), ("a0",)], [("1",), (2,), ("a1",)]]
    assert found[0].faults == found[1].faults  # one sentence, however many pages it is true of
    ((reason, told),) = found[0].faults
    assert reason is Reason.SCHEMA_DRIFT
    for word in ("'id'", "rows", "a number at first", 'text ("1")', "`key_as: text`", "`key_as: mixed`"):
        assert word in told


def test_keys_of_two_types_are_one_or_two_records_as_it_is_declared() -> None:
    raws = [b'{"id":1}', b'{"id":"1"}', b'{"id":"a"}']
    texts, mixed = KeyReader(facts(key_as="text")).read(raws, None, {}), KeyReader(facts(key_as="mixed")).read(raws, None, {})
    assert (texts.keys, texts.faults) == ([("1",), ("1",), ("a",)], [])
    assert (mixed.keys, mixed.faults) == ([(1,), ("1",), ("a",)], [])
    child = facts(key=("parent.list", "id"), key_as="text")
    assert KeyReader(child).read([b'{"id":7}'], None, {"list": 3}).keys == [("3", "7")]
    long = KeyReader(facts(key_as="mixed")).read([b'{"id":1}', b'{"id":"%s"}' % (b"k" * 2000)], None, {})
    assert (long.keys, [reason for reason, _ in long.faults]) == ([(1,)], [Reason.MISSING_KEY])


def test_a_key_longer_than_the_store_can_hold_is_noted() -> None:
    read = KeyReader(facts()).read([b'{"id":"%s"}' % (b"k" * 2000), b'{"id":"a"}'], None, {})
    assert read.keys == [("a",)]
    assert [reason for reason, _ in read.faults] == [Reason.MISSING_KEY]


def test_odd_values_where_they_do_not_matter_cost_nothing() -> None:
    stream = facts(changed=Changed(field="at"), deletions=FlaggedDeletion(field="gone"))
    read = KeyReader(stream).read([b'{"id":1,"at":{"x":1}}', b'{"id":2,"at":[],"gone":{"by":1}}', b'{"id":3,"at":true}'], None, {})
    assert (read.keys, read.gone, read.faults) == ([(1,), (3,)], [(2,)], [])


def test_keys_have_as_many_parts_as_are_declared_and_may_come_from_the_parent() -> None:
    stream = facts(key=("parent.list", "user.id"))
    read = KeyReader(stream).read([b'{"user":{"id":7}}'], None, {"list": "a@example.com"})
    assert read.keys == [("a@example.com", 7)]


def test_a_stream_without_a_key_names_its_records_by_their_content() -> None:
    read = KeyReader(facts(key=())).read([b'{"a":1}', b"[2]"], None, {})
    assert read.keys == [content_key(b'{"a":1}'), content_key(b"[2]")]


def test_flagged_records_are_gone_and_not_kept() -> None:
    stream = facts(deletions=FlaggedDeletion(field="status", values=("trash", 0)))
    read = KeyReader(stream).read(
        [b'{"id":1,"status":"publish"}', b'{"id":2,"status":"trash"}', b'{"id":3}', b'{"id":4,"status":0}'], None, {}
    )
    assert (read.keys, read.gone) == ([(1,), (3,)], [(2,), (4,)])


@given(st.binary(max_size=60))
def test_mending_keeps_the_length(body: bytes) -> None:
    assert len(mend(body)) == len(body)


def test_mending_touches_lone_surrogates_only() -> None:
    kept = [rb'"\u00e9"', rb'"\ud83d\ude00"', rb'"\\ud800"', rb'"\\\\ud800"']
    assert [mend(text) for text in kept] == kept
    assert mend(rb'"\ud800 \udc00 \ud800\ud800\udc00 \\\ud800"') == rb'"\ufffd \ufffd \ufffd\ud800\udc00 \\\ufffd"'


@pytest.mark.parametrize(
    ("header", "url"),
    [
        ('<https://a/b?page=2>; rel="next", <https://a/b?page=9>; rel="last"', "https://a/b?page=2"),
        ('<https://a/b?page=9>; rel="last",<https://a/b?page=2>;rel=next', "https://a/b?page=2"),
        ('</b?x=1,2&y=<>; rel="prev next"', "/b?x=1,2&y=<"),
        ('<a>; title="x"; REL="NEXT"', "a"),
        ('<a>; rel="nextish"', None),
        ("<a", None),
        ("", None),
        ("<>; rel=next", None),
    ],
)
def test_link_headers_are_read(header: str, url: str | None) -> None:
    assert link(header, "next") == url


@given(st.text(max_size=80))
def test_any_link_header_is_a_url_or_none(header: str) -> None:
    assert link(header, "next") is None or isinstance(link(header, "next"), str)


def test_page_numbers_go_to_the_end_that_the_platform_names() -> None:
    def numbers(paging: Paging, page: Page) -> list[object]:
        return [state["n"] for state in paginator(paging).rest(page) or () if "probe" not in state]

    def page(count: int, total: int | None, said: dict[str, str | None] | None = None, at: int = 1) -> Page:
        return Page([b"{}"] * count, said or {}, total, {}, 0, {"n": at})

    assert numbers(PageNumber(size=10), page(10, 35)) == [2, 3, 4]
    assert numbers(PageNumber(size=10), page(5, 35)) == [2, 3, 4, 5, 6, 7]  # it gives five where ten were asked for
    assert numbers(PageNumber(size=10, pages="p"), page(10, None, {"p": "3"})) == [2, 3]
    assert numbers(PageNumber(size=10, pages="p"), page(10, None, {"p": "many"})) == []
    assert numbers(Offset(size=10), page(10, 35, at=0)) == [10, 20, 30]
    assert numbers(Offset(size=10, first=1), page(10, 30)) == [11, 21]
    assert numbers(Offset(size=10), page(4, 10, at=0)) == [4, 8]


def test_credentials_in_a_next_url_stay_out_of_checkpoints() -> None:
    assert without("/rows?cursor=a%20b&api_key=canary", ["api_key"]) == "/rows?cursor=a+b"
    assert without("/rows?api_key=canary", ["api_key"]) == "/rows"
    assert without("/rows?cursor=1", []) == "/rows?cursor=1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456+00:00"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05+00:00"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02 03:04:05", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02", "2026-01-02T00:00:00+00:00"),
        ("20260102", "2026-01-02T00:00:00+00:00"),
        (1767323045, "2026-01-02T03:04:05+00:00"),
        (1767323045000, "2026-01-02T03:04:05+00:00"),
        ("1767323045", "2026-01-02T03:04:05+00:00"),
        ("Fri, 02 Jan 2026 03:04:05 GMT", "2026-01-02T03:04:05+00:00"),
    ],
)
def test_instants_are_read_in_every_usual_form(text: object, expected: str) -> None:
    moment = read_instant(text)
    assert moment is not None
    assert moment.isoformat() == expected


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40))
def test_any_value_is_an_instant_or_none(value: object) -> None:
    moment = read_instant(value)
    if moment is not None:
        for form in ("iso", "iso_seconds", "iso_naive", "space", "date", "unix", "unix_ms", "http"):
            assert str(write_instant(moment, form))  # type: ignore[arg-type]


def test_the_newest_of_mixed_forms_is_the_newest() -> None:
    assert newest(["2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"]) == read_instant("2026-01-03")
    assert newest(["2026-01-02T10:00:00+09:00", "2026-01-02T02:00:00+00:00"]) == read_instant("2026-01-02T02:00:00Z")
    assert newest(["2026-01-02T00:00:00.1Z", "2026-01-02T00:00:00Z", None, "x", 5]) == read_instant("2026-01-02T00:00:00.1Z")
    assert newest([]) is None
    assert newest([None]) is None


def test_templates_are_filled_and_nothing_else() -> None:
    assert fill("a{x}b{{y}}{z}", {"x": 1, "z": None}) == "a1b{y}"
    assert fill_path("/lists/{id}/members", {"id": "a/b?c#d e"}) == "/lists/a%2Fb%3Fc%23d%20e/members"
    assert fill_json({"a": ["{n}", "x{n}"], "b": 5}, {"n": 7}) == {"a": [7, "x7"], "b": 5}
    assert holes("{a}{{b}}{c.d}") == ["a", "c.d"]
    for wrong in ("{", "a}", "{a b}", "{a!r}", "{0}"):
        with pytest.raises(InputError):
            fill(wrong, {"a": 1})
    for inner in (".", ".."):
        with pytest.raises(InputError):
            fill_path("/{x}", {"x": inner})
    with pytest.raises(InputError, match="no value"):
        fill("{unknown}", {})


@given(st.binary(max_size=60), st.text(max_size=20))
def test_any_path_finds_bytes_or_nothing(raw: bytes, path: str) -> None:
    try:
        found = find(raw, path)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    assert found is None or bytes(found) in raw
