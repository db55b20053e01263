"""What every table adapter keeps of listings: order, bounds, pages, indexes, cursors, expiry. Part of ``TableSuite``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from listbackup.backends.table.port import (
    Absent,
    ConditionFailed,
    Delete,
    IndexSpec,
    Item,
    Table,
    Tables,
    TableSpec,
    Update,
)
from listbackup.base.clock import unix_ms
from listbackup.base.errors import InputError
from listbackup.base.paging import iter_pages
from listbackup.testing.clock import ManualClock

JOBS = TableSpec(
    name="jobs",
    indexes=(IndexSpec(name="by-state", pk="state", sk="at"), IndexSpec(name="by-owner", pk="owner", sk="sk")),
    ttl="expires_at",
)

# In the order of their UTF-8 bytes, which is not the order of UTF-16 nor of any language.
SORTED_KEYS = [
    "!",
    "0",
    "00",
    "1",
    "10",
    "9",
    "A",
    "Z",
    "_",
    "a",
    "a\x00",
    "a\x00b",
    "a b",
    "aa",
    "ä",
    "ÿ",
    "Ā",
    "ﬀ",
    "\uffff",
    "\U0001f600",
    "\U0010ffff",
]


class TableQueries:
    """The sentences of ``table/port.py`` about queries and expiry."""

    # Queries.

    def test_a_query_lists_one_partition_in_the_order_of_utf8_bytes(self, jobs: Table) -> None:
        for sk in sorted(SORTED_KEYS, key=hash):
            jobs.put({"pk": "a", "sk": sk})
            jobs.put({"pk": "ab", "sk": sk})
        forth = [item["sk"] for item in jobs.query("a").items]
        assert forth == SORTED_KEYS == sorted(SORTED_KEYS, key=str.encode)
        assert [item["sk"] for item in jobs.query("a", reverse=True).items] == SORTED_KEYS[::-1]
        assert list(jobs.query("nobody").items) == []

    @pytest.mark.parametrize("reverse", [False, True])
    @pytest.mark.parametrize(
        ("prefix", "after", "before"),
        [
            ("", None, None),
            ("a", None, None),
            ("a\x00", None, None),
            ("\U0010ffff", None, None),
            ("\ud7ff", None, None),
            ("", "A", None),
            ("", None, "aa"),
            ("", "a", "ÿ"),
            ("a", "a\x00", "aa"),
            ("a", "b", None),
            ("", "b", "a"),
            ("", "", "\U0010ffff\U0010ffff"),
        ],
    )
    def test_prefix_and_bounds_keep_what_they_say(
        self, jobs: Table, prefix: str, after: str | None, before: str | None, reverse: bool
    ) -> None:
        for sk in SORTED_KEYS:
            jobs.put({"pk": "a", "sk": sk})
        kept = [sk for sk in SORTED_KEYS if sk.startswith(prefix) and (after is None or sk > after) and (before is None or sk < before)]
        for limit in (1, 3, 100):
            pages = iter_pages(
                lambda cursor, limit=limit: jobs.query(  # type: ignore[misc]
                    "a", prefix=prefix, after=after, before=before, reverse=reverse, limit=limit, cursor=cursor
                )
            )
            assert [item["sk"] for item in pages] == (kept[::-1] if reverse else kept)

    def test_the_last_page_has_no_cursor(self, jobs: Table) -> None:
        for n in range(4):
            jobs.put({"pk": "a", "sk": str(n)})
        first = jobs.query("a", limit=2)
        second = jobs.query("a", limit=2, cursor=first.next_cursor)
        assert ([item["sk"] for item in first.items], [item["sk"] for item in second.items]) == (["0", "1"], ["2", "3"])
        assert (first.next_cursor is None, second.next_cursor) == (False, None)

    def test_an_index_lists_by_its_attributes_and_leaves_out_items_without_them(self, jobs: Table) -> None:
        jobs.put({"pk": "a", "sk": "1", "state": "due", "at": "09"})
        jobs.put({"pk": "b", "sk": "2", "state": "due", "at": "07"})
        jobs.put({"pk": "b", "sk": "1", "state": "due", "at": "08"})
        jobs.put({"pk": "b", "sk": "3", "state": "done", "at": "01"})
        jobs.put({"pk": "b", "sk": "4", "state": "due"})
        jobs.put({"pk": "b", "sk": "5", "state": None, "at": "01"})
        assert keys(jobs.query("due", index="by-state").items) == [("b", "2"), ("b", "1"), ("a", "1")]
        assert keys(jobs.query("due", index="by-state", after="07", before="09").items) == [("b", "1")]
        assert keys(jobs.query("due", index="by-state", reverse=True, limit=1).items) == [("a", "1")]

    def test_an_index_follows_every_write(self, tables: Tables, jobs: Table) -> None:
        jobs.put({"pk": "a", "sk": "1", "state": "due", "at": "1", "owner": "o"})
        jobs.update(Update(pk="a", sk="1", set={"state": "done"}))
        assert (keys(jobs.query("due", index="by-state").items), keys(jobs.query("done", index="by-state").items)) == ([], [("a", "1")])
        jobs.update(Update(pk="a", sk="1", set={"at": None}))
        assert (keys(jobs.query("done", index="by-state").items), keys(jobs.query("o", index="by-owner").items)) == ([], [("a", "1")])
        tables.transact([(jobs, Delete(pk="a", sk="1"))])
        assert keys(jobs.query("o", index="by-owner").items) == []

    @pytest.mark.parametrize("reverse", [False, True])
    def test_equal_sort_keys_of_an_index_lose_nothing_between_pages(self, jobs: Table, reverse: bool) -> None:
        wanted = [(pk, f"{n}") for pk in "abc" for n in range(5)]
        for pk, sk in wanted:
            jobs.put({"pk": pk, "sk": sk, "state": "due", "at": "same"})
        pages = iter_pages(lambda cursor: jobs.query("due", index="by-state", limit=2, cursor=cursor, reverse=reverse))
        assert keys(list(pages)) == (wanted[::-1] if reverse else wanted)

    def test_a_cursor_goes_on_where_it_was_whatever_was_written_meanwhile(self, jobs: Table) -> None:
        for n in (2, 4, 6, 8):
            jobs.put({"pk": "a", "sk": str(n)})
        first = jobs.query("a", limit=2)
        jobs.delete("a", "4")
        jobs.put({"pk": "a", "sk": "1"})
        jobs.put({"pk": "a", "sk": "5"})
        rest = jobs.query("a", limit=9, cursor=first.next_cursor)
        assert [item["sk"] for item in rest.items] == ["5", "6", "8"]

    def test_a_cursor_that_is_none_of_this_listing_is_refused_by_name(self, jobs: Table) -> None:
        for n in range(3):
            jobs.put({"pk": "a", "sk": str(n), "state": "a", "at": str(n)})
        good = jobs.query("a", limit=1).next_cursor
        assert good is not None
        forged = ["", "x", "garbage!", "é", "\ud800", "A" * 5000, good[:-1], good + "A", good + "=", good[::-1], good.swapcase()]
        attempts: list[Callable[[], object]] = [lambda text=text: jobs.query("a", cursor=text) for text in forged]  # type: ignore[misc]
        attempts += [
            lambda: jobs.query("b", cursor=good),
            lambda: jobs.query("a", cursor=good, reverse=True),
            lambda: jobs.query("a", cursor=good, prefix="0"),
            lambda: jobs.query("a", cursor=good, index="by-state"),
        ]
        for attempt in attempts:
            with pytest.raises(InputError) as refused:
                attempt()
            assert refused.value.field == "cursor"

    def test_a_query_that_cannot_be_is_refused_by_name(self, jobs: Table) -> None:
        attempts: list[tuple[str, Callable[[], object]]] = [
            ("limit", lambda: jobs.query("a", limit=0)),
            ("index", lambda: jobs.query("a", index="by-nothing")),
            ("pk", lambda: jobs.query("\ud800")),
            ("prefix", lambda: jobs.query("a", prefix="\ud800")),
        ]
        for field, attempt in attempts:
            with pytest.raises(InputError) as refused:
                attempt()
            assert refused.value.field == field

    # Expiry.

    def test_an_expired_item_is_absent_to_reads_and_conditions(self, jobs: Table, clock: ManualClock) -> None:
        at = unix_ms(clock.now()) // 1000 + 60
        item: Item = {"pk": "a", "sk": "1", "expires_at": at, "state": "due", "at": "1"}
        jobs.put(item)
        jobs.put({"pk": "a", "sk": "2", "expires_at": None})
        clock.advance(timedelta(seconds=59, milliseconds=999))
        assert jobs.find("a", "1") == item
        clock.advance(timedelta(milliseconds=1))
        assert jobs.find("a", "1") is None
        assert keys(jobs.query("a").items) == [("a", "2")]
        assert keys(jobs.query("due", index="by-state").items) == []
        with pytest.raises(ConditionFailed):
            jobs.update(Update(pk="a", sk="1", set={"x": 1}))
        jobs.put({"pk": "a", "sk": "1"}, if_=Absent())
        assert jobs.find("a", "1") == {"pk": "a", "sk": "1"}


def keys(items: Sequence[Item]) -> list[tuple[object, object]]:
    """The keys of these items, in their order."""
    return [(item["pk"], item["sk"]) for item in items]
