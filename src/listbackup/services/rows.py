"""Typed rows: a thing is kept whole as JSON, beside the columns that an index needs and a version that every change must name."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import Field, replace
from typing import Any, ClassVar, Generic, Protocol, TypeAlias, TypeVar

import msgspec

from listbackup.backends.table.port import Absent, Equals, Item, Scalar, Table, Write
from listbackup.base.decode import from_json
from listbackup.base.errors import Conflict, InputError, NotFound
from listbackup.base.ids import is_id
from listbackup.base.paging import Page, iter_pages
from listbackup.http.versions import VersionGone
from listbackup.services.scope import AccountTable

Writes: TypeAlias = Sequence[tuple[Table, Write]]


class Versioned(Protocol):
    """A frozen dataclass with an id and a version that grows with each change."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...


class Named(Versioned, Protocol):
    """A versioned thing that people call by a name, unique in the account without regard to case."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Versioned)
N = TypeVar("N", bound=Named)


def _no_columns(_: object) -> Mapping[str, Scalar]:
    return {}


class Rows(Generic[T]):
    """One kind of thing of one account, by id."""

    def __init__(
        self, table: AccountTable, kind: type[T], *, noun: str, prefix: str, columns: Callable[[T], Mapping[str, Scalar]] = _no_columns
    ) -> None:
        self._table, self._kind, self._columns = table, kind, columns
        self.noun, self.prefix = noun, prefix

    def find(self, id_: str) -> T | None:
        """The thing of this id, or None."""
        item = self._table.find(id_) if is_id(id_, self.prefix) else None
        return self.read(item) if item is not None else None

    def get(self, id_: str) -> T:
        """The thing of this id. Raises NotFound."""
        found = self.find(id_)
        if found is None:
            raise NotFound(f"there is no {self.noun} {id_!r}")
        return found

    def get_version(self, id_: str, version: int | None) -> T:
        """The thing of this id, if it is this version (None: whichever). Raises NotFound, VersionGone."""
        found = self.get(id_)
        if version is not None and found.version != version:
            raise VersionGone(f"the {self.noun} is version {found.version} by now, not {version}", hint="read it again and repeat")
        return found

    def insert(self, thing: T) -> Writes:
        """The writes that create it."""
        return [self._table.put(thing.id, self._item(thing), if_=Absent())]

    def change(self, old: T, new: T) -> tuple[T, Writes]:
        """``new`` with the next version, and the writes that succeed only if ``old`` is still what is kept."""
        newer = replace(new, version=old.version + 1)
        return newer, [self._table.put(old.id, self._item(newer), if_=Equals({"version": old.version}))]

    def remove(self, thing: T) -> Writes:
        """The writes that delete it as it was read."""
        return [self._table.delete(thing.id, if_=Equals({"version": thing.version}))]

    def page(
        self,
        *,
        part: str = "",
        index: str | None = None,
        after: str | None = None,
        reverse: bool = False,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[T]:
        """A page in order of id, or of an index; of what stands behind ``after``."""
        prefix = "" if index else f"{self.prefix}_"
        found = self._table.query(part=part, index=index, prefix=prefix, after=after, reverse=reverse, limit=limit, cursor=cursor)
        return Page(items=[self.read(item) for item in found.items], next_cursor=found.next_cursor)

    def iter(self, *, part: str = "", index: str | None = None, reverse: bool = False) -> Iterator[T]:
        """Every one, fetched page by page."""
        return iter_pages(lambda cursor: self.page(part=part, index=index, reverse=reverse, cursor=cursor))

    def read(self, item: Item) -> T:
        """The thing in an item."""
        return from_json(str(item["doc"]), self._kind)

    def _item(self, thing: T) -> dict[str, Scalar]:
        return {**self._columns(thing), "version": thing.version, "doc": msgspec.json.encode(thing).decode()}


class NamedRows(Rows[N]):
    """As ``Rows``, and by name: each name has a row of its own, so that two things cannot take it at once."""

    def find(self, id_: str) -> N | None:
        """The thing of this id or name, or None."""
        found = super().find(id_)
        if found is not None:
            return found
        row = self._table.find(_name_key(id_))
        return super().find(str(row["id"])) if row is not None else None

    def get(self, id_: str) -> N:
        """The thing of this id or name. Raises NotFound, with the names that are near."""
        found = self.find(id_)
        if found is None:
            raise NotFound(f"there is no {self.noun} named {id_!r}", hint=self._near(id_))
        return found

    def insert(self, thing: N) -> Writes:
        """The writes that create it and take its name. Raises Conflict when the name is taken, InputError when it cannot be one."""
        check_name(thing.name, self.noun)
        if self._table.find(_name_key(thing.name)) is not None:
            raise self.taken(thing.name)
        return [*super().insert(thing), self._take(thing)]

    def change(self, old: N, new: N) -> tuple[N, Writes]:
        """As ``Rows.change``; a new name is taken and the old one let go."""
        newer, writes = super().change(old, new)
        if _name_key(new.name) == _name_key(old.name):
            return newer, writes
        check_name(new.name, self.noun)
        if self._table.find(_name_key(new.name)) is not None:
            raise self.taken(new.name)
        return newer, [*writes, self._table.delete(_name_key(old.name)), self._take(newer)]

    def remove(self, thing: N) -> Writes:
        """The writes that delete it and free its name."""
        return [*super().remove(thing), self._table.delete(_name_key(thing.name))]

    def taken(self, name: str) -> Conflict:
        """The error for a name that is in use."""
        return Conflict(f"a {self.noun} named {name!r} exists already", hint="choose another name", field="name")

    def _take(self, thing: N) -> tuple[Table, Write]:
        return self._table.put(_name_key(thing.name), {"id": thing.id}, if_=Absent())

    def _near(self, name: str) -> str | None:
        return did_you_mean(name, [thing.name for thing in self.page(limit=200).items], self.noun)


def did_you_mean(name: str, names: Sequence[str], noun: str) -> str:
    """The hint for a name that nothing has: the names that are near."""
    if not names:
        return f"there is none yet: create a {noun} first"
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or sorted(names)[:5]
    return "did you mean " + ", ".join(near) + "?"


def plain_name(name: str) -> str:
    """What two names of one kind must not share."""
    return unicodedata.normalize("NFC", name).casefold()


def check_name(name: str, noun: str) -> None:
    """Raises InputError for a name that could not be typed back: empty, over 100 characters, with ``@``, ``/`` or control characters, or like an id."""
    if not name or len(name) > 100 or name != name.strip():
        raise InputError(f"a {noun}'s name has 1 to 100 characters and no space at its ends", field="name")
    if name[0] == "-" or any(c in "@/" or unicodedata.category(c).startswith("C") for c in name):
        raise InputError(f"a {noun}'s name does not begin with - and holds no @, no / and no control character", field="name")
    if is_id(name, name[:3]):
        raise InputError(f"a {noun}'s name must not look like an id", field="name")


def _name_key(name: str) -> str:
    return "name/" + plain_name(name)
