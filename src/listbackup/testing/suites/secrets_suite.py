"""What every keeper of secrets keeps. An adapter's test is a class with ``make``."""

from __future__ import annotations

from pathlib import Path

import pytest

from listbackup.backends.secrets.port import Secrets
from listbackup.base.errors import InputError
from listbackup.base.secret import Secret


class SecretsSuite:
    """The contract of ``secrets/port.py``, sentence by sentence."""

    def make(self, folder: Path) -> Secrets:
        """An empty keeper."""
        raise AssertionError("the subclass says how to make the secrets under test")

    @pytest.fixture
    def kept(self, tmp_path: Path) -> Secrets:
        """What is tested."""
        return self.make(tmp_path)

    def test_what_was_set_is_found(self, kept: Secrets) -> None:
        kept.set("platforms/crm/client_secret", Secret("s3cr3t ünï\n\x00"))
        assert kept.find("platforms/crm/client_secret") == Secret("s3cr3t ünï\n\x00")

    def test_setting_again_replaces(self, kept: Secrets) -> None:
        kept.set("a", Secret("1"))
        kept.set("a", Secret(""))
        assert kept.find("a") == Secret("")
        assert list(kept.list_names()) == ["a"]

    def test_what_was_not_set_is_none(self, kept: Secrets) -> None:
        assert kept.find("a") is None
        assert list(kept.list_names()) == []

    def test_removing_forgets_and_is_idempotent(self, kept: Secrets) -> None:
        kept.set("a", Secret("1"))
        kept.set("b", Secret("2"))
        kept.remove("a")
        kept.remove("a")
        kept.remove("never")
        assert kept.find("a") is None
        assert list(kept.list_names()) == ["b"]

    def test_names_are_sorted(self, kept: Secrets) -> None:
        for name in ("b", "a/z", "a", "B", "0"):
            kept.set(name, Secret(name))
        assert list(kept.list_names()) == ["0", "B", "a", "a/z", "b"]

    @pytest.mark.parametrize("name", ["", "/a", "a b", "ä", "a\n", "x" * 201, "../a"])
    def test_a_bad_name_is_refused(self, kept: Secrets, name: str) -> None:
        with pytest.raises(InputError):
            kept.set(name, Secret("1"))
        with pytest.raises(InputError):
            kept.find(name)
        with pytest.raises(InputError):
            kept.remove(name)
