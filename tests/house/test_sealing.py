"""There is one place that seals: nothing else may touch a cipher."""

from __future__ import annotations

import re
from pathlib import Path

SRC = Path(__file__).parents[2] / "src" / "listbackup"
SEALS = {"backends/keyring/seal.py", "store/sealed.py"}
MARKS = {"backends/keyring/mark.py"}  # a keyed digest: it hides nothing and vouches for nothing
PERMUTES = {"store/detect.py"}  # names keys in a local state file by a permutation of single blocks: no message is hidden or trusted by it


def using(pattern: str) -> set[str]:
    """The modules whose text matches."""
    wanted = re.compile(pattern, re.MULTILINE)
    return {path.relative_to(SRC).as_posix() for path in SRC.rglob("*.py") if wanted.search(path.read_text())}


def test_sealing_is_done_in_the_two_sealing_modules_only() -> None:
    assert using(r"\b(AESGCM|ChaCha20\w*|AESCCM|AESSIV|AESOCB3|Fernet|ciphers\.aead)\b") == SEALS | MARKS


def test_bare_ciphers_are_used_by_name_only() -> None:
    assert using(r"^\s*(from|import) cryptography\S*\.ciphers\b") == SEALS | MARKS | PERMUTES


def test_randomness_for_keys_comes_from_the_operating_system() -> None:
    weak = using(r"^\s*(import random\b|from random import)")
    assert [name for name in weak if name.startswith("backends/keyring/")] == []
