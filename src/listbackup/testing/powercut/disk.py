"""A disk that forgets: what it surely holds, what it may hold, and an image of it after a power cut.

The rules, on the harsh side of what file systems do: a write lasts once its file was fsynced, before that each of its 512-byte sectors alone may be there, torn,
or not; a name lasts once its folder was fsynced, before that the changes of one folder survive up to any point and those of two folders independently.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias, assert_never

SECTOR = 512
ROOT = 0


@dataclass(frozen=True, slots=True)
class Enter:
    """The node has this name now (a new file or folder, or one more link)."""

    folder: int
    name: str
    node: int
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """The name is gone."""

    folder: int
    name: str


@dataclass(frozen=True, slots=True)
class Move:
    """The name moved; what had the new name is gone."""

    folder: int
    name: str
    to_folder: int
    to_name: str


@dataclass(frozen=True, slots=True)
class Write:
    """These bytes were written there."""

    node: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    """The file has this size now."""

    node: int
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    """fsync of a file or of a folder."""

    node: int
    is_folder: bool


@dataclass(frozen=True, slots=True)
class Note:
    """Something the workload said: usually that a step was confirmed."""

    value: object


Operation: TypeAlias = Enter | Leave | Move | Write | Truncate | Sync | Note


class Luck(StrEnum):
    """What happens to what was not fsynced."""

    LOST = "lost"  # all of it is gone
    KEPT = "kept"  # all of it is there, as after a crash of the process alone
    MIXED = "mixed"  # sector by sector and name by name


@dataclass(slots=True)
class _File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[Write | Truncate] = field(default_factory=list)


_Change: TypeAlias = Callable[[dict[str, int]], None]


@dataclass(slots=True)
class _Folder:
    durable: dict[str, int] = field(default_factory=dict)
    live: dict[str, int] = field(default_factory=dict)
    pending: list[_Change] = field(default_factory=list)


class Disk:
    """The state after the operations applied so far."""

    def __init__(self) -> None:
        self._files: dict[int, _File] = {}
        self._folders: dict[int, _Folder] = {ROOT: _Folder()}

    def apply(self, operation: Operation) -> None:
        """Let it happen."""
        match operation:
            case Enter(folder, name, node, is_folder):
                if is_folder:
                    self._folders.setdefault(node, _Folder())
                else:
                    self._files.setdefault(node, _File())
                self._change(folder, lambda names: names.update({name: node}))
            case Leave(folder, name):
                self._change(folder, _without(name))
            case Move():
                self._move(operation)
            case Write(node) | Truncate(node):
                self._files[node].pending.append(operation)
            case Sync(node, is_folder):
                self._sync(node, is_folder)
            case Note():
                pass
            case _:
                assert_never(operation)

    def image(self, luck: Luck, dice: random.Random) -> Mapping[str, bytes | None]:
        """Path -> content (None: a folder) of a disk that this one may be after a cut."""
        found: dict[str, bytes | None] = {}
        self._emit(ROOT, "", found, luck, dice, {})
        return found

    def _emit(
        self, folder: int, path: str, found: dict[str, bytes | None], luck: Luck, dice: random.Random, contents: dict[int, bytes]
    ) -> None:
        state = self._folders[folder]
        names = dict(state.durable)
        survived = {Luck.LOST: 0, Luck.KEPT: len(state.pending), Luck.MIXED: dice.randint(0, len(state.pending))}[luck]
        for change in state.pending[:survived]:
            change(names)
        for name, node in names.items():
            if node in self._folders:
                found[path + name] = None
                self._emit(node, path + name + "/", found, luck, dice, contents)
            else:
                if node not in contents:  # two links of a file show the same
                    contents[node] = _content(self._files[node], luck, dice)
                found[path + name] = contents[node]

    def _change(self, folder: int, change: _Change) -> None:
        state = self._folders[folder]
        change(state.live)
        state.pending.append(change)

    def _move(self, move: Move) -> None:
        node = self._folders[move.folder].live[move.name]
        if move.folder == move.to_folder:

            def rename(names: dict[str, int]) -> None:
                names.pop(move.name, None)
                names[move.to_name] = node

            self._change(move.folder, rename)
        else:
            self._change(move.to_folder, lambda names: names.update({move.to_name: node}))
            self._change(move.folder, _without(move.name))

    def _sync(self, node: int, is_folder: bool) -> None:
        if is_folder:
            folder = self._folders[node]
            folder.durable, folder.pending = dict(folder.live), []
        else:
            file = self._files[node]
            for write in file.pending:
                _write(file.durable, write)
            file.pending = []


def _without(name: str) -> _Change:
    def leave(names: dict[str, int]) -> None:
        names.pop(name, None)

    return leave


def _content(file: _File, luck: Luck, dice: random.Random) -> bytes:
    content = bytearray(file.durable)
    if luck is not Luck.LOST:
        for write in file.pending:
            if luck is Luck.KEPT:
                _write(content, write)
            elif isinstance(write, Truncate):
                if dice.random() < 0.5:
                    _write(content, write)
            else:
                _write_some(content, write, dice)
    return bytes(content)


def _write(content: bytearray, write: Write | Truncate) -> None:
    if isinstance(write, Truncate):
        _resize(content, write.size)
        return
    _extend(content, write.offset + len(write.data))
    content[write.offset : write.offset + len(write.data)] = write.data


def _write_some(content: bytearray, write: Write, dice: random.Random) -> None:
    """Some of its sectors, each whole or torn; with them sometimes the new size, and rubbish where nothing arrived."""
    end = write.offset + len(write.data)
    if dice.random() < 0.3 and len(content) < end:
        fresh = end - len(content)
        content.extend(dice.randbytes(fresh) if dice.random() < 0.3 else bytes(fresh))
    position = write.offset
    while position < end:
        stop = min(end, position - position % SECTOR + SECTOR)
        if dice.random() < 0.5:
            kept = stop if dice.random() < 0.9 else dice.randint(position, stop)
            _extend(content, kept)
            content[position:kept] = write.data[position - write.offset : kept - write.offset]
        position = stop


def _resize(content: bytearray, size: int) -> None:
    del content[size:]
    _extend(content, size)


def _extend(content: bytearray, size: int) -> None:
    if len(content) < size:
        content.extend(bytes(size - len(content)))
