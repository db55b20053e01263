"""Erasures: looked for, shown, ordered by a person, carried out in the background, and kept out afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from listbackup.backends.table.lease import LeaseGone
from listbackup.backends.table.port import ConditionFailed
from listbackup.base.clock import unix_ms
from listbackup.base.errors import BackendError, BusyError, Conflict, InputError, Interrupted, ListBackupError, NotFound
from listbackup.base.ids import SourceId, first_id
from listbackup.base.numbers import whole
from listbackup.base.paging import Page
from listbackup.services.data import Data, Errander, ErrandKind, Upkeep, order, parse_key
from listbackup.services.desk import Desk, Fact
from listbackup.services.erasures.events import erasure_fact
from listbackup.services.erasures.lists import Lists
from listbackup.services.erasures.model import Erasure, ErasureState, Named, Order
from listbackup.services.erasures.table import ERASURES
from listbackup.services.exports import Exports
from listbackup.services.holding import Hold, held, is_held
from listbackup.services.rows import Rows, Writes
from listbackup.services.scope import Scope
from listbackup.services.sources import bar, bar_digest
from listbackup.services.stores import Keys
from listbackup.store.keycode import encode_key

MAX_RECORDS = 100_000
_BARRED_AT_ONCE = 50
_ACTIVE = "active"
_TRIES = 10


class Erasures:
    """The erasures of an account."""

    def __init__(self, desk: Desk, *, data: Data, upkeep: Upkeep, exports: Exports, keys: Keys) -> None:
        self._desk, self._data, self._upkeep, self._exports, self._keys = desk, data, upkeep, exports, keys

    def ask(self, scope: Scope, order: Order, *, reason: str, keep_out: bool = True) -> Erasure:
        """An erasure that is written down: ``carry_out`` looks for what it is about and touches nothing. Raises InputError, NotFound for a source."""
        if (order.text is None) == (not order.records):
            raise InputError("say either which text the records hold, or which records", field="text")
        for source in [*(order.sources or ()), *(one[0] for one in order.records)]:
            next(self._data.kept_sources(scope, source))
        erasure = Erasure(
            id=self._desk.new_id("ers"),
            state=ErasureState.SEARCHING,
            reason=reason,
            keep_out=keep_out,
            created_at=self._desk.clock.now(),
            actor=scope.actor,
        )
        writes = [*self._rows(scope).insert(erasure), *self._lists(scope, erasure.id).put_order(order)]
        self._desk.commit(scope, writes, erasure_fact("asked", erasure))
        return erasure

    def get(self, scope: Scope, erasure: str) -> Erasure:
        """The erasure of this id. Raises NotFound."""
        return self._rows(scope).get(erasure)

    def list(self, scope: Scope, *, limit: int = 100, cursor: str | None = None) -> Page[Erasure]:
        """Erasures, newest first."""
        return self._rows(scope).page(reverse=True, limit=limit, cursor=cursor)

    def records(self, scope: Scope, erasure: str, *, cursor: str | None = None) -> Page[Named]:
        """What would go, piece by piece. Raises NotFound once the erasure is over: then nothing says any more who it was."""
        found = self.get(scope, erasure)
        number = (whole(cursor, most_digits=8) if cursor is not None else None) or 0
        if number >= found.pieces:
            return Page(items=[])
        following = str(number + 1) if number + 1 < found.pieces else None
        return Page(items=self._lists(scope, found.id).read(number), next_cursor=following)

    def order(self, scope: Scope, erasure: str) -> Erasure:
        """The erasure, to be carried out now. Raises Conflict unless it is planned."""

        def ordered(old: Erasure) -> Erasure:
            if old.state is not ErasureState.PLANNED:
                raise Conflict(f"the erasure is not planned: it is {old.state.value}")
            return replace(old, state=ErasureState.ERASING)

        return self._edit(scope, erasure, ordered, None, "ordered")

    def cancel(self, scope: Scope, erasure: str) -> Erasure:
        """The erasure, given up before anything was touched. Raises Conflict once it was ordered."""

        def cancelled(old: Erasure) -> Erasure:
            if old.state not in (ErasureState.SEARCHING, ErasureState.PLANNED):
                raise Conflict(f"it is too late: the erasure is {old.state.value}")
            return replace(old, state=ErasureState.CANCELLED, ended_at=self._desk.clock.now(), pieces=0)

        done = self._edit(scope, erasure, cancelled, None, "cancelled")
        if is_held(self._desk, _lease_of(scope, erasure)):  # somebody looks at this moment, and forgets what is found
            self._lists(scope, erasure).clear()
            return done
        return self._forget(scope, erasure)

    def carry_out(self, scope: Scope, erasure: str, *, should_stop: Callable[[], bool] = lambda: False, take_over: bool = False) -> Erasure:
        """The erasure after its next step: planned, or done. Raises BusyError while a run of a source is open: it goes on later; and while another is at it,
        unless that one died (``take_over``)."""
        with held(self._desk, _lease_of(scope, erasure), take_over=take_over) as hold:
            found = self.get(scope, erasure)
            try:
                if found.state is ErasureState.SEARCHING:
                    return self._plan(scope, found, hold, should_stop)
                if found.state is ErasureState.ERASING:
                    found = self._erase(scope, found, hold, should_stop)
            except (LeaseGone, BusyError, BackendError):  # it goes on later
                raise
            except Interrupted:
                if self.get(scope, erasure).state.is_over:  # cancelled meanwhile
                    self._forget(scope, erasure)
                raise
            except ListBackupError as error:
                found = self._fail(scope, found, hold, error.message)
            return self._forget(scope, erasure) if found.state.is_over and not found.is_forgotten else found

    def give_up(self, scope: Scope, erasure: str, why: str) -> None:
        """The erasure has failed, for this reason: nobody tries it again by itself. What was taken out stays out. Raises NotFound."""
        with held(self._desk, _lease_of(scope, erasure), take_over=True) as hold:
            found = self.get(scope, erasure)
            if found.state.is_active:
                self._fail(scope, found, hold, why)
                self._forget(scope, erasure)

    def tend(self, scope: Scope, errands: Errander) -> None:
        """Go on with what was interrupted, or waited for a run to end; forget what is over."""
        for one in list(self._rows(scope).iter(part=_ACTIVE, index="active")):
            if not is_held(self._desk, _lease_of(scope, one.id)):
                self.send(scope, one, errands)

    def forget_ended(self, scope: Scope, before: datetime) -> Iterator[int]:
        """Takes away what is known of erasures that were asked for before this moment and are over; each step is one of them. What was erased stays barred."""
        rows = self._rows(scope)
        for one in rows.iter():
            if one.id >= first_id(rows.prefix, unix_ms(before)):
                return
            if one.state.is_over and one.is_forgotten:
                self._desk.commit(scope, rows.remove(one))
                yield 1

    def send(self, scope: Scope, erasure: Erasure, errands: Errander) -> None:
        """Have its next step done in the background, unless this process is at it already."""
        try:
            errands.send(
                order(ErrandKind.ERASE, scope, erasure.id), lambda should_stop: self.carry_out(scope, erasure.id, should_stop=should_stop)
            )
        except (BusyError, Interrupted):
            return

    # inside ------------------------------------------------------------------------------------------------------------

    def _plan(self, scope: Scope, erasure: Erasure, hold: Hold, should_stop: Callable[[], bool]) -> Erasure:
        lists = self._lists(scope, erasure.id)
        found: list[Named] = []
        for one in self._sought(scope, lists.order(), should_stop):
            found.append(one)
            hold.beat()
            if len(found) > MAX_RECORDS:
                raise InputError(f"more than {MAX_RECORDS:,} records hold that: name fewer", field="text")
        if should_stop():
            raise Interrupted("stopped while looking", hint="it goes on with the next start")
        counted: dict[SourceId, Counter[str]] = {}
        for one in found:
            counted.setdefault(SourceId(one.source), Counter())[one.stream] += 1
        pieces = lists.write(found)
        now = self._desk.clock.now()
        edit = lambda old: replace(old, state=ErasureState.PLANNED, planned_at=now, found=counted, pieces=pieces)  # noqa: E731
        return self._edit(scope, erasure.id, edit, hold, "planned")

    def _sought(self, scope: Scope, order: Order, should_stop: Callable[[], bool]) -> Iterator[Named]:
        if order.text is None:
            yield from self._named(scope, order)
            return
        from listbackup.store.erase import find_holding

        chosen = [next(self._data.kept_sources(scope, one)) for one in order.sources] if order.sources else self._data.kept_sources(scope)
        for source in chosen:
            for stream, key in find_holding(self._data.kept_store(scope, source), order.text, should_stop):
                yield Named(source=source.id, stream=stream, code=encode_key(key))

    def _named(self, scope: Scope, order: Order) -> Iterator[Named]:
        for source, stream, text in order.records:
            of = next(self._data.kept_sources(scope, source))
            store = self._data.kept_store(scope, of)
            key = next((one for one in parse_key(text) if store.history(stream, one)), None)
            if key is None:
                raise NotFound(f"{stream} never held one of these records")
            yield Named(source=of.id, stream=stream, code=encode_key(key))

    def _erase(self, scope: Scope, erasure: Erasure, hold: Hold, should_stop: Callable[[], bool]) -> Erasure:
        by_source: dict[str, list[Named]] = {}
        for one in self._lists(scope, erasure.id).iter(erasure.pieces):
            by_source.setdefault(one.source, []).append(one)
        now_at = erasure
        for source, records in by_source.items():
            if source in erasure.done:
                continue
            if should_stop():
                raise Interrupted("stopped between two sources", hint="it goes on with the next start")
            if erasure.keep_out:
                self._bar(scope, SourceId(source), records)  # before anything goes, so that no run in between brings it back
            self._exports.forget_source(scope, source)
            self._take_out(scope, source, records)
            self._exports.forget_source(scope, source)  # once more: one may have been asked for while they were still there
            hold.beat()
            now_at = self._edit(scope, erasure.id, _with_done(SourceId(source)), hold)
        now = self._desk.clock.now()
        return self._edit(scope, now_at.id, lambda old: replace(old, state=ErasureState.DONE, ended_at=now, pieces=0), hold, "done")

    def _take_out(self, scope: Scope, source: str, records: Sequence[Named]) -> None:
        """Out of every snapshot. A source whose end came between the search and this moment holds nothing any more."""
        try:
            next(self._data.kept_sources(scope, source))
        except NotFound:
            return
        self._upkeep.erase(scope, source, [(one.stream, one.key) for one in records])

    def _forget(self, scope: Scope, erasure: str) -> Erasure:
        """The erasure that is over, with nothing left of whom it was about. Until this is done it is tended."""
        self._lists(scope, erasure).clear()
        return self._edit(scope, erasure, lambda old: replace(old, is_forgotten=True), None)

    def _bar(self, scope: Scope, source: SourceId, records: Sequence[Named]) -> None:
        """Records without a key of their own are named by their content, which no later run could recognise before it is kept."""
        secret = self._keys.for_account(scope.account).id_key
        by_stream: dict[str, list[str]] = {}
        for one in records:
            key = tuple(part for part in one.key if not isinstance(part, bytes))
            if len(key) == len(one.key):
                by_stream.setdefault(one.stream, []).append(bar_digest(secret, one.stream, key))
        for stream, digests in by_stream.items():
            for start in range(0, len(digests), _BARRED_AT_ONCE):
                self._desk.commit(scope, bar(self._desk, scope, source, stream, dict.fromkeys(digests[start : start + _BARRED_AT_ONCE])))

    def _fail(self, scope: Scope, erasure: Erasure, hold: Hold, message: str) -> Erasure:
        now = self._desk.clock.now()
        edit = lambda old: replace(  # noqa: E731
            old, state=ErasureState.FAILED, ended_at=now, message=_ended_by(message, old), pieces=0
        )
        return self._edit(scope, erasure.id, edit, hold, "failed")

    def _edit(
        self, scope: Scope, erasure: str, edit: Callable[[Erasure], Erasure], hold: Hold | None, happened: str | None = None
    ) -> Erasure:
        for _ in range(_TRIES):
            old = self._rows(scope).get(erasure)
            if hold is not None and old.state is ErasureState.CANCELLED:
                raise Interrupted("the erasure was cancelled")
            new, writes = self._rows(scope).change(old, edit(old))
            facts: Sequence[Fact] = [erasure_fact(happened, new)] if happened else []
            held_by: Writes = [hold.check()] if hold is not None else []
            try:
                self._desk.commit(scope, [*writes, *held_by], *facts)
            except ConditionFailed as error:
                if error.position >= len(writes):
                    raise LeaseGone("another worker has the erasure", hint="nothing is lost; the other one goes on") from None
                continue
            return new
        raise BusyError(f"erasure {erasure} changes too fast", hint="repeat it in a moment")

    def _lists(self, scope: Scope, erasure: str) -> Lists:
        return Lists(self._desk, scope, self._keys, erasure)

    def _rows(self, scope: Scope) -> Rows[Erasure]:
        def columns(one: Erasure) -> Mapping[str, str | int | bool | bytes | None]:
            return {"active": _ACTIVE if one.state.is_active or (one.state.is_over and not one.is_forgotten) else None}

        return Rows(self._desk.open(ERASURES, scope), Erasure, noun="erasure", prefix="ers", columns=columns)


def _with_done(source: SourceId) -> Callable[[Erasure], Erasure]:
    return lambda old: replace(old, done=(*old.done, source))


def _ended_by(why: str, erasure: Erasure) -> str:
    """Why it ends here, what is true of it, and the way on: nothing half erased is taken for erased."""
    why = why.rstrip(".")
    if erasure.state is not ErasureState.ERASING:
        return f"{why}. Nothing was erased: ask for it again."
    done, of = len(erasure.done), len(erasure.found)
    return f"{why}. The records are known to be gone from {done} of {of} sources only: ask for it again, it goes on with what is left."


def _lease_of(scope: Scope, erasure: str) -> str:
    return f"erasure/{scope.account}/{erasure}"
