"""What lies on the disk tells no key and no secret, a shredded key is gone from it, and a kit brings everything back on an empty machine."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from listbackup.backends.keyring.account_keys import INSTALLATION, AccountKeys
from listbackup.backends.keyring.file import FileKeyring
from listbackup.backends.keyring.recovery_kit import parse_kit, print_kit
from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.backends.keyring.store_kit import make_store_kit, parse_store_kit, print_store_kit, store_kit_json
from listbackup.backends.secrets.file import FileSecrets
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.base.errors import DamagedError, KeyUnavailable
from listbackup.base.secret import Secret
from listbackup.testing.canary import Canaries
from listbackup.testing.clock import ManualClock
from listbackup.testing.keys import memory_scope

PLACE = ("connections", "con_1", "token", "1")


class Machine:
    """An installation's keys and secrets, as bootstrap puts them together."""

    def __init__(self, folder: Path, *, new: bool = True) -> None:
        self.data, self.root_file = folder / "data", folder / "keys" / "root.json"
        clock = ManualClock()
        make = FileKeyring.create if new else FileKeyring.open
        self.keyring = make(self.root_file, data_folder=self.data)
        self.tables = SqliteTables(self.data / "keys.db", clock=clock)
        self.keys = AccountKeys(self.tables, self.keyring, clock, scrub=self.tables.scrub)
        self.keys.create(INSTALLATION)
        self.secrets = FileSecrets(self.data / "secrets.json", self.keys.for_account(INSTALLATION))

    def files(self) -> bytes:
        return b"\n".join(path.read_bytes() for path in sorted(self.data.rglob("*")) if path.is_file())


def test_no_key_and_no_secret_is_readable_in_the_data_folder(tmp_path: Path) -> None:
    machine, canaries = Machine(tmp_path), Canaries()
    for number in range(50):
        machine.keys.create(f"acc_{number}")
        machine.secrets.set(f"platform-{number}/client", Secret(canaries.make(f"secret {number}")))
        machine.secrets.set(f"platform-{number}/client", Secret(canaries.make(f"newer secret {number}")))
    machine.keys.new_epoch("acc_1")
    machine.keys.rotate_root()
    scopes = [machine.keys.for_account(account) for account in machine.keys.iter_accounts()]
    keys = [key for scope in scopes for key in (scope.id_key, scope.current()[1])] + list(machine.keyring.roots.keys)
    stored = machine.files()
    assert [key for key in keys if key in stored or key.hex().encode() in stored or key[:12] in stored] == []
    assert canaries.in_files(machine.data) == []
    assert machine.secrets.find("platform-7/client") is not None


def test_a_kit_and_a_copy_of_the_data_on_an_empty_machine_are_enough(tmp_path: Path) -> None:
    old = Machine(tmp_path / "old")
    old.keys.create("acc_a")
    old.secrets.set("crm", Secret("client secret"))
    sealed = seal_field(old.keys.for_account("acc_a"), b"token", context=PLACE)
    for passphrase in (None, Secret("correct horse battery")):
        printed = print_kit(old.keyring.roots, made_at=datetime(2026, 1, 1, tzinfo=UTC), passphrase=passphrase)
        empty = tmp_path / f"empty-{passphrase is None}"
        shutil.copytree(old.data, empty / "data")
        with pytest.raises(KeyUnavailable, match="there is no root key file"):
            Machine(empty, new=False)
        FileKeyring.restore(empty / "keys" / "root.json", parse_kit(printed, passphrase=passphrase), data_folder=empty / "data")
        back = Machine(empty, new=False)
        assert open_field(back.keys.for_account("acc_a"), sealed, context=PLACE) == b"token"
        assert back.secrets.find("crm") == Secret("client secret")
        assert back.keys.rotate_root() == 2


def test_a_store_kit_opens_one_account_and_no_other(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    sealed = {}
    for account in ("acc_a", "acc_b"):
        machine.keys.create(account)
        sealed[account, 0] = seal_field(machine.keys.for_account(account), b"old", context=PLACE)
        machine.keys.new_epoch(account)
        sealed[account, 1] = seal_field(machine.keys.for_account(account), b"new", context=PLACE)
    kit = make_store_kit(machine.keys, "acc_a", made_at=datetime(2026, 1, 1, tzinfo=UTC))
    machine.keys.rotate_root()
    for form in (store_kit_json(kit), print_store_kit(kit)):
        scope = parse_store_kit(form).scope()
        assert [open_field(scope, sealed["acc_a", epoch], context=PLACE) for epoch in (0, 1)] == [b"old", b"new"]
        assert scope.id_key == machine.keys.for_account("acc_a").id_key
        for epoch in (0, 1):
            with pytest.raises(KeyUnavailable):
                open_field(scope, sealed["acc_b", epoch], context=PLACE)


def test_a_shredded_accounts_wraps_are_gone_from_every_file(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    for account in ("acc_a", "acc_b"):
        machine.keys.create(account)
        machine.keys.new_epoch(account)
    table = machine.tables.open(machine.keys._table.spec)
    wraps = [value for item in table.query("acc_a").items for value in item.values() if isinstance(value, bytes)]
    assert len(wraps) == 6
    before = machine.files()
    assert all(wrap in before for wrap in wraps)
    machine.keys.shred("acc_a")
    after = machine.files()
    assert [wrap for wrap in wraps if wrap in after or (len(wrap) > 44 and wrap[12:44] in after)] == []
    assert machine.keys.for_account("acc_b").current()


def test_a_secret_moved_under_another_name_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    secrets = FileSecrets(path, memory_scope(INSTALLATION))
    secrets.set("aa", Secret("1"))
    secrets.set("bb", Secret("2"))
    path.write_text(path.read_text().replace('"aa"', '"xx"').replace('"bb"', '"aa"').replace('"xx"', '"bb"'))
    for name in ("aa", "bb"):
        with pytest.raises(DamagedError):
            secrets.find(name)


def test_every_changed_byte_of_the_secrets_file_is_noticed_or_harmless(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    secrets = FileSecrets(path, memory_scope(INSTALLATION))
    secrets.set("name", Secret("value"))
    raw = path.read_bytes()
    wrong = []
    for place in range(len(raw)):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        heard = listened(secrets)
        if heard not in ("noticed", None, "value"):
            wrong.append((place, heard))
    assert wrong == []


def listened(secrets: FileSecrets) -> str | None:
    try:
        found = secrets.find("name")
    except (DamagedError, KeyUnavailable):
        return "noticed"
    except Exception as error:  # noqa: BLE001 - anything else is what the test is for
        return repr(error)
    return found.reveal() if found else None
