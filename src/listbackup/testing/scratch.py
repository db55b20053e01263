"""A folder in memory, for tests that ask for thousands of fsyncs and prove nothing about the disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made below it


@contextmanager
def memory_folder() -> Iterator[Path]:
    """A fresh folder, gone after the block; an ordinary temporary one where the system has no memory disk."""
    inside = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=inside, prefix="listbackup-") as folder:
        yield Path(folder)
