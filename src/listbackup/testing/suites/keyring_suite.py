"""What every keyring keeps. An adapter's test is a class with ``make``."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from listbackup.backends.keyring.port import Keyring
from listbackup.base.errors import Conflict, DamagedError, InputError, KeyUnavailable, NewerFormat, StoreError

KEY = bytes(range(32))


class KeyringSuite:
    """The contract of ``keyring/port.py``, sentence by sentence."""

    def make(self, folder: Path) -> Keyring:
        """A new keyring with one root key."""
        raise AssertionError("the subclass says how to make the keyring under test")

    @pytest.fixture
    def keyring(self, tmp_path: Path) -> Keyring:
        """What is tested."""
        return self.make(tmp_path)

    def test_what_was_wrapped_is_unwrapped(self, keyring: Keyring) -> None:
        assert keyring.unwrap("acc_a", keyring.wrap("acc_a", KEY)) == KEY

    def test_a_wrap_hides_the_key_and_is_never_the_same_twice(self, keyring: Keyring) -> None:
        wraps = {keyring.wrap("acc_a", KEY) for _ in range(100)}
        assert len(wraps) == 100
        assert not any(KEY in wrapped or KEY[:8] in wrapped for wrapped in wraps)

    def test_a_wrap_is_bound_to_its_account(self, keyring: Keyring) -> None:
        wrapped = keyring.wrap("acc_a", KEY)
        for other in ("acc_b", "acc_", "acc_a/", "", "acc_a\x00"):
            with pytest.raises(DamagedError):
                keyring.unwrap(other, wrapped)

    def test_a_wrap_names_its_root(self, keyring: Keyring) -> None:
        assert keyring.wrapped_with(keyring.wrap("acc_a", KEY)) == keyring.current()
        assert list(keyring.list_roots()) == [keyring.current()]

    def test_after_a_rotation_old_wraps_open_and_new_ones_take_the_new_root(self, keyring: Keyring) -> None:
        old_root, old = keyring.current(), keyring.wrap("acc_a", KEY)
        new_root = keyring.rotate()
        new = keyring.wrap("acc_a", KEY)
        assert (keyring.current(), list(keyring.list_roots())) == (new_root, [old_root, new_root])
        assert (keyring.wrapped_with(old), keyring.wrapped_with(new)) == (old_root, new_root)
        assert keyring.unwrap("acc_a", old) == keyring.unwrap("acc_a", new) == KEY

    def test_after_retiring_a_root_its_wraps_are_closed(self, keyring: Keyring) -> None:
        old_root, old = keyring.current(), keyring.wrap("acc_a", KEY)
        keyring.rotate()
        new = keyring.wrap("acc_a", KEY)
        keyring.retire(old_root)
        assert list(keyring.list_roots()) == [keyring.current()]
        assert keyring.unwrap("acc_a", new) == KEY
        with pytest.raises(KeyUnavailable) as caught:
            keyring.unwrap("acc_a", old)
        assert old_root in caught.value.message
        assert caught.value.hint

    def test_the_current_root_is_not_retired(self, keyring: Keyring) -> None:
        with pytest.raises(Conflict):
            keyring.retire(keyring.current())

    def test_a_root_that_is_not_held_is_not_retired(self, keyring: Keyring) -> None:
        with pytest.raises(InputError):
            keyring.retire("0" * 16)

    def test_another_keyring_does_not_open_it(self, keyring: Keyring, tmp_path: Path) -> None:
        stranger = self.make(tmp_path / "stranger")
        with pytest.raises(KeyUnavailable):
            stranger.unwrap("acc_a", keyring.wrap("acc_a", KEY))

    def test_any_changed_bit_is_noticed(self, keyring: Keyring) -> None:
        wrapped = keyring.wrap("acc_a", KEY)
        for bit in range(len(wrapped) * 8):
            changed = bytearray(wrapped)
            changed[bit // 8] ^= 1 << bit % 8
            with pytest.raises((DamagedError, KeyUnavailable, NewerFormat)):
                keyring.unwrap("acc_a", bytes(changed))

    def test_any_cut_is_noticed(self, keyring: Keyring) -> None:
        wrapped = keyring.wrap("acc_a", KEY)
        for length in range(len(wrapped)):
            with pytest.raises(StoreError):
                keyring.unwrap("acc_a", wrapped[:length])

    def test_noise_is_no_wrap(self, keyring: Keyring) -> None:
        for length in (0, 1, 76, 92, 124, 500):
            with pytest.raises(StoreError):
                keyring.unwrap("acc_a", secrets.token_bytes(length))
