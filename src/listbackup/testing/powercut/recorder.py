"""Notes every change that this process makes below a folder."""

from __future__ import annotations

import itertools
import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from listbackup.testing.powercut.disk import ROOT, Disk, Enter, Leave, Luck, Move, Note, Operation, Sync, Truncate, Write

_VOLATILE = ("-shm",)  # SQLite's shared memory: not meant to outlive anything


class Recorder:
    """A log of what happened below ``root``, which must exist and whose present content counts as durable.

    ``recording()`` watches the functions of ``os``; what was written around them (by ``open()``, say) is noticed at the next fsync or rename of that file,
    and at the end anything that was missed is an error of the rig. SQLite is recorded through ``powercut.sqlite``.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.realpath(root))
        self.log: list[Operation] = []
        self.lock = threading.RLock()
        self._numbers = itertools.count(ROOT + 1)
        self._names: dict[int, dict[str, int]] = {ROOT: {}}  # the folders, as they are now
        self._sizes: dict[int, bytearray] = {}  # the files, as they are now
        self._open: dict[int, int] = {}  # descriptor -> node
        self._adopt(ROOT, self.root)

    def note(self, value: object) -> None:
        """Something to be known at a cut: usually that a step was confirmed."""
        with self.lock:
            self.log.append(Note(value))

    # What SQLite's VFS and the functions of ``os`` report.

    def node(self, path: str | os.PathLike[str], folder_fd: int | None = None) -> int | None:
        """The number of the file or folder of this path; None when it is not below the root or not there."""
        place = self._place(path, folder_fd)
        if place is None:
            return None
        folder, name = place
        return folder if name == "" else self._names[folder].get(name)

    def entered(
        self, path: str | os.PathLike[str], folder_fd: int | None = None, *, is_folder: bool = False, node: int | None = None
    ) -> int | None:
        """The path is there now; its number. New, unless ``node`` says it is a link."""
        place = self._place(path, folder_fd)
        if place is None:
            return None
        folder, name = place
        number = node if node is not None else next(self._numbers)
        if is_folder:
            self._names[number] = {}
        else:
            self._sizes.setdefault(number, bytearray())
        self._names[folder][name] = number
        self.log.append(Enter(folder, name, number, is_folder))
        return number

    def left(self, path: str | os.PathLike[str], folder_fd: int | None = None) -> None:
        """The path is gone now."""
        place = self._place(path, folder_fd)
        if place is not None and self._names[place[0]].pop(place[1], None) is not None:
            self.log.append(Leave(*place))

    def moved(self, source: Any, target: Any, source_fd: int | None, target_fd: int | None) -> None:
        """A name moved."""
        old, new = self._place(source, source_fd), self._place(target, target_fd)
        if old is not None and new is not None:
            self._names[new[0]][new[1]] = self._names[old[0]].pop(old[1])
            self.log.append(Move(*old, *new))

    def wrote(self, node: int, offset: int, data: bytes) -> None:
        """Bytes were written."""
        now = self._sizes[node]
        if len(now) < offset:
            now.extend(bytes(offset - len(now)))
        now[offset : offset + len(data)] = data
        self.log.append(Write(node, offset, bytes(data)))

    def resized(self, node: int, size: int) -> None:
        """A file was cut or grew."""
        now = self._sizes[node]
        del now[size:]
        now.extend(bytes(size - len(now)))
        self.log.append(Truncate(node, size))

    def synced(self, node: int) -> None:
        """An fsync returned."""
        self.log.append(Sync(node, node in self._names))

    # The functions of ``os``.

    @contextmanager
    def recording(self) -> Iterator[Recorder]:
        """Watch ``os`` in this process for the block, and check afterwards that nothing was missed. Not for two at once."""
        watched = _Watched(self, self._open)
        originals = {name: getattr(os, name) for name in watched.replacements}
        for name, replacement in watched.replacements.items():
            setattr(os, name, replacement)
        try:
            yield self
        finally:
            for name, original in originals.items():
                setattr(os, name, original)
        self.check()

    def catch_up(self, node: int, real: bytes) -> None:
        """Log what was written around the watched functions."""
        if bytes(self._sizes[node]) != real:
            if len(real) < len(self._sizes[node]):
                self.resized(node, len(real))
            self.wrote(node, 0, real)

    def check(self) -> None:
        """Raises AssertionError when the folder is not what the log says it is."""
        disk = Disk()
        for operation in self.log:
            disk.apply(operation)
        expected = disk.image(Luck.KEPT, random.Random(0))
        found: dict[str, bytes | None] = {}
        for path in sorted(self.root.rglob("*")):
            if not path.name.endswith(_VOLATILE):
                found[path.relative_to(self.root).as_posix()] = None if path.is_dir() else path.read_bytes()
        wrong = sorted(path for path in {*expected, *found} if expected.get(path, b"?") != found.get(path, b"?"))
        assert not wrong, f"the recording missed what happened to {wrong}"

    def _place(self, path: str | os.PathLike[str], folder_fd: int | None) -> tuple[int, str] | None:
        """(folder, name); the name is empty for the root."""
        text = os.fspath(path)
        if folder_fd is not None and not os.path.isabs(text):
            folder, parts = self._open.get(folder_fd), Path(text).parts
        else:
            absolute = Path(os.path.abspath(text))
            if not absolute.is_relative_to(self.root):
                absolute = Path(os.path.realpath(absolute.parent)) / absolute.name
            if not absolute.is_relative_to(self.root):
                return None
            folder, parts = ROOT, absolute.relative_to(self.root).parts
        if not parts:
            return None if folder is None else (folder, "")
        for part in parts[:-1]:
            folder = self._names.get(folder, {}).get(part) if folder is not None else None
        return (folder, parts[-1]) if folder is not None and folder in self._names else None

    def _adopt(self, folder: int, path: Path) -> None:
        for child in sorted(path.iterdir()):
            number = self.entered(child, is_folder=child.is_dir())
            assert number is not None
            if child.is_dir():
                self._adopt(number, child)
            else:
                self.wrote(number, 0, child.read_bytes())
                self.synced(number)
        self.synced(folder)


class _Watched:
    """Stand-ins for the functions of ``os`` that change files; each does what it stands for and reports it."""

    def __init__(self, recorder: Recorder, opened: dict[int, int]) -> None:
        self._recorder = recorder
        self._opened = opened
        self._os = {
            name: getattr(os, name)
            for name in (
                "open",
                "close",
                "dup",
                "write",
                "pwrite",
                "ftruncate",
                "fsync",
                "fdatasync",
                "link",
                "rename",
                "replace",
                "unlink",
                "remove",
                "mkdir",
                "rmdir",
            )
        }
        self.replacements: dict[str, Callable[..., Any]] = {name: self._locked(getattr(self, f"_{name}")) for name in self._os}

    def _locked(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def locked(*given: Any, **named: Any) -> Any:
            with self._recorder.lock:
                return call(*given, **named)

        return locked

    def _open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        known = None if isinstance(path, int) else self._recorder.node(path, dir_fd)
        descriptor: int = self._os["open"](path, flags, mode, dir_fd=dir_fd)
        if known is None and flags & os.O_CREAT:
            known = self._recorder.entered(path, dir_fd)
        elif known is not None and flags & os.O_TRUNC:
            self._recorder.resized(known, 0)
        if known is not None:
            self._opened[descriptor] = known
        else:
            self._opened.pop(descriptor, None)
        return descriptor

    def _close(self, fd: int) -> None:
        self._opened.pop(fd, None)
        self._os["close"](fd)

    def _dup(self, fd: int) -> int:
        copy: int = self._os["dup"](fd)
        if fd in self._opened:
            self._opened[copy] = self._opened[fd]
        return copy

    def _write(self, fd: int, data: Any) -> int:
        node = self._opened.get(fd)
        if node is None:
            return int(self._os["write"](fd, data))
        count = int(self._os["write"](fd, data))
        self._recorder.wrote(node, os.lseek(fd, 0, os.SEEK_CUR) - count, bytes(data)[:count])
        return count

    def _pwrite(self, fd: int, data: Any, offset: int) -> int:
        count = int(self._os["pwrite"](fd, data, offset))
        if fd in self._opened:
            self._recorder.wrote(self._opened[fd], offset, bytes(data)[:count])
        return count

    def _ftruncate(self, fd: int, length: int) -> None:
        self._os["ftruncate"](fd, length)
        if fd in self._opened:
            self._recorder.resized(self._opened[fd], length)

    def _fsync(self, fd: int) -> None:
        self._synced(fd, "fsync")

    def _fdatasync(self, fd: int) -> None:
        self._synced(fd, "fdatasync")

    def _synced(self, fd: int, how: str) -> None:
        node = self._opened.get(fd)
        if node is None:
            node = self._unseen(os.readlink(f"/proc/self/fd/{fd}"))
        elif not os.path.isdir(f"/proc/self/fd/{fd}"):
            self._recorder.catch_up(node, Path(f"/proc/self/fd/{fd}").read_bytes())
        self._os[how](fd)
        if node is not None:
            self._recorder.synced(node)

    def _link(
        self, src: Any, dst: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None, follow_symlinks: bool = True
    ) -> None:
        node = self._unseen(src, src_dir_fd)
        self._os["link"](src, dst, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd, follow_symlinks=follow_symlinks)
        if node is not None:
            self._recorder.entered(dst, dst_dir_fd, node=node)

    def _rename(self, src: Any, dst: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
        self._unseen(src, src_dir_fd)
        self._os["rename"](src, dst, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        self._recorder.moved(src, dst, src_dir_fd, dst_dir_fd)

    def _replace(self, src: Any, dst: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
        self._rename(src, dst, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    def _unlink(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._os["unlink"](path, dir_fd=dir_fd)
        self._recorder.left(path, dir_fd)

    def _remove(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._unlink(path, dir_fd=dir_fd)

    def _mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        self._os["mkdir"](path, mode, dir_fd=dir_fd)
        self._recorder.entered(path, dir_fd, is_folder=True)

    def _rmdir(self, path: Any, *, dir_fd: int | None = None) -> None:
        self._os["rmdir"](path, dir_fd=dir_fd)
        self._recorder.left(path, dir_fd)

    def _unseen(self, path: Any, dir_fd: int | None = None) -> int | None:
        """The node of the path; a file made or written around the watched functions is logged now, as not fsynced."""
        node = self._recorder.node(path, dir_fd)
        if dir_fd is not None or os.path.isdir(path) or not os.path.exists(path):
            return node
        if node is None:
            node = self._recorder.entered(path)
        if node is not None:
            self._recorder.catch_up(node, Path(path).read_bytes())
        return node
