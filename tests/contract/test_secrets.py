"""Every keeper of secrets keeps the port's promises."""

from __future__ import annotations

from pathlib import Path

from listbackup.backends.secrets.file import FileSecrets
from listbackup.backends.secrets.memory import MemorySecrets
from listbackup.backends.secrets.port import Secrets
from listbackup.testing.keys import memory_scope
from listbackup.testing.suites.secrets_suite import SecretsSuite


class TestMemorySecrets(SecretsSuite):
    def make(self, folder: Path) -> Secrets:
        return MemorySecrets()


class TestFileSecrets(SecretsSuite):
    def make(self, folder: Path) -> Secrets:
        return FileSecrets(folder / "secrets.json", memory_scope("installation"))
