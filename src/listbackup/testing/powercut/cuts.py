"""The cutting: every step of a recording, several disks each, all judged."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from listbackup.testing.powercut.disk import Disk, Luck, Note, Operation
from listbackup.testing.scratch import memory_folder

Judge: TypeAlias = Callable[[Path, Sequence[object]], str | None]
"""Looks at the folder as the disk kept it, and at what had been noted before the cut; says what is wrong, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How many cut points and disks were judged, and what was wrong with which (cut, luck, complaint)."""

    cuts: int
    images: int
    violations: Sequence[tuple[int, Luck, str]]


def cut_everywhere(
    log: Sequence[Operation],
    judge: Judge,
    *,
    most_cuts: int | None = None,
    mixed: int = 3,
    seed: int = 0,
    stop_at: int | None = None,
) -> Outcome:
    """Cuts after each operation (``most_cuts``: that many, evenly spread), on one disk that lost all it may lose, one that lost nothing, and ``mixed`` others.

    ``stop_at`` ends after that many violations. The same log and seed give the same disks.
    """
    with memory_folder() as scratch:
        return _cut(log, judge, scratch, most_cuts, mixed, seed, stop_at)


def _cut(
    log: Sequence[Operation], judge: Judge, scratch: Path, most_cuts: int | None, mixed: int, seed: int, stop_at: int | None
) -> Outcome:
    disk, notes, judged = Disk(), list[object](), dict[bytes, str | None]()
    wanted = _spread([number for number, one in enumerate(log) if not isinstance(one, Note)], most_cuts)
    cuts = images = 0
    violations: list[tuple[int, Luck, str]] = []
    for number, operation in enumerate(log):
        disk.apply(operation)
        if isinstance(operation, Note):
            notes.append(operation.value)
        if number not in wanted:
            continue
        cuts += 1
        dice = random.Random(f"{seed}/{number}")
        for luck in (Luck.LOST, Luck.KEPT, *[Luck.MIXED] * mixed):
            images += 1
            image = disk.image(luck, dice)
            mark = _mark(image, len(notes))
            if mark not in judged:  # the same disk is judged once
                judged[mark] = _judged(image, judge, notes, scratch)
            complaint = judged[mark]
            if complaint is not None:
                violations.append((number, luck, complaint))
        if stop_at is not None and len(violations) >= stop_at:
            break
    return Outcome(cuts=cuts, images=images, violations=violations)


def _judged(image: Mapping[str, bytes | None], judge: Judge, notes: Sequence[object], scratch: Path) -> str | None:
    folder = scratch / "disk"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path, content in image.items():
        if content is None:
            (folder / path).mkdir()
        else:
            (folder / path).write_bytes(content)
    return judge(folder, list(notes))


def _mark(image: Mapping[str, bytes | None], notes: int) -> bytes:
    digest = hashlib.blake2b(str(notes).encode(), digest_size=16)
    for path in sorted(image):
        content = image[path]
        digest.update(repr((path, None if content is None else len(content))).encode())
        digest.update(content or b"")
    return digest.digest()


def _spread(numbers: Sequence[int], most: int | None) -> set[int]:
    if most is None or len(numbers) <= most:
        return set(numbers)
    return {numbers[place * len(numbers) // most] for place in range(most)}
