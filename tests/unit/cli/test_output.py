"""What is printed, and what must never be."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import msgspec
import pytest

from listbackup.base.decode import one_line
from listbackup.base.errors import InputError
from listbackup.cli.looking import about, field_changes, key_text
from listbackup.cli.output import Output, size, visible


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It does."""
        return True


def test_a_pipe_gets_plain_aligned_columns() -> None:
    out = io.StringIO()
    Output(stdout=out).table(("NAME", ">COUNT"), [("contacts", 1200), ("tags", 7)])
    assert out.getvalue() == "NAME      COUNT\ncontacts  1,200\ntags          7\n"


def test_a_terminal_gets_a_table_without_escapes_of_the_platforms() -> None:
    out = Terminal()
    Output(stdout=out).table(("NAME",), [("\x1b]0;owned\x07evil\u202etxt",)])
    assert "\\u001b" in out.getvalue()
    assert "\x1b]0;" not in out.getvalue()
    assert "\u202e" not in out.getvalue()


RUN = "run_01m80jvdy3x0qpmshxrpftdd3e"
COLUMNS = ("RUN", "STARTED", ">READ", "WHY")
ROW = (RUN, "2026-11-22 02:55:03", 50_300, "one of three streams is not complete: the key is now text, now a number")


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100])
def test_a_narrow_terminal_cuts_no_id_no_time_and_no_number(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    out = Terminal()
    Output(stdout=out).table(COLUMNS, [ROW, ROW])
    for text in (RUN, "2026-11-22 02:55:03", "50,300"):
        assert out.getvalue().count(text) == 2
    assert out.getvalue().split().count("number") == 2


def test_what_a_narrow_terminal_has_no_room_for_stands_on_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    out = Terminal()
    Output(stdout=out).table(COLUMNS, [ROW])
    assert out.getvalue().splitlines() == [
        "RUN                             STARTED",
        "    READ",
        "  WHY",
        "run_01m80jvdy3x0qpmshxrpftdd3e  2026-11-22 02:55:03",
        "  50,300",
        "  one of three streams is not complete: the key is now text, now a number",
    ]


def test_with_json_nothing_but_documents_goes_to_standard_output() -> None:
    out = io.StringIO()
    output = Output(as_json=True, stdout=out)
    output.say("words")
    output.table(("A",), [("b",)])
    output.good("done")
    output.pairs([("a", "b")])
    output.document({"at": datetime(2026, 11, 1, tzinfo=UTC), "record": msgspec.Raw(b'{"n": 1.50}')})
    assert out.getvalue() == '{"at":"2026-11-01T00:00:00Z","record":{"n": 1.50}}\n'


def test_a_document_holds_no_control_character_that_a_terminal_would_obey() -> None:
    out = io.StringIO()
    Output(as_json=True, stdout=out).document({"text": "a\x9b31m\x7fb"})
    assert json.loads(out.getvalue()) == {"text": "a\x9b31m\x7fb"}
    assert "\x9b" not in out.getvalue()
    assert "\x7f" not in out.getvalue()


def test_an_error_is_one_sentence_and_one_hint() -> None:
    err = io.StringIO()
    Output(stderr=err).error(InputError("the name \x1b[2J is taken", hint="choose another"), code=2, kind="input")
    assert err.getvalue() == "error: the name \\u001b[2J is taken\n  choose another\n"


def test_progress_is_silent_where_nobody_looks() -> None:
    err = io.StringIO()
    with Output(stderr=err).progress("reading") as bars:
        bars.update("contacts", 1, 2)
    assert err.getvalue() == ""


def test_sizes_are_read_at_a_glance() -> None:
    assert [size(n) for n in (0, 999, 1000, 1_234_567, 123_456_789, 5_000_000_000_000)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "1.2 MB",
        "123 MB",
        "5.0 TB",
    ]


def test_control_and_direction_characters_are_made_visible() -> None:
    assert visible("a\tb\n\u2066c") == "a\\u0009b\\u000a\\u2066c"
    assert visible("Ünïcödé 漢字 🙂") == "Ünïcödé 漢字 🙂"


def test_a_record_is_told_apart_by_its_name() -> None:
    assert about(b'{"id": 1, "title": {"rendered": "Hello"}}') == "Hello"
    assert about(b'{"id": 1, "email": "a@b.example", "name": ""}') == "a@b.example"
    assert about(b"[1]") == "[1]"
    assert about(b"not json") == "not json"


def test_changes_are_told_by_field() -> None:
    assert field_changes(b'{"a": 1, "b": "x"}', b'{"a": 2, "c": null}') == ["a: 1 → 2", "c: (nothing) → null", "b: x → (nothing)"]
    assert field_changes(b'{"a": 1, "b": 18446744073709551617}', b'{"a": true, "b": 18446744073709551618}') == [
        "a: 1 → true",
        "b: 18446744073709551617 → 18446744073709551618",
    ]
    assert field_changes(b'{"a": {"b": [1, "x"]}, "c": 1e999}', b'{"c": 1e999, "a": {"b": [2, "x"]}}') == [
        'a: {"b":[1,"x"]} → {"b":[2,"x"]}'
    ]
    assert field_changes(None, b"{}") == []
    assert field_changes(b"[1]", b"{}") == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"a": "\\u00e9", "b": 1}', '{"b":1,"a":"é"}'.encode()),
        (b'{"a": 1.0}', b'{"a": 1.00}'),
        (b'{"a": [100, -0.50, 0]}', b'{"a": [1E+2, -5e-1, -0.0]}'),
        (b"[1]", b"[1.0]"),
    ],
)
def test_a_record_that_is_only_spelt_otherwise_is_said_to_be(before: bytes, after: bytes) -> None:
    assert field_changes(before, after) == ["the same values, spelt otherwise"]
    assert field_changes(before, before) == []


def test_a_difference_that_is_no_text_is_not_called_a_spelling() -> None:
    assert field_changes(b'{"a": "caf\xe9"}', b'{"a": "caf\xe8"}') == ["what differs is not UTF-8"]
    assert field_changes(b'{"a": "caf\xe9", "b": 1}', b'{"a": "caf\xe8", "b": 2}') == ["b: 1 → 2"]


def test_a_record_of_many_lines_becomes_one_with_the_same_numbers() -> None:
    assert one_line(b'{"a": 1.50}') == b'{"a": 1.50}'
    assert one_line(b'{\n  "a": 1.50,\r\n  "b": "x\\ny"\n}') == b'{   "a": 1.50,    "b": "x\\ny" }'


def test_keys_are_typed_back_as_they_are_shown() -> None:
    assert key_text((42,)) == "42"
    assert key_text(("a", 7)) == '["a",7]'
    assert key_text(("[x",)) == '["[x"]'
