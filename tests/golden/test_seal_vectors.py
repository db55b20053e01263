"""What was sealed and printed once opens for ever: frozen vectors, made and read here by a second implementation from the standard library and AES-GCM alone."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import runpy
import struct
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from listbackup.backends.keyring.key_codes import decode_groups, encode_groups
from listbackup.backends.keyring.recovery_kit import parse_kit
from listbackup.backends.keyring.scope import fixed_scope, key_id
from listbackup.backends.keyring.seal import derive, open_field, open_with
from listbackup.backends.keyring.store_kit import parse_store_kit, print_store_kit, store_kit_json
from listbackup.base.clock import iso
from listbackup.base.secret import Secret

READER = Path(__file__).parents[2] / "tools" / "listbackup_reader.py"
VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("seal-vectors.json").read_text())


def hkdf_sha512(key: bytes, salt: bytes, info: bytes) -> bytes:
    """64 bytes by RFC 5869: one block of SHA-512."""
    extracted = hmac.new(salt, key, hashlib.sha512).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha512).digest()


def second_seal(key: bytes, salt: bytes, plaintext: bytes, context: list[str]) -> bytes:
    """The format of docs/design/keys.md, written once more."""
    both = hkdf_sha512(key, salt, b"listbackup/1/field")
    header = b"LBF\x01" + hmac.new(key, b"listbackup/key-id", hashlib.sha256).digest()[:8] + salt + both[32:]
    parts = [header, *(part.encode() for part in context)]
    associated = b"".join(struct.pack("<I", len(part)) + part for part in parts)
    return header + AESGCM(both[:32]).encrypt(bytes(12), plaintext, associated)


@pytest.mark.parametrize("vector", VECTORS["derive"])
def test_keys_are_derived_as_ever(vector: dict[str, str]) -> None:
    key, salt, label = bytes.fromhex(vector["key"]), bytes.fromhex(vector["salt"]), vector["label"]
    expected = bytes.fromhex(vector["aes_key"]), bytes.fromhex(vector["commitment"])
    assert derive(key, salt, label) == expected
    assert b"".join(expected) == hkdf_sha512(key, salt, label.encode())


@pytest.mark.parametrize("vector", VECTORS["sealed"])
def test_fields_open_as_ever(vector: dict[str, Any]) -> None:
    key, sealed, plaintext = (bytes.fromhex(vector[name]) for name in ("key", "sealed", "plaintext"))
    assert open_with(key, sealed, context=vector["context"]) == plaintext
    assert second_seal(key, bytes.fromhex(vector["salt"]), plaintext, vector["context"]) == sealed
    if vector["context"]:
        scope = fixed_scope(vector["context"][0], epochs={key_id(key): key}, id_key=key)
        assert open_field(scope, sealed, context=vector["context"][1:]) == plaintext


@pytest.mark.parametrize("vector", VECTORS["codes"])
def test_codes_are_as_ever(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["bytes"])
    assert list(encode_groups(data)) == vector["groups"]
    assert decode_groups(vector["groups"], length=len(data)) == data


def test_printed_recovery_kits_open_as_ever() -> None:
    kit = VECTORS["recovery_kit"]
    assert [key.hex() for key in parse_kit(kit["plain"]).keys] == kit["roots"]
    assert [key.hex() for key in parse_kit(kit["under_passphrase"], passphrase=Secret(kit["passphrase"])).keys] == kit["roots"]


def test_store_kits_open_as_ever() -> None:
    frozen = VECTORS["store_kit"]
    kit = parse_store_kit(frozen["json"])
    assert kit == parse_store_kit(frozen["sheet"]) == parse_store_kit(frozen["sheet_printed_before_0373"])
    assert (kit.account, iso(kit.made_at), kit.id_key.hex()) == (frozen["account"], frozen["made_at"], frozen["id_key"])
    assert [key.hex() for key in kit.data_keys.values()] == frozen["data_keys"]
    assert (store_kit_json(kit).decode(), print_store_kit(kit)) == (frozen["json"], frozen["sheet"])


def test_the_stand_alone_reader_takes_every_kit_as_it_was_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = runpy.run_path(str(READER))
    recovery, store = VECTORS["recovery_kit"], VECTORS["store_kit"]
    monkeypatch.setattr("getpass.getpass", lambda _: recovery["passphrase"])
    for form in ("plain", "under_passphrase"):
        assert [reader["root_of"](code).hex() for _, code in reader["codes_of"](recovery[form])] == recovery["roots"]
    for form in ("json", "sheet", "sheet_printed_before_0373"):
        (tmp_path / "kit").write_text(store[form])
        ((folder, keys),) = reader["keys_of"](tmp_path, tmp_path / "kit").items()
        assert (folder, [key.hex() for key in keys.values()]) == (tmp_path / store["account"], store["data_keys"])


def test_the_stand_alone_reader_names_the_mistyped_group() -> None:
    reader = runpy.run_path(str(READER))
    sheet = VECTORS["store_kit"]["sheet"]
    group = re.findall(r"> (\w{5})", sheet)[-1]
    for wrong, said in (
        (sheet.replace(group, group[::-1]), f"the group {group[::-1]} is mistyped"),
        (sheet.rstrip()[:-5], "groups are missing"),
    ):
        with pytest.raises(SystemExit, match=said):
            list(reader["codes_of"](wrong))
