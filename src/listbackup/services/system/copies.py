"""Copies of the control plane: taken when they are due or asked for, read back before they count, and kept as long as they are of use."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import msgspec

from listbackup.backends.objects.port import Objects
from listbackup.backends.os_errors import translated
from listbackup.backends.table.lease import Leases
from listbackup.backends.table.port import Put, Scalar
from listbackup.base.clock import iso
from listbackup.base.decode import from_json
from listbackup.base.errors import BusyError, Conflict, InputError, ListBackupError, NotFound
from listbackup.services.desk import Desk, Fact
from listbackup.services.post import installation
from listbackup.services.scope import Scope
from listbackup.services.system.copy_file import About, Wrapping, open_copy, write_copy
from listbackup.services.system.service import Unwell
from listbackup.services.system.table import INSTALLATION, SYSTEM

_log = logging.getLogger(__name__)

ALWAYS_KEPT = 24  # the newest
_KEY = "copies"
_LEASE = "system-copies"
_LONGEST = timedelta(minutes=15)
_AGAIN_AFTER = timedelta(minutes=5)
_FORM = re.compile(r"(?P<at>\d{8}T\d{9})Z-[0-9a-z]{6,26}\.copy")
_CHUNK = 4 << 20
_NO_PLACE = "no place for copies of the control plane is set"
_PLACE_HINT = "set LISTBACKUP_SYSTEM_BACKUP_TO to a folder on another disk, or to s3://BUCKET/PREFIX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The files of the control plane as they were at one moment; ``needs`` names the root keys that open them."""

    files: Mapping[str, Path]
    needs: Sequence[str]


class Plane(Protocol):
    """The control plane of this machine (``bootstrap/control_plane.py``)."""

    @property
    def installation(self) -> str:
        """Whose it is."""
        ...

    @property
    def roots(self) -> Wrapping:
        """The root keys."""
        ...

    def root(self) -> str:
        """The current root key's id."""
        ...

    def fingerprint(self) -> str:
        """Another one whenever a key was made, changed or destroyed: copies of before do not open what was sealed since."""
        ...

    def last_shredding(self) -> datetime | None:
        """When keys were destroyed last: older copies hold them."""
        ...

    def gather(self) -> AbstractContextManager[tuple[Gathered, Path]]:
        """The files, for as long as the block runs, and where the copy may be put together."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPace:
    """How often copies are taken, and of how many days the last one of the day stays."""

    every: timedelta = timedelta(hours=1)
    days: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy of the control plane at its place."""

    name: str
    at: datetime
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyState:
    """How copying goes. ``place`` None: none is set, and no copies are taken."""

    place: str | None = None
    every_seconds: int | None = None
    newest: str | None = None
    newest_at: datetime | None = None
    took_ms: int | None = None
    asked_at: datetime | None = None
    failed_at: datetime | None = None
    problem: str | None = None


class _Kept(msgspec.Struct, kw_only=True, frozen=True):
    """The row's document."""

    newest: str | None = None
    newest_at: datetime | None = None
    took_ms: int | None = None
    fingerprint: str | None = None
    asked_at: datetime | None = None
    failed_at: datetime | None = None
    problem: str | None = None


class Copies:
    """The copies of one installation at one place; safe to be asked for by several processes: one copies, the others leave it to it."""

    def __init__(
        self,
        desk: Desk,
        plane: Plane | None = None,
        place: Objects | None = None,
        *,
        where: str | None = None,
        pace: CopyPace = CopyPace(),
        elsewhere: str | None = None,
    ) -> None:
        self._desk, self._plane, self._place, self._where, self._pace = desk, plane, place, where, pace
        self._elsewhere = elsewhere  # who takes copies instead of this program
        self._table = desk.tables.open(SYSTEM)
        self._leases = Leases(desk.tables, desk.clock)

    @property
    def has_place(self) -> bool:
        """Whether copies are taken here at all."""
        return self._place is not None

    def state(self) -> CopyState:
        """How it goes, without a look at the place."""
        kept = self._read()
        return CopyState(
            place=self._where or self._elsewhere,
            every_seconds=int(self._pace.every.total_seconds()) if self._where is not None else None,
            newest=kept.newest,
            newest_at=kept.newest_at,
            took_ms=kept.took_ms,
            asked_at=kept.asked_at,
            failed_at=kept.failed_at,
            problem=kept.problem,
        )

    def list(self) -> Sequence[Copy]:
        """The copies at the place, the newest first; some dozens at most."""
        plane, place = self._ready()
        return list_copies(place, plane.installation)

    def ask(self, scope: Scope) -> CopyState:
        """A copy is taken within seconds by whoever works. Raises Conflict where no place is set."""
        self._ready()
        self._write(
            msgspec.structs.replace(self._read(), asked_at=self._desk.clock.now()), scope, Fact(name="copy.asked", subject=INSTALLATION)
        )
        return self.state()

    def tick(self) -> Copy | None:
        """A copy when one is due; what goes wrong is kept for the operator and tried again in five minutes."""
        if self._plane is None or self._place is None or not self._is_due(self._read()):
            return None
        try:
            return self.take()
        except BusyError:
            return None

    def take(self) -> Copy:
        """A copy now, read back and found whole. Raises Conflict (no place), BusyError (somebody is at it), BackendError, StoreError."""
        plane, place = self._ready()
        lease = self._leases.acquire(_LEASE, self._desk.new_id("cpy"), _LONGEST)
        try:
            return self._take(plane, place)
        except ListBackupError as error:
            now = self._desk.clock.now()
            kept = self._read()
            told = [Fact(name="copy.failed", subject=INSTALLATION, about={"problem": error.message})] if kept.problem is None else []
            self._write(msgspec.structs.replace(kept, failed_at=now, problem=error.message), None, *told)
            raise
        finally:
            self._leases.release(lease)

    def take_over(self) -> None:
        """Whoever was copying is gone for good: the machine of which this is the copy."""
        self._leases.release(self._leases.acquire(_LEASE, self._desk.new_id("cpy"), _LONGEST, take_over=True))

    def check(self) -> None:
        """Raises Unwell when the newest copy is older than it may be."""
        kept, now = self._read(), self._desk.clock.now()
        if self._place is None:
            return
        if kept.problem is not None:
            raise Unwell(f"no copy of the control plane can be taken: {kept.problem}")
        if kept.newest_at is not None and now - kept.newest_at > 2 * self._pace.every + _AGAIN_AFTER:
            raise Unwell(f"the last copy of the control plane is of {iso(kept.newest_at)}: is a worker running?")

    def age_seconds(self) -> float | None:
        """Of the newest copy [s]; None when there is none."""
        at = self._read().newest_at
        return max(0.0, (self._desk.clock.now() - at).total_seconds()) if at is not None else None

    def _take(self, plane: Plane, place: Objects) -> Copy:
        clock = self._desk.clock
        begun, at, fingerprint = clock.monotonic(), clock.now(), plane.fingerprint()
        id_ = self._desk.new_id("cpy")
        name = f"{plane.installation}/{_stamp(at)}-{id_.rpartition('_')[2]}.copy"
        with plane.gather() as (gathered, scratch):
            about = About(installation=plane.installation, id=id_, made_at=at, root=plane.root(), needs=gathered.needs)
            with translated("write", scratch.name), open(scratch, "xb") as file:
                write_copy(file, about, gathered.files, plane.roots)
            place.put(name, _Pieces(scratch))
            size = scratch.stat().st_size
        try:
            open_copy(lambda start, length: place.get(name, start, length), name, plane.roots, None)
        except ListBackupError:
            place.delete(name)  # it was never a copy
            raise
        took = int((clock.monotonic() - begun) * 1000)
        self._write(_Kept(newest=name, newest_at=at, took_ms=took, fingerprint=fingerprint), None)
        _log.info("copied the control plane: %s, %d bytes in %d ms", name, size, took)
        self._clean(plane, place)
        return Copy(name=name, at=at, size_bytes=size)

    def _clean(self, plane: Plane, place: Objects) -> None:
        """What is of no use any more goes; that it could not go yet spoils nothing."""
        try:
            for name in superfluous([one.name for one in list_copies(place, plane.installation)], self._pace.days, plane.last_shredding()):
                place.delete(name)
        except ListBackupError as error:
            _log.warning("old copies of the control plane stay: %s", error)

    def _is_due(self, kept: _Kept) -> bool:
        assert self._plane is not None
        now = self._desk.clock.now()
        is_asked = kept.asked_at is not None and (kept.failed_at is None or kept.asked_at > kept.failed_at)
        if kept.failed_at is not None and timedelta(0) <= now - kept.failed_at < _AGAIN_AFTER and not is_asked:
            return False
        if kept.newest_at is None or kept.asked_at is not None or not timedelta(0) <= now - kept.newest_at < self._pace.every:
            return True
        return kept.fingerprint != self._plane.fingerprint()

    def _ready(self) -> tuple[Plane, Objects]:
        if self._plane is None or self._place is None:
            if self._elsewhere is not None:
                raise Conflict(f"copies are taken by {self._elsewhere}", hint="docs/guides/aws.md says how to go back to one")
            raise Conflict(_NO_PLACE, hint=_PLACE_HINT)
        return self._plane, self._place

    def _read(self) -> _Kept:
        row = self._table.find(INSTALLATION, _KEY)
        return from_json(str(row["doc"]), _Kept) if row is not None else _Kept()

    def _write(self, kept: _Kept, scope: Scope | None, *facts: Fact) -> None:
        row: dict[str, Scalar] = {"pk": INSTALLATION, "sk": _KEY, "doc": msgspec.json.encode(kept).decode()}
        self._desk.commit(scope or installation("worker"), [(self._table, Put(item=row))], *facts)


class _Pieces:
    """A file's bytes, as often as somebody asks for them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        with translated("read", self._path.name), open(self._path, "rb") as file:
            while piece := file.read(_CHUNK):
                yield piece


def list_copies(place: Objects, owner: str) -> Sequence[Copy]:
    """The copies of an installation, the newest first. What else lies there is nobody's business."""
    found = []
    for info in place.list(f"{owner}/"):
        at = _instant(info.name)
        if at is not None:
            found.append(Copy(name=info.name, at=at, size_bytes=info.size_bytes))
    return sorted(found, key=lambda one: one.name, reverse=True)


def list_installations(place: Objects) -> Sequence[str]:
    """The installations whose copies lie at a place."""
    return sorted({info.name.partition("/")[0] for info in place.list("") if _instant(info.name) is not None})


def choose_copy(place: Objects, *, name: str | None, owner: str | None) -> str:
    """The copy of this name, or the newest. Raises NotFound when there is none, InputError where several installations keep theirs."""
    if name is not None:
        if place.find(name) is None:
            raise NotFound(f"there is no copy {name}", hint="listbackup system copies --from PLACE   lists those there are")
        return name
    owners = list_installations(place) if owner is None else [owner]
    if len(owners) > 1:
        raise InputError(f"copies of {len(owners)} installations lie there: {', '.join(owners)}", hint="choose with --installation")
    copies = list_copies(place, owners[0]) if owners else ()
    if not copies:
        raise NotFound("there is no copy of a control plane", hint="look at the place that --from names, and at --installation")
    return copies[0].name


def superfluous(names: Iterable[str], days: int, shredded_at: datetime | None) -> Sequence[str]:
    """The copies that nobody needs: all but the newest 24 and the last of each of the last so many days that have one. A clock that jumps removes nothing.

    Copies of before a shredding hold the destroyed keys: they go as soon as a younger one is there.
    """
    newest_first = sorted(names, reverse=True)
    kept, seen = set(newest_first[:ALWAYS_KEPT]), set[str]()
    for name in newest_first:
        day = name.rpartition("/")[2][:8]
        if day not in seen and len(seen) < days:
            seen.add(day)
            kept.add(name)
    if shredded_at is not None:
        after = [name for name in newest_first if (at := _instant(name)) is not None and at > shredded_at]
        if after:
            kept &= set(after)
    return [name for name in newest_first if name not in kept]


def _stamp(at: datetime) -> str:
    """To the millisecond: what was made before a shredding must be told from what was made after it."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S}{at.microsecond // 1000:03}Z"


def _instant(name: str) -> datetime | None:
    match = _FORM.fullmatch(name.rpartition("/")[2])
    if match is None or name.count("/") != 1:
        return None
    return datetime.strptime(match["at"] + "000", "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
