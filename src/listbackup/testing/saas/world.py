"""The simulated CRM's data: six related streams, how a day changes them, and the truth that tests compare with."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from listbackup.base.decode import from_json
from listbackup.testing.saas import invent
from listbackup.testing.saas.rows import Rows, State

DAY_MS = 86_400_000
START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z, the simulated first day
SHARES = {"contacts": 0.55, "companies": 0.1, "deals": 0.2, "notes": 0.139}  # of all records; the rest is documents, and 40 tags
NOTED_EVERY = 20  # one contact in so many has notes
Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """What a simulated day did, by stream."""

    day: int
    now: str
    changed: Mapping[str, int]
    deleted: Mapping[str, int]
    added: Mapping[str, int]


@dataclass(slots=True)
class _Counts:
    changed: dict[str, int] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)


class World:
    """All data of one simulated platform. ``lock`` guards it; whoever reads more than one row holds it."""

    def __init__(self, records: int, seed: int) -> None:
        self.seed = seed
        self.lock = threading.RLock()
        self.now_ms = START_MS
        self.day = 0
        tags = min(40, max(1, records // 10))
        sizes = {name: max(1, int((records - tags) * share)) for name, share in SHARES.items()}
        documents = max(1, records - tags - sum(sizes.values()))
        self._noted = max(1, sizes["contacts"] // NOTED_EVERY)
        self.rows: dict[str, Rows] = {
            "contacts": Rows("contacts", sizes["contacts"], self._contact),
            "companies": Rows("companies", sizes["companies"], self._company),
            "deals": Rows("deals", sizes["deals"], self._deal),
            "tags": Rows("tags", tags, self._tag),
            "notes": Rows("notes", sizes["notes"], self._note),
            "documents": Rows("documents", documents, self._document),
        }
        self._base = {name: len(rows) for name, rows in self.rows.items()}
        self.files: dict[int, bytes] = {}  # documents whose bytes were uploaded
        self._note_parent: dict[int, int] = {}  # notes made later -> row of their contact
        self._notes_of: dict[int, list[int]] = {}
        for row in range(sizes["notes"]):
            self._notes_of.setdefault(self.contact_of_note(row), []).append(row)

    # ids ------------------------------------------------------------------------------------------------------------

    def id_of(self, stream: str, row: int) -> str | int:
        """The public id of a row."""
        match stream:
            case "contacts":
                return 100_001 + row
            case "companies":
                return f"co_{invent.bits(self.seed, b'id', row, 0, 6).hex()}{row:x}"
            case "deals":
                return 500_001 + 3 * row
            case "notes":
                return 9_000_000_001 + row
            case "tags":
                return f"tag-{row:03d}"
            case _:
                return f"doc_{row:08x}"

    def row_of(self, stream: str, id_: str) -> int | None:
        """The row that has, or had, this id."""
        try:
            row = self._row_of(stream, id_)
        except ValueError:
            return None
        return row if 0 <= row < len(self.rows[stream]) and str(self.id_of(stream, row)) == id_ else None

    def _row_of(self, stream: str, id_: str) -> int:
        match stream:
            case "contacts":
                return int(id_) - 100_001
            case "companies":
                return int(id_[15:], 16)
            case "deals":
                return (int(id_) - 500_001) // 3
            case "notes":
                return int(id_) - 9_000_000_001
            case "tags":
                return int(id_[4:])
            case _:
                return int(id_[4:], 16)

    # relations ------------------------------------------------------------------------------------------------------

    def contact_of_note(self, row: int) -> int:
        """The contact's row."""
        made_later = self._note_parent.get(row)
        return made_later if made_later is not None else (row % self._noted) * NOTED_EVERY

    def notes_of(self, contact_row: int) -> list[int]:
        """Rows of a contact's live notes."""
        notes = self.rows["notes"]
        return [row for row in self._notes_of.get(contact_row, ()) if notes.state(row) is State.LIVE]

    def attach_note(self, row: int, contact_row: int) -> None:
        """A note made later belongs to this contact."""
        self._note_parent[row] = contact_row
        self._notes_of.setdefault(contact_row, []).append(row)

    def touch_parent(self, stream: str, row: int) -> None:
        """A contact changes when one of its notes does: its ``notes_count`` and ``updated_at``."""
        if stream == "notes":
            parent = self.contact_of_note(row)
            contacts = self.rows["contacts"]
            if contacts.state(parent) is State.LIVE:
                contacts.touch(parent, self.now_ms)
                self._rewrite("contacts", parent, {"notes_count": len(self.notes_of(parent)), "updated_at": invent.stamp(self.now_ms)})

    def _rewrite(self, stream: str, row: int, fields: Mapping[str, object]) -> None:
        """These fields follow from what happened, also in a record whose content somebody wrote."""
        written = self.rows[stream].written
        if row in written:
            written[row] = msgspec.json.encode(from_json(written[row], dict[str, object]) | dict(fields))

    # content --------------------------------------------------------------------------------------------------------

    def _contact(self, row: int, version: int, updated_ms: int) -> bytes:
        some = invent.bits(self.seed, b"rel", row, 0, 8)
        company = f'"{self.id_of("companies", some[0] * 256 % self._base["companies"] + some[1] % 7)}"' if some[2] % 8 else "null"
        tags = ",".join(f'"{self.id_of("tags", b % self._base["tags"])}"' for b in some[3 : 3 + some[3] % 4])
        text = invent.contact(
            self.seed,
            row,
            version,
            self.rows["contacts"].made_ms(row),
            updated_ms,
            100_001 + row,
            company,
            f"[{tags}]",
            len(self.notes_of(row)),
        )
        return text.encode()

    def _company(self, row: int, version: int, updated_ms: int) -> bytes:
        return invent.company(
            self.seed, row, version, self.rows["companies"].made_ms(row), updated_ms, str(self.id_of("companies", row))
        ).encode()

    def _deal(self, row: int, version: int, updated_ms: int) -> bytes:
        contact = self._some_contact(row)
        deleted = self.rows["deals"].deleted_ms.get(row)
        return invent.deal(
            self.seed, row, version, self.rows["deals"].made_ms(row), updated_ms, 500_001 + 3 * row, contact, deleted
        ).encode()

    def _tag(self, row: int, version: int, updated_ms: int) -> bytes:
        return invent.tag(self.seed, row, version, updated_ms, str(self.id_of("tags", row))).encode()

    def _note(self, row: int, version: int, updated_ms: int) -> bytes:
        contact = 100_001 + self.contact_of_note(row)
        return invent.note(self.seed, row, version, self.rows["notes"].made_ms(row), updated_ms, 9_000_000_001 + row, contact).encode()

    def _document(self, row: int, version: int, updated_ms: int) -> bytes:
        id_ = str(self.id_of("documents", row))
        return invent.document(
            self.seed,
            row,
            version,
            self.rows["documents"].made_ms(row),
            updated_ms,
            id_,
            self._some_contact(row),
            len(self.file_content(row, version)),
        ).encode()

    def file_content(self, row: int, version: int | None = None) -> bytes:
        """A document's bytes as they are now."""
        uploaded = self.files.get(row)
        if uploaded is not None:
            return uploaded
        return invent.file_bytes(self.seed, row, self.rows["documents"].version(row) if version is None else version)

    def _some_contact(self, row: int) -> int:
        return 100_001 + int.from_bytes(invent.bits(self.seed, b"some", row, 0, 4), "little") % self._base["contacts"]

    # time -----------------------------------------------------------------------------------------------------------

    def tick(self) -> int:
        """A moment passes: the time [ms] of the next change."""
        self.now_ms += 1
        return self.now_ms

    def moment(self) -> int:
        """The time [ms] of a write; two seconds later nothing in whole seconds takes it for the present any more."""
        at = self.tick()
        self.now_ms += 2000
        return at

    def pass_day(self, *, changed: float = 0.01, deleted: float = 0.001, added: float = 0.002) -> DayReport:
        """Twenty-four hours: these shares of each stream change, go, and come; the same for the same seed and day."""
        with self.lock:
            self.day += 1
            start, dice, counts = self.now_ms, random.Random(f"{self.seed}/{self.day}"), _Counts()
            for stream, rows in self.rows.items():
                live = [int(row) for row in rows.visible()]
                gone = dice.sample(live, _share(live, deleted))
                left = sorted(set(live) - set(gone))
                counts.changed[stream] = self._spread(start, dice, dice.sample(left, _share(left, changed)), stream, self._change)
                counts.deleted[stream] = self._spread(start, dice, gone, stream, self.remove)
                counts.added[stream] = self._spread(start, dice, list(range(_share(live, added))), stream, self._add)
            self.now_ms = start + DAY_MS
            return DayReport(
                day=self.day, now=invent.stamp(self.now_ms), changed=counts.changed, deleted=counts.deleted, added=counts.added
            )

    def _spread(self, start: int, dice: random.Random, which: list[int], stream: str, act: Callable[[str, int], None]) -> int:
        for moment, row in zip(sorted(dice.randrange(DAY_MS) for _ in which), which, strict=True):
            self.now_ms = start + moment
            act(stream, row)
        return len(which)

    def _change(self, stream: str, row: int) -> None:
        if self.rows[stream].state(row) is State.LIVE:
            self.rows[stream].change(row, self.now_ms)
            self.touch_parent(stream, row)

    def _add(self, stream: str, _: int) -> None:
        row = self.rows[stream].add(self.now_ms)
        if stream == "notes":
            noted = int.from_bytes(invent.bits(self.seed, b"new", row, 0, 4), "little") % self._noted
            parent = noted * NOTED_EVERY
            if self.rows["contacts"].state(parent) is not State.LIVE:
                parent = next(self.rows["contacts"].live(), 0)
            self.attach_note(row, parent)
            self.touch_parent(stream, row)

    def remove(self, stream: str, row: int) -> None:
        """Delete a row as the platform does: deals go to the trash, a contact takes its notes with it."""
        if self.rows[stream].state(row) is not State.LIVE:
            return
        self.rows[stream].remove(row, self.now_ms, soft=stream == "deals")
        if stream == "deals":
            self._rewrite(stream, row, {"updated_at": invent.stamp(self.now_ms), "deleted_at": invent.stamp(self.now_ms)})
        if stream == "contacts":
            for note in self.notes_of(row):
                self.rows["notes"].remove(note, self.now_ms)
        self.touch_parent(stream, row)

    # the truth ------------------------------------------------------------------------------------------------------

    def truth(self, stream: str) -> dict[tuple[str | int, ...], bytes]:
        """Every live record's exact bytes by its key."""
        with self.lock:
            rows = self.rows[stream]
            return {(self.id_of(stream, row),): rows.raw(row) for row in rows.live()}

    def counts(self) -> dict[str, int]:
        """Live records by stream."""
        with self.lock:
            return {name: len(rows.visible()) for name, rows in self.rows.items()}


def _share(rows: list[int], share: float) -> int:
    """At least one where there is something to choose from and a share is asked for."""
    return min(len(rows), max(1, round(len(rows) * share))) if rows and share > 0 else 0
