"""The keyring port on KMS."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listbackup.backends.aws_client import Aws
from listbackup.backends.keyring.account_keys import AccountKeys
from listbackup.backends.keyring.kms import KmsKeyring
from listbackup.backends.keyring.kms_wrap import take_apart
from listbackup.backends.keyring.port import Keyring
from listbackup.backends.keyring.seal import length_prefixed, open_field, seal_field
from listbackup.backends.table.memory import MemoryTables
from listbackup.base.errors import BackendError, DamagedError, InputError, KeyUnavailable, StoreError
from listbackup.base.ids import new_id
from listbackup.testing.account import PREFIX
from listbackup.testing.clock import ManualClock
from listbackup.testing.suites.keyring_suite import KEY, KeyringSuite

_numbers = itertools.count()


class KmsGround:
    """Keys that are handed over to their end when the test is over."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.client: Any = aws.client("kms")
        self.aliases: list[str] = []

    def alias(self) -> str:
        alias = f"alias/{PREFIX}-{new_id('k', 0)[-8:]}-{next(_numbers)}"
        self.client.create_alias(AliasName=alias, TargetKeyId=self.client.create_key()["KeyMetadata"]["KeyId"])
        self.aliases.append(alias)
        return alias

    def ours(self) -> list[tuple[str, str]]:
        pages = self.client.get_paginator("list_aliases").paginate()
        named = [(one["AliasName"], one.get("TargetKeyId", "")) for page in pages for one in page["Aliases"]]
        return [(name, key) for name, key in named if any(name.startswith(alias) for alias in self.aliases)]

    def remove(self) -> None:
        for name, key in self.ours():
            self.client.delete_alias(AliasName=name)
            if self.client.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion":
                self.client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


@pytest.fixture
def ground(aws: Aws) -> Iterator[KmsGround]:
    made = KmsGround(aws)
    yield made
    made.remove()


class TestKmsKeyring(KeyringSuite):
    @pytest.fixture(autouse=True)
    def _ground(self, ground: KmsGround) -> None:
        self.ground = ground

    def make(self, folder: Path) -> Keyring:
        return KmsKeyring(self.ground.aws, self.ground.alias(), installation="ins_test")


@pytest.fixture
def keyring(aws: Aws, ground: KmsGround) -> KmsKeyring:
    return KmsKeyring(aws, ground.alias(), installation="ins_test")


def resealed(wrapped: bytes, changed: bytes, account: str = "acc_a", installation: str = "ins_test") -> bytes:
    """What somebody makes who knows the format: the digest fits again."""
    head = changed[: len(wrapped) - 32]
    return head + hashlib.sha256(length_prefixed([head, b"account-key", installation.encode(), account.encode()])).digest()


def test_bytes_that_somebody_changed_who_knows_the_format_open_nothing(keyring: KmsKeyring) -> None:
    """AWS answers InvalidCiphertextException (API_Decrypt, read 2026-11-21). The emulator (ministack 1.5.33) decrypts to other bytes: the seal around the key notices."""
    wrapped = keyring.wrap("acc_a", KEY)
    for place in range(5 + wrapped[4] + 2, len(wrapped) - 32, 3):
        changed = bytearray(wrapped)
        changed[place] ^= 0x41
        with pytest.raises(StoreError):
            keyring.unwrap("acc_a", resealed(wrapped, bytes(changed)))


def test_a_wrap_moved_to_another_account_or_installation_is_refused_by_kms_itself(aws: Aws, ground: KmsGround, keyring: KmsKeyring) -> None:
    wrapped = keyring.wrap("acc_a", KEY)
    with pytest.raises(KeyUnavailable):
        keyring.unwrap("acc_b", resealed(wrapped, wrapped, "acc_b"))
    other = KmsKeyring(aws, ground.aliases[0], installation="ins_other")
    with pytest.raises(KeyUnavailable):
        other.unwrap("acc_a", resealed(wrapped, wrapped, installation="ins_other"))
    with pytest.raises(DamagedError):
        other.unwrap("acc_a", wrapped)


def test_a_wrap_put_under_another_root_opens_nothing(aws: Aws, ground: KmsGround, keyring: KmsKeyring) -> None:
    """AWS answers IncorrectKeyException. The emulator decrypts with the key it was told, to other bytes."""
    wrapped = keyring.wrap("acc_a", KEY)
    old, new = keyring.current(), keyring.rotate()
    assert len(old) == len(new)
    with pytest.raises(StoreError):
        keyring.unwrap("acc_a", resealed(wrapped, wrapped.replace(old.encode(), new.encode(), 1)))
    assert keyring.unwrap("acc_a", wrapped) == KEY


def test_a_disabled_key_opens_nothing_and_a_key_taken_back_opens_again(ground: KmsGround, keyring: KmsKeyring) -> None:
    wrapped, root = keyring.wrap("acc_a", KEY), keyring.current()
    ground.client.disable_key(KeyId=root)
    with pytest.raises(KeyUnavailable):
        keyring.unwrap("acc_a", wrapped)
    ground.client.enable_key(KeyId=root)
    assert keyring.unwrap("acc_a", wrapped) == KEY
    keyring.rotate()
    keyring.retire(root)
    assert ground.client.describe_key(KeyId=root)["KeyMetadata"]["KeyState"] == "PendingDeletion"


@pytest.mark.parametrize("broken", ["create_key", "create_alias", "update_alias", "delete_alias"])
def test_a_rotation_that_breaks_off_is_finished_by_the_next(
    ground: KmsGround, keyring: KmsKeyring, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, wrapped = keyring.current(), keyring.wrap("acc_a", KEY)
    with monkeypatch.context() as patched:
        patched.setattr(ground.client, broken, _refuse)
        with pytest.raises(BackendError):
            keyring.rotate()
    assert keyring.unwrap("acc_a", wrapped) == KEY
    between = keyring.current()
    new = keyring.rotate()
    assert list(keyring.list_roots()) == list(dict.fromkeys([old, between, new]))
    assert not any(name.endswith("-next") for name, _ in ground.ours())
    assert keyring.unwrap("acc_a", wrapped) == keyring.unwrap("acc_a", keyring.wrap("acc_a", KEY)) == KEY


def test_every_account_is_rewrapped_under_the_new_root(keyring: KmsKeyring) -> None:
    tables, clock = MemoryTables(), ManualClock()
    keys = AccountKeys(tables, keyring, clock)
    sealed = {}
    for account in ("acc_a", "acc_b", "acc_c"):
        keys.create(account)
        sealed[account] = seal_field(keys.for_account(account), account.encode(), context=("t",))
    assert keys.rotate_root() == 3
    assert len(keyring.list_roots()) == 1
    again = AccountKeys(tables, keyring, clock)
    assert {name: open_field(again.for_account(name), one, context=("t",)) for name, one in sealed.items()} == {
        name: name.encode() for name in sealed
    }


def test_what_is_no_alias_is_refused(aws: Aws) -> None:
    with pytest.raises(InputError):
        KmsKeyring(aws, "listbackup-main", installation="ins_test")
    with pytest.raises(KeyUnavailable):
        KmsKeyring(aws, f"alias/{PREFIX}-nobody", installation="ins_test").current()


def test_a_wrap_names_its_root_without_asking_kms(keyring: KmsKeyring) -> None:
    assert take_apart(keyring.wrap("acc_a", KEY)).root == keyring.current()


def _refuse(**_: object) -> None:
    raise BackendError("the machine went down here")
