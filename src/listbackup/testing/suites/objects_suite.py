"""What every objects adapter and decorator keeps. An adapter's test is a class with ``make``."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from listbackup.backends.objects.port import ObjectExists, ObjectMissing, Objects
from listbackup.base.clock import SystemClock
from listbackup.base.errors import InputError

BAD_NAMES = [
    "",
    ".",
    "..",
    "a/../b",
    "../a",
    "/a",
    "a/",
    "a//b",
    "a/./b",
    "a b",
    "a\\b",
    "a\x00b",
    "a\nb",
    "ä",
    "~tmp/a",
    "a:b",
    "x" * 513,
]

# In the order of their bytes: "-" before "." before "/" before "0", which a walk from folder to folder gets wrong.
SORTED_NAMES = ["A", "a-b/x", "a.b/x", "a.c", "a/b", "a/b-c", "a/b0/c", "a/c/d/e", "a/c0", "a0", "b/a", "b0", "z"]


class ObjectsSuite:
    """Subclass it, say how to ``make`` empty objects, and every promise of the port is tested."""

    def make(self, tmp_path: Path) -> Objects:
        """Empty objects; called once a test."""
        raise AssertionError("the subclass says how to make the objects under test")

    @pytest.fixture
    def objects(self, tmp_path: Path) -> Objects:
        """What is tested."""
        return self.make(tmp_path)

    def test_what_was_put_is_read(self, objects: Objects) -> None:
        objects.put("a/b", b"0123456789")
        assert objects.get("a/b") == b"0123456789"

    def test_chunks_are_one_object(self, objects: Objects) -> None:
        objects.put("a", iter([b"01", b"", b"2345", b"6"]))
        assert objects.get("a") == b"0123456"

    def test_an_object_may_be_empty(self, objects: Objects) -> None:
        objects.put("a", b"")
        objects.put("b", iter(()))
        assert [objects.get("a"), objects.get("b"), objects.get("a", 3), objects.get("a", 0, 5)] == [b""] * 4
        assert objects.get_tail("a", 5) == (b"", 0)

    def test_an_object_may_be_large(self, objects: Objects) -> None:
        chunk = bytes(range(256)) * 4096
        objects.put("big", (chunk for _ in range(20)))
        assert objects.get_tail("big", 3) == (chunk[-3:], 20 << 20)
        assert objects.get("big", (1 << 20) - 2, 4) == chunk[-2:] + chunk[:2]

    def test_a_name_is_taken_once(self, objects: Objects) -> None:
        objects.put("a", b"first")
        with pytest.raises(ObjectExists):
            objects.put("a", b"second")
        with pytest.raises(ObjectExists):
            objects.put("a", iter([b"third"]))
        assert objects.get("a") == b"first"

    def test_the_same_bytes_under_a_taken_name_are_refused_too(self, objects: Objects) -> None:
        objects.put("a", b"same")
        with pytest.raises(ObjectExists):
            objects.put("a", b"same")

    def test_of_many_who_put_at_once_one_succeeds(self, objects: Objects) -> None:
        won: list[bytes] = []
        start = threading.Barrier(8)

        def contend(mine: bytes) -> None:
            start.wait()
            try:
                objects.put("contended", mine)
            except ObjectExists:
                return
            won.append(mine)

        threads = [threading.Thread(target=contend, args=(bytes([n]) * 1000,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert won == [objects.get("contended")]

    def test_a_put_whose_source_fails_leaves_nothing(self, objects: Objects) -> None:
        def source() -> Iterator[bytes]:
            yield b"x" * 100
            raise RuntimeError("the source broke")

        with pytest.raises(RuntimeError, match="the source broke"):
            objects.put("a", source())
        assert objects.find("a") is None
        assert list(objects.list("")) == []

    def test_replace_creates_and_overwrites(self, objects: Objects) -> None:
        objects.replace("head", b"1")
        objects.replace("head", b"22")
        assert objects.get("head") == b"22"
        assert objects.get_tail("head", 9) == (b"22", 2)

    @pytest.mark.parametrize(
        ("start", "length", "expected"),
        [
            (0, None, b"0123456789"),
            (0, 0, b""),
            (0, 3, b"012"),
            (3, 3, b"345"),
            (3, None, b"3456789"),
            (8, 5, b"89"),
            (9, 1, b"9"),
            (10, 1, b""),
            (10, None, b""),
            (99, 5, b""),
            (99, None, b""),
        ],
    )
    def test_a_range_is_half_open_and_cut_at_the_end(self, objects: Objects, start: int, length: int | None, expected: bytes) -> None:
        objects.put("a", b"0123456789")
        assert objects.get("a", start, length) == expected

    @pytest.mark.parametrize(("length", "expected"), [(0, b""), (1, b"9"), (4, b"6789"), (10, b"0123456789"), (11, b"0123456789")])
    def test_a_tail_comes_with_the_size(self, objects: Objects, length: int, expected: bytes) -> None:
        objects.put("a", b"0123456789")
        assert objects.get_tail("a", length) == (expected, 10)

    @pytest.mark.parametrize(("start", "length"), [(-1, 1), (0, -1), (-1, None)])
    def test_a_negative_range_is_refused(self, objects: Objects, start: int, length: int | None) -> None:
        objects.put("a", b"0123456789")
        with pytest.raises(InputError):
            objects.get("a", start, length)

    def test_what_is_not_there_is_missing(self, objects: Objects) -> None:
        objects.put("a/b", b"1")
        for name in ("x", "a", "a/b/c", "a/bb"):
            assert objects.find(name) is None
            for read in (
                lambda: objects.get(name),  # noqa: B023
                lambda: objects.get(name, 1, 2),  # noqa: B023
                lambda: objects.get(name, 0, 0),  # noqa: B023
                lambda: objects.get_tail(name, 5),  # noqa: B023
                lambda: objects.get_tail(name, 0),  # noqa: B023
            ):
                with pytest.raises(ObjectMissing):
                    read()

    def test_find_tells_size_and_time(self, objects: Objects) -> None:
        objects.put("a/b", b"123")
        info = objects.find("a/b")
        assert info is not None
        assert (info.name, info.size_bytes, info.modified_at.tzinfo) == ("a/b", 3, UTC)
        assert abs(SystemClock().now() - info.modified_at) < timedelta(minutes=5)
        assert [info] == list(objects.list("a/b"))

    def test_a_listing_is_in_order_of_the_names_bytes(self, objects: Objects) -> None:
        for name in reversed(SORTED_NAMES):
            objects.put(name, b"")
        assert [info.name for info in objects.list("")] == SORTED_NAMES

    @pytest.mark.parametrize("prefix", ["", "a", "a/", "a/b", "a/b-", "a/c/", "a/c/d/e", "a.", "A", "b", "nothing", "a/nothing/", "a/b/"])
    def test_a_listing_keeps_to_its_prefix(self, objects: Objects, prefix: str) -> None:
        for name in SORTED_NAMES:
            objects.put(name, b"")
        assert [info.name for info in objects.list(prefix)] == [name for name in SORTED_NAMES if name.startswith(prefix)]

    def test_a_listing_may_be_long(self, objects: Objects) -> None:
        names = [f"p/{number:05}" for number in range(1010)]
        for name in names:
            objects.put(name, b"")
        assert [info.name for info in objects.list("p/")] == names

    def test_deleting_is_idempotent(self, objects: Objects) -> None:
        objects.put("a/b", b"1")
        objects.put("a/c", b"2")
        for name in ("a/b", "a/b", "x/y", "a", "a/c/d"):
            objects.delete(name)
        assert [info.name for info in objects.list("")] == ["a/c"]

    def test_a_deleted_name_is_free_again(self, objects: Objects) -> None:
        objects.put("a/b/c", b"1")
        objects.delete("a/b/c")
        objects.put("a/b", b"2")
        assert objects.get("a/b") == b"2"

    @pytest.mark.parametrize("name", BAD_NAMES)
    def test_a_bad_name_is_refused(self, objects: Objects, name: str) -> None:
        for act in (
            lambda: objects.put(name, b""),
            lambda: objects.replace(name, b""),
            lambda: objects.get(name),
            lambda: objects.get_tail(name, 1),
            lambda: objects.find(name),
            lambda: objects.delete(name),
        ):
            with pytest.raises(InputError) as caught:
                act()
            assert not isinstance(caught.value, ObjectMissing)

    @pytest.mark.parametrize("prefix", ["/", "../", "a/../", "a//", "ä", "a b"])
    def test_a_bad_prefix_is_refused(self, objects: Objects, prefix: str) -> None:
        with pytest.raises(InputError):
            list(objects.list(prefix))
