"""Exports: asked for, made in the background, kept for some days, fetched by ticket."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from listbackup.backends.objects.port import Objects
from listbackup.backends.table.lease import LeaseGone
from listbackup.backends.table.port import ConditionFailed
from listbackup.base.clock import unix_ms
from listbackup.base.errors import BusyError, Conflict, Interrupted, ListBackupError, NotFound
from listbackup.base.ids import first_id
from listbackup.base.paging import Page
from listbackup.processor.export import ExportFormat, ExportOptions, chosen_streams
from listbackup.services.data import Data, Errander, ErrandKind, order
from listbackup.services.desk import Desk, Fact
from listbackup.services.downloads import Delivery, Downloads, Kind, Ticket, safe_name
from listbackup.services.exports.bundle import zip_chunks
from listbackup.services.exports.events import export_fact
from listbackup.services.exports.making import Cancelled, Making
from listbackup.services.exports.model import KEPT_FOR, MAX_ATTEMPTS, Export, ExportState
from listbackup.services.exports.shelf import Shelf
from listbackup.services.exports.table import EXPORTS
from listbackup.services.holding import Hold, held, is_held
from listbackup.services.rows import Rows
from listbackup.services.scope import Scope
from listbackup.services.stores import Keys
from listbackup.services.turns import turn
from listbackup.store import SnapshotInfo

MAX_ACTIVE = 5
_TRIES = 10
_TENDED = "tended"
_ZIP = "zip"


class Exports:
    """The exports of an account. ``workspace`` is a folder of this machine in which one stream at a time lies in the clear while it is written."""

    def __init__(self, desk: Desk, *, data: Data, downloads: Downloads, objects: Objects, keys: Keys, workspace: Path) -> None:
        self._desk, self._data, self._downloads = desk, data, downloads
        self._objects, self._keys, self._workspace = objects, keys, workspace
        downloads.deliver(Kind.EXPORT, self._open)

    def start(
        self,
        scope: Scope,
        source: str,
        snapshot: SnapshotInfo,
        *,
        form: ExportFormat,
        streams: tuple[str, ...] | None = None,
        fields: tuple[str, ...] = (),
        condition: str | None = None,
        attachments: bool = False,
        raw_cells: bool = False,
        keep_for: timedelta = KEPT_FOR,
    ) -> Export:
        """An export that is written down: ``carry_out`` makes it. Raises InputError (no such stream, no condition), Conflict for too many at once."""
        chosen = chosen_streams(snapshot, ExportOptions(streams=streams))
        export = Export(
            id=self._desk.new_id("exp"),
            source=next(iter(self._data.sources_of(scope, source))).id,
            snapshot=snapshot.id,
            snapshot_seq=snapshot.seq,
            format=form,
            streams=streams,
            raw_cells=raw_cells,
            keep_for=keep_for,
            state=ExportState.QUEUED,
            created_at=self._desk.clock.now(),
            actor=scope.actor,
            records_total=sum(snapshot.streams[stream].live for stream in chosen),
            fields=fields,
            condition=condition,
            attachments=attachments,
        )
        export.options()  # what cannot be read is said now
        return self._taken_on(scope, export)

    def _taken_on(self, scope: Scope, export: Export) -> Export:
        """The export written down, if fewer are being made than may be."""
        for _ in range(_TRIES):
            mine = turn(self._desk.open(EXPORTS, scope), "active")
            active = [one for one in self._tended(scope) if one.state.is_active]
            if len(active) >= MAX_ACTIVE:
                raise Conflict(f"{len(active)} exports are being made already", hint="wait for one to end, or cancel one")
            try:
                self._desk.commit(scope, [*self._rows(scope).insert(export), mine], export_fact("created", export))
            except ConditionFailed:  # another was asked for at this moment: count again
                continue
            return export
        raise BusyError("too many exports are asked for at once", hint="repeat it in a moment")

    def carry_out(self, scope: Scope, export: str, *, should_stop: Callable[[], bool] = lambda: False, take_over: bool = False) -> Export:
        """The export, made to its end; one that was interrupted goes on, also at once where whoever had it died (``take_over``).

        Raises BusyError while another is at it, Interrupted when told to stop.
        """
        with held(self._desk, _lease_of(scope, export), take_over=take_over) as hold:
            begun, is_ours = self.get(scope, export), True
            if not begun.state.is_active:
                return begun
            try:
                begun = self._edit(scope, export, self._begun, hold)
                if not begun.state.is_active:
                    self._shelf(scope, export).clear()
                    return begun
                return self._make(scope, begun, hold, should_stop)
            except (Cancelled, NotFound) as error:
                self._shelf(scope, export).clear()
                if isinstance(error, Cancelled):
                    return self.get(scope, export)
                return self._fail(scope, begun, hold, "What it is made of is gone.")
            except LeaseGone:
                is_ours = False
                raise
            except Interrupted:
                raise
            except ListBackupError as error:
                return self._fail(scope, begun, hold, error.message)
            finally:
                if is_ours:  # else somebody else writes there
                    shutil.rmtree(self.room_of(scope, export), ignore_errors=True)

    def give_up(self, scope: Scope, export: str, why: str) -> None:
        """The export has failed, for this reason: nobody tries it again by itself. Raises NotFound."""
        with held(self._desk, _lease_of(scope, export), take_over=True) as hold:
            found = self.get(scope, export)
            if found.state.is_active:
                self._fail(scope, found, hold, why)

    def get(self, scope: Scope, export: str) -> Export:
        """The export of this id. Raises NotFound."""
        return self._rows(scope).get(export)

    def list(self, scope: Scope, *, source: str | None = None, limit: int = 100, cursor: str | None = None) -> Page[Export]:
        """Exports, newest first; those of one source where one is named."""
        if source is None:
            return self._rows(scope).page(reverse=True, limit=limit, cursor=cursor)
        return self._rows(scope).page(part=source, index="by_source", reverse=True, limit=limit, cursor=cursor)

    def cancel(self, scope: Scope, export: str) -> Export:
        """The export, given up; nothing of it stays. Raises Conflict when it is over."""

        def cancelled(old: Export) -> Export:
            if not old.state.is_active:
                raise Conflict(f"the export is over: {old.state.value}")
            return replace(old, state=ExportState.CANCELLED, ended_at=self._desk.clock.now(), files=())

        done = self._edit(scope, export, cancelled, None, "cancelled")
        self._let_go(scope, export)
        return done

    def delete(self, scope: Scope, export: str) -> None:
        """Forget the export and its files, made or not."""
        found = self.get(scope, export)
        try:
            self._desk.commit(scope, self._rows(scope).remove(found), export_fact("deleted", found))
        except ConditionFailed:
            raise Conflict("the export has just changed", hint="repeat it") from None
        self._let_go(scope, export)

    def forget_source(self, scope: Scope, source: str) -> int:
        """Delete the exports of a source: it is purged, or something was erased from it; how many."""
        found = [one for one in self._tended(scope) if one.source == source]
        for one in found:
            self.delete(scope, one.id)
        return len(found)

    def offer(self, scope: Scope, export: str, file: str | None = None) -> Ticket:
        """A ticket for one of its files, or for all as a ZIP. Raises NotFound, Conflict while it is not done."""
        found = self.get(scope, export)
        if found.state is not ExportState.DONE:
            raise Conflict(f"there is nothing to fetch: the export is {found.state.value}")
        names = [one.name for one in found.files]
        if file is not None and file not in names:
            raise NotFound(f"the export has no file {file[:80]!r}")
        part = _ZIP if file is None else str(names.index(file))
        return self._downloads.offer(scope, Kind.EXPORT, f"{found.id}/{part}", subject=found.id)

    def tend(self, scope: Scope, errands: Errander) -> None:
        """Go on with what a crash interrupted, and let go of what was kept long enough."""
        self._sweep(scope)  # before anybody is sent: whoever goes on has the room to itself
        now = self._desk.clock.now()
        for one in self._tended(scope):
            if one.state.is_active and not is_held(self._desk, _lease_of(scope, one.id)):
                self.send(scope, one, errands)
            elif one.state is ExportState.DONE and one.expires_at is not None and one.expires_at <= now:
                self._shelf(scope, one.id).clear()
                self._edit(scope, one.id, lambda old: replace(old, state=ExportState.EXPIRED, files=()), None, "expired")

    def forget_ended(self, scope: Scope, before: datetime) -> Iterator[int]:
        """Takes away what is known of exports that were made before this moment and have no files; each step is one of them."""
        rows = self._rows(scope)
        for one in rows.iter():
            if one.id >= first_id(rows.prefix, unix_ms(before)):
                return
            if not one.state.is_active and one.state is not ExportState.DONE:
                self._desk.commit(scope, rows.remove(one))
                yield 1

    def send(self, scope: Scope, export: Export, errands: Errander) -> None:
        """Have it made in the background, unless this process is at it already."""
        try:
            errands.send(
                order(ErrandKind.EXPORT, scope, export.id), lambda should_stop: self.carry_out(scope, export.id, should_stop=should_stop)
            )
        except (BusyError, Interrupted):
            return

    # inside ------------------------------------------------------------------------------------------------------------

    def _begun(self, old: Export) -> Export:
        if not old.state.is_active:
            return old
        if old.attempts >= MAX_ATTEMPTS:
            now = self._desk.clock.now()
            return replace(old, state=ExportState.FAILED, ended_at=now, message="It was interrupted too often.", files=())
        return replace(old, state=ExportState.RUNNING, attempts=old.attempts + 1)

    def _make(self, scope: Scope, export: Export, hold: Hold, should_stop: Callable[[], bool]) -> Export:
        source = next(iter(self._data.sources_of(scope, export.source)))
        view = self._data.store(scope, export.source).at(export.snapshot_seq)
        last = self._desk.clock.monotonic()

        def pause(records: int) -> None:
            nonlocal last
            if should_stop():
                raise Interrupted("stopped between two records", hint="it goes on with the next start")
            hold.beat()
            if self._desk.clock.monotonic() - last >= 1:
                last = self._desk.clock.monotonic()
                self._edit(scope, export.id, lambda old: replace(old, records=records), hold)

        making = Making(
            view=view,
            snapshot=self._data.snapshot(scope, export.source, export.snapshot_seq),
            source_name=source.name,
            shelf=self._shelf(scope, export.id),
            room=self.room_of(scope, export.id),
            note=lambda change: self._edit(scope, export.id, change, hold),
            pause=pause,
        )
        making.carry_out(export)
        now = self._desk.clock.now()
        done = lambda old: replace(old, state=ExportState.DONE, ended_at=now, expires_at=now + old.keep_for)  # noqa: E731
        return self._edit(scope, export.id, done, hold, "done")

    def _fail(self, scope: Scope, export: Export, hold: Hold, message: str) -> Export:
        self._shelf(scope, export.id).clear()
        now = self._desk.clock.now()
        failed = lambda old: replace(old, state=ExportState.FAILED, ended_at=now, message=message, files=())  # noqa: E731
        return self._edit(scope, export.id, failed, hold, "failed")

    def _edit(self, scope: Scope, export: str, edit: Callable[[Export], Export], hold: Hold | None, happened: str | None = None) -> Export:
        """The row as edited; with a ``hold`` only while it holds. Raises Cancelled, LeaseGone, NotFound."""
        for _ in range(_TRIES):
            old = self._rows(scope).find(export)
            if old is None and hold is None:
                raise NotFound(f"there is no export {export!r}")
            if old is None or (hold is not None and old.state is ExportState.CANCELLED):
                raise Cancelled
            edited = edit(old)
            if edited == old:
                return old
            new, writes = self._rows(scope).change(old, edited)
            facts: Sequence[Fact] = [export_fact(happened, new)] if happened else []
            try:
                self._desk.commit(scope, [*writes, *([hold.check()] if hold is not None else [])], *facts)
            except ConditionFailed as error:
                if error.position >= len(writes):
                    raise LeaseGone("another worker has the export", hint="nothing is lost; the other one goes on") from None
                continue
            return new
        raise BusyError(f"export {export} changes too fast", hint="repeat it in a moment")

    def _open(self, scope: Scope, thing: str) -> Delivery:
        export, _, part = thing.partition("/")
        found, shelf = self.get(scope, export), self._shelf(scope, export)
        if found.state is not ExportState.DONE:
            raise NotFound("the export is gone")
        if part != _ZIP:
            file = found.files[int(part)]
            name = safe_name(file.name.rpartition(".")[0], like=file.name)
            return Delivery(
                filename=name, media_type=_media(file.name), chunks=shelf.read(int(part), file.size_bytes), size_bytes=file.size_bytes
            )
        files = ((file.name, shelf.read(number, file.size_bytes)) for number, file in enumerate(found.files))
        chunks = zip_chunks(files, made_at=found.created_at)
        return Delivery(filename=safe_name("export", found.id[4:], like=".zip") + ".zip", media_type="application/zip", chunks=chunks)

    def room_of(self, scope: Scope, export: str) -> Path:
        """The folder in which its streams lie in the clear, one at a time, while they are written."""
        return self._workspace / scope.account / export

    def _let_go(self, scope: Scope, export: str) -> None:
        """Of everything there is of it. Who writes it at this moment finds that out, and clears up behind itself."""
        self._shelf(scope, export).clear()
        self._empty(scope, export)

    def _sweep(self, scope: Scope) -> None:
        """What a killed process left in the clear, also where nothing else says any more that there was an export."""
        rooms = self._workspace / scope.account
        for name in [room.name for room in rooms.iterdir()] if rooms.is_dir() else ():
            self._empty(scope, name)

    def _empty(self, scope: Scope, export: str) -> None:
        room = self.room_of(scope, export)
        if not room.exists():
            return
        try:
            with held(self._desk, _lease_of(scope, export)):
                shutil.rmtree(room, ignore_errors=True)
        except BusyError:
            return

    def _shelf(self, scope: Scope, export: str) -> Shelf:
        return Shelf(self._objects, self._keys, scope, export)

    def _tended(self, scope: Scope) -> Sequence[Export]:
        return tuple(self._rows(scope).iter(part=_TENDED, index="tended"))

    def _rows(self, scope: Scope) -> Rows[Export]:
        def columns(one: Export) -> dict[str, str | int | bool | bytes | None]:
            tended = _TENDED if one.state.is_active or one.state is ExportState.DONE else None
            return {"source": one.source, "tended": tended}

        return Rows(self._desk.open(EXPORTS, scope), Export, noun="export", prefix="exp", columns=columns)


def _lease_of(scope: Scope, export: str) -> str:
    return f"export/{scope.account}/{export}"


def _media(name: str) -> str:
    kinds = {"jsonl": "application/x-ndjson", "csv": "text/csv", "json": "application/json"}
    return kinds.get(name.rpartition(".")[2], "application/octet-stream")
