"""A state machine that tells a table and a plain dict the same things."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from listbackup.backends.table.port import (
    Absent,
    Check,
    Condition,
    ConditionFailed,
    Delete,
    Equals,
    Exists,
    IndexSpec,
    Put,
    Scalar,
    Table,
    Tables,
    TableSpec,
    Update,
    Write,
)
from listbackup.base.clock import unix_ms
from listbackup.base.errors import InputError
from listbackup.base.paging import iter_pages
from listbackup.testing.clock import ManualClock

ONE = TableSpec(name="one", indexes=(IndexSpec(name="by-x", pk="x", sk="y"), IndexSpec(name="by-y", pk="y", sk="sk")), ttl="until")
TWO = TableSpec(name="two")

Ground = Callable[[ManualClock], Tables]  # called again: what was kept by the first (SQLite), as after a restart

_PKS = st.sampled_from(["a", "b"])
_SKS = st.sampled_from(["1", "11", "1\x00", "2", "ä", "\U0001f600"])
_WORDS = st.sampled_from(["q", "q", "qq"])
_NUMBERS = st.sampled_from([0, 1, -1, 2**62, -(2**63)])
_SCALARS: st.SearchStrategy[Scalar] = st.one_of(st.none(), st.booleans(), _NUMBERS, _WORDS, st.binary(max_size=3))
_LIFE = st.sampled_from([None, None, None, 0, 2, 5])
_CHANGES = st.fixed_dictionaries(
    {}, optional={"x": st.one_of(st.none(), _WORDS), "y": st.one_of(st.none(), _WORDS), "n": _NUMBERS, "any": _SCALARS}
)
_ATTRIBUTES = st.one_of(_CHANGES, st.fixed_dictionaries({"x": _WORDS, "y": _WORDS}, optional={"n": _NUMBERS, "any": _SCALARS}))
_LISTINGS = st.one_of(
    st.tuples(st.none(), _PKS),
    st.tuples(st.just("by-x"), _WORDS),
    st.tuples(st.just("by-y"), _WORDS),
)
_CONDITIONS: st.SearchStrategy[Condition | None] = st.one_of(
    st.none(),
    st.none(),
    st.none(),
    st.none(),
    st.just(Absent()),
    st.just(Exists()),
    st.fixed_dictionaries({}, optional={"x": st.one_of(st.none(), _WORDS), "n": _NUMBERS, "any": _SCALARS}).map(Equals),
)


@st.composite
def _writes(draw: st.DrawFn) -> tuple[str, Write]:
    """A write and the name of its table; an expiry in it is relative to now."""
    pk, sk, condition = draw(_PKS), draw(_SKS), draw(_CONDITIONS)
    kind = draw(st.sampled_from(["put", "put", "put", "put", "update", "update", "delete", "check"]))
    write: Write
    if kind == "put":
        write = Put(item={"pk": pk, "sk": sk, **draw(_ATTRIBUTES), "until": draw(_LIFE)}, if_=condition)
    elif kind == "update":
        write = Update(pk=pk, sk=sk, set=draw(_CHANGES), add=draw(st.fixed_dictionaries({}, optional={"m": _NUMBERS})), if_=condition)
    elif kind == "delete":
        write = Delete(pk=pk, sk=sk, if_=condition)
    else:
        write = Check(pk=pk, sk=sk, if_=condition or Exists())
    return draw(st.sampled_from(["one", "one", "two"])), write


class TableMachine(RuleBasedStateMachine):
    """Whatever was written, the table and the dict hold and list the same."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.ground = ground
        self.model: dict[str, dict[tuple[str, str], dict[str, Scalar]]] = {"one": {}, "two": {}}
        self._open()

    def _open(self) -> None:
        self.tables = self.ground(self.clock)
        self.real: dict[str, Table] = {"one": self.tables.open(ONE), "two": self.tables.open(TWO)}

    @rule(writes=st.lists(_writes(), min_size=1, max_size=4))
    def transact(self, writes: list[tuple[str, Write]]) -> None:
        """A transaction, or a single write through the short form."""
        dated = [(name, self._dated(write)) for name, write in writes]
        expected = self._expected(dated)
        got: Any
        try:
            if len(dated) == 1 and isinstance(dated[0][1], Update):
                got = self.real[dated[0][0]].update(dated[0][1])
                assert got == self._after(dated)[dated[0][0]][(got["pk"], got["sk"])]
            else:
                self.tables.transact([(self.real[name], write) for name, write in dated])
            got = None
        except ConditionFailed as failed:
            got = failed.position
        except InputError:
            got = "refused"
        assert got == expected
        if got is None:
            self.model = self._after(dated)

    @rule(pk=_PKS, sks=st.lists(_SKS, min_size=2, max_size=6, unique=True), x=_WORDS, y=_WORDS)
    def fill(self, pk: str, sks: list[str], x: str, y: str) -> None:
        """Many items of one place in the indexes, so that listings have pages."""
        self.transact([("one", Put(item={"pk": pk, "sk": sk, "x": x, "y": y, "until": None})) for sk in sks])

    @rule(seconds=st.sampled_from([0, 0, 1, 3]))
    def advance(self, seconds: int) -> None:
        """Time passes; items expire."""
        self.clock.advance(timedelta(seconds=seconds))

    @rule()
    def restart(self) -> None:
        """Another process opens what was kept."""
        self._open()

    @rule(
        listing=_LISTINGS,
        prefix=st.sampled_from(["", "", "1", "q"]),
        after=st.sampled_from([None, None, "1", "q"]),
        before=st.sampled_from([None, None, "2", "ä"]),
        reverse=st.booleans(),
        limit=st.integers(1, 4),
    )
    def query(self, listing: tuple[str | None, str], prefix: str, after: str | None, before: str | None, reverse: bool, limit: int) -> None:
        """All pages of a listing."""
        index, partition = listing
        pk, sk = {None: ("pk", "sk"), "by-x": ("x", "y"), "by-y": ("y", "sk")}[index]
        expected = [
            item
            for item in self._alive("one").values()
            if item.get(pk) == partition
            and isinstance(place := item.get(sk), str)
            and place.startswith(prefix)
            and (after is None or place > after)
            and (before is None or place < before)
        ]
        expected.sort(key=lambda item: tuple(str(item[name]).encode() for name in (sk, "pk", "sk")), reverse=reverse)
        pages = iter_pages(
            lambda cursor: self.real["one"].query(
                partition, index=index, prefix=prefix, after=after, before=before, reverse=reverse, limit=limit, cursor=cursor
            )
        )
        assert list(pages) == expected

    @invariant()
    def every_key_reads_alike(self) -> None:
        """A read by key gives what the dict holds, of the same types."""
        for name, table in self.real.items():
            alive = self._alive(name)
            for key in [(pk, sk) for pk in ("a", "b") for sk in ("1", "11", "2", "ä")]:
                assert _typed(table.find(*key)) == _typed(alive.get(key))

    def _dated(self, write: Write) -> Write:
        if isinstance(write, Put) and isinstance(write.item["until"], int):
            return Put(item={**write.item, "until": unix_ms(self.clock.now()) // 1000 + write.item["until"]}, if_=write.if_)
        return write

    def _alive(self, name: str) -> dict[tuple[str, str], dict[str, Scalar]]:
        now = self.clock.now().timestamp()
        until = "until" if name == "one" else "no such attribute"
        return {key: item for key, item in self.model[name].items() if (end := item.get(until)) is None or float(str(end)) > now}

    def _expected(self, writes: list[tuple[str, Write]]) -> int | str | None:
        """None: all happens; a number: that write's condition fails; ``refused``: the transaction makes no sense."""
        if len({(name, *_key(write)) for name, write in writes}) != len(writes):
            return "refused"
        for position, (name, write) in enumerate(writes):
            item = self._alive(name).get(_key(write))
            if not _holds(write.if_, item) or (isinstance(write, Update) and item is None):
                return position
            if isinstance(write, Update) and item is not None and any(not _adds(item.get(m), n) for m, n in write.add.items()):
                return "refused"
        return None

    def _after(self, writes: list[tuple[str, Write]]) -> dict[str, dict[tuple[str, str], dict[str, Scalar]]]:
        after = {name: self._alive(name) for name in self.model}
        for name, write in writes:
            if isinstance(write, Put):
                after[name][_key(write)] = dict(write.item)
            elif isinstance(write, Delete):
                after[name].pop(_key(write), None)
            elif isinstance(write, Update):
                old = after[name][_key(write)]
                new = {**old, **write.set, **{m: int(str(old.get(m) or 0)) + n for m, n in write.add.items()}}
                after[name][_key(write)] = {m: value for m, value in new.items() if value is not None or m not in write.set}
        return after


def check_table(ground: Callable[[], Ground], runs: settings) -> None:
    """Runs the machine over fresh grounds; raises AssertionError with the shortest story that ends badly."""
    run_state_machine_as_test(lambda: TableMachine(ground()), settings=runs)  # type: ignore[arg-type]  # any maker of machines will do


def _key(write: Write) -> tuple[str, str]:
    return (str(write.item["pk"]), str(write.item["sk"])) if isinstance(write, Put) else (write.pk, write.sk)


def _holds(condition: Condition | None, item: dict[str, Scalar] | None) -> bool:
    if condition is None:
        return True
    if item is None:
        return isinstance(condition, Absent)
    if isinstance(condition, Equals):
        return all(repr(item.get(name)) == repr(value) for name, value in condition.attributes.items())
    return isinstance(condition, Exists)


def _adds(old: Scalar, number: int) -> bool:
    return old is None or -(2**63) <= int(str(old)) + number < 2**63


def _typed(item: Any) -> Any:
    return item if item is None else {name: (type(value), value) for name, value in item.items()}
