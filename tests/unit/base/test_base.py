"""The floor: ids, clock, canonical form, retry, log, secrets."""

from __future__ import annotations

import contextlib
import json
import logging
import pickle
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listbackup.base.canonical import canonical
from listbackup.base.clock import from_unix_ms, iso, parse_iso, unix_ms
from listbackup.base.errors import BackendError, PlatformError, PlatformFault
from listbackup.base.ids import is_id, new_id
from listbackup.base.log import JsonLines, log_context
from listbackup.base.paging import Page, iter_pages
from listbackup.base.retry import RetryPolicy, retry
from listbackup.base.secret import Secret
from listbackup.testing.clock import ManualClock


def test_ids_sort_by_the_time_they_were_made() -> None:
    made = [new_id("run", ms) for ms in (1, 1_000, 1_700_000_000_000, 1_800_000_000_000)]
    assert made == sorted(made)
    assert all(is_id(one, "run") for one in made)


@pytest.mark.parametrize("text", ["", "run_", "run_short", "src_" + "0" * 26, "run_" + "u" * 26, "run_" + "0" * 26 + "\n"])
def test_what_is_not_an_id_is_not_taken_for_one(text: str) -> None:
    assert not is_id(text, "run")


def test_an_instant_survives_its_text_and_its_number() -> None:
    at = datetime(2026, 3, 29, 1, 59, 59, 123000, tzinfo=UTC)
    assert parse_iso(iso(at)) == at == from_unix_ms(unix_ms(at))
    with pytest.raises(ValueError, match="time zone"):
        parse_iso("2026-03-29T01:00:00")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"b": 1, "a": 18446744073709551616}', b'{"a":18446744073709551616,"b":1}'),
        (b'{"x": 0.10, "y": 1E+2, "z": -0}', b'{"x":0.10,"y":1E+2,"z":-0}'),
        (b'{"a": {"c": [1, {"z": 1, "y": 2}]}}', b'{"a":{"c":[1,{"y":2,"z":1}]}}'),
        (b'"\\u00e9"', '"é"'.encode()),
    ],
)
def test_the_canonical_form_sorts_keys_and_keeps_numbers_as_written(raw: bytes, expected: bytes) -> None:
    assert canonical(raw) == expected


def test_volatile_paths_do_not_count() -> None:
    before, after = b'{"a":1,"seen":{"at":"x","by":"y"},"l":[{"t":1,"v":2}]}', b'{"a":1,"seen":{"at":"z","by":"y"},"l":[{"t":9,"v":2}]}'
    assert canonical(before, [("seen", "at"), ("l", "*", "t")]) == canonical(after, [("seen", "at"), ("l", "*", "t")])
    assert canonical(before) != canonical(after)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(_JSON)
def test_order_and_white_space_never_change_the_canonical_form(value: object) -> None:
    assert canonical(json.dumps(value, indent=3).encode()) == canonical(json.dumps(value, sort_keys=True, ensure_ascii=False).encode())


@pytest.mark.parametrize("raw", [b'{"a":NaN}', b"[" * 100_000, b'"\\ud800"', b"{", b""])
def test_what_has_no_canonical_form_is_a_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError):
        canonical(raw)


@given(st.binary(max_size=40))
def test_what_is_not_json_is_a_value_error(raw: bytes) -> None:
    with contextlib.suppress(ValueError):
        canonical(raw)


def test_retries_stop_at_the_policy_and_honour_what_the_platform_asked_for() -> None:
    clock = ManualClock()
    start = clock.monotonic()
    left = [
        PlatformError("slow down", fault=PlatformFault.RATE_LIMITED, retry_after=timedelta(seconds=7)),
        BackendError("locked", retryable=True),
    ]

    def call() -> str:
        if left:
            raise left.pop(0)
        return "done"

    assert retry(call, clock=clock, rng=random.Random(1)) == "done"
    assert 7 <= clock.monotonic() - start <= 8


def test_what_is_not_retryable_is_raised_at_once() -> None:
    calls = []

    def call() -> None:
        calls.append(1)
        raise PlatformError("no", fault=PlatformFault.NEEDS_REAUTH)

    with pytest.raises(PlatformError):
        retry(call, clock=ManualClock())
    assert calls == [1]


def test_the_last_failure_is_raised_as_it_came() -> None:
    clock, calls = ManualClock(), []

    def call() -> None:
        calls.append(1)
        raise BackendError("busy", retryable=True)

    with pytest.raises(BackendError, match="busy"):
        retry(call, clock=clock, policy=RetryPolicy(attempts=4))
    assert len(calls) == 4


def test_a_wait_longer_than_the_policy_grants_is_the_schedulers_business() -> None:
    def call() -> None:
        raise PlatformError("tomorrow", fault=PlatformFault.RATE_LIMITED, retry_after=timedelta(hours=5))

    clock = ManualClock()
    before = clock.monotonic()
    with pytest.raises(PlatformError):
        retry(call, clock=clock)
    assert clock.monotonic() == before


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret("hunter2-hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert secret == Secret("hunter2-hunter2") != Secret("other")
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_log_lines_carry_the_ids_of_what_is_worked_on() -> None:
    record = logging.LogRecord("listbackup.worker", logging.INFO, "x.py", 1, "took %s pages", (3,), None)
    with log_context(run="run_1", source="src_1"):
        line = json.loads(JsonLines().format(record))
    assert {k: line[k] for k in ("level", "logger", "message", "run", "source")} == {
        "level": "info",
        "logger": "listbackup.worker",
        "message": "took 3 pages",
        "run": "run_1",
        "source": "src_1",
    }
    assert "run" not in json.loads(JsonLines().format(record))


def test_pages_are_fetched_as_they_are_asked_for() -> None:
    asked: list[str | None] = []

    def fetch(cursor: str | None) -> Page[int]:
        asked.append(cursor)
        number = int(cursor or 0)
        return Page(items=[number * 2, number * 2 + 1], next_cursor=str(number + 1) if number < 2 else None)

    numbers = iter_pages(fetch)
    assert [next(numbers), next(numbers)] == [0, 1]
    assert asked == [None]
    assert list(numbers) == [2, 3, 4, 5]
