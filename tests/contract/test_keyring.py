"""Every keyring keeps the port's promises."""

from __future__ import annotations

from pathlib import Path

from listbackup.backends.keyring.file import FileKeyring
from listbackup.backends.keyring.memory import MemoryKeyring
from listbackup.backends.keyring.port import Keyring
from listbackup.testing.suites.keyring_suite import KeyringSuite


class TestMemoryKeyring(KeyringSuite):
    def make(self, folder: Path) -> Keyring:
        return MemoryKeyring()


class TestFileKeyring(KeyringSuite):
    def make(self, folder: Path) -> Keyring:
        return FileKeyring.create(folder / "keys" / "root.json", data_folder=folder / "data")
