"""The store kit: the keys of one account, which open an exported store without this installation and without this program.

It never goes out of date by a rotation of the root key, holds nothing of other accounts, and opens what the account had sealed until it was made. As JSON it is
what the stand-alone reader takes; ``print_store_kit`` makes a sheet of it, and ``parse_store_kit`` reads either.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from listbackup.backends.keyring.account_keys import AccountKeys
from listbackup.backends.keyring.key_codes import decode_groups, encode_groups
from listbackup.backends.keyring.scope import KEY_BYTES, KeyScope, fixed_scope, key_id
from listbackup.base.clock import iso, parse_iso
from listbackup.base.decode import from_json
from listbackup.base.errors import InputError, NewerFormat

_FORMAT = "listbackup store kit"
_VERSION = 1
_ID_KEY, _DATA_KEY = 4, 3  # the first byte of a code
_CODE = re.compile(r"^(id key|data key [0-9a-f]{16})[ \t]*\n((?:[ \t]*>.*\n?)+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreKit:
    """The keys of one account."""

    account: str
    made_at: datetime
    id_key: bytes = field(repr=False)
    data_keys: Mapping[bytes, bytes] = field(repr=False)  # kid -> key, oldest first

    def scope(self) -> KeyScope:
        """The scope that opens the account's stores."""
        return fixed_scope(self.account, epochs=self.data_keys, id_key=self.id_key)


class _Key(msgspec.Struct):
    kid: str
    key: str


class _Json(msgspec.Struct):
    format: str
    version: int
    account: str
    made_at: str
    id_key: _Key
    data_keys: list[_Key]
    check: str


def make_store_kit(keys: AccountKeys, account: str, *, made_at: datetime) -> StoreKit:
    """The kit of an account as it stands. Raises KeyUnavailable."""
    return StoreKit(account=account, made_at=made_at, id_key=keys.for_account(account).id_key, data_keys=keys.data_keys(account))


def store_kit_json(kit: StoreKit) -> bytes:
    """``{"format", "version", "account", "made_at", "id_key": {"kid", "key"}, "data_keys": [{"kid", "key"}], "check"}``, keys in hexadecimal, oldest data key first.

    ``check`` is the first 8 hexadecimal digits of SHA-256 of the lines account, made_at, kid of the id key, kid of each data key, each ended by a line feed.
    """
    lines = [_Key(kid=kid.hex(), key=key.hex()) for kid, key in kit.data_keys.items()]
    file = _Json(
        format=_FORMAT,
        version=_VERSION,
        account=kit.account,
        made_at=iso(kit.made_at),
        id_key=_Key(kid=key_id(kit.id_key).hex(), key=kit.id_key.hex()),
        data_keys=lines,
        check=_check(kit),
    )
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def print_store_kit(kit: StoreKit) -> str:
    """The sheet to print."""
    parts = [
        _HEAD.format(account=kit.account, made_at=iso(kit.made_at), check=_check(kit)),
        _printed("id key", bytes([_ID_KEY]) + kit.id_key),
    ]
    parts += [_printed(f"data key {kid.hex()}", bytes([_DATA_KEY]) + key) for kid, key in kit.data_keys.items()]
    return "\n".join(parts)


def parse_store_kit(text: str | bytes) -> StoreKit:
    """The kit in JSON or on a sheet. Raises InputError that says what is wrong, NewerFormat."""
    plain = text.decode("utf-8", errors="replace") if isinstance(text, bytes) else text
    return _from_json(plain) if plain.lstrip().startswith("{") else _from_sheet(plain.replace("\r\n", "\n"))


def _from_json(text: str) -> StoreKit:
    try:
        file = from_json(text, _Json)
        keys = [bytes.fromhex(line.key) for line in file.data_keys]
        kit = StoreKit(
            account=file.account,
            made_at=parse_iso(file.made_at),
            id_key=bytes.fromhex(file.id_key.key),
            data_keys={key_id(key): key for key in keys},
        )
    except (msgspec.DecodeError, binascii.Error, ValueError):
        raise InputError("this is not a store kit, or it was changed", hint="take the file as it was written", field="kit") from None
    if file.format != _FORMAT:
        raise InputError("this is JSON, but not a store kit", field="kit")
    if file.version > _VERSION:
        raise NewerFormat(f"the store kit has format {file.version}, this version knows {_VERSION}", hint="upgrade listbackup")
    named = zip([kit.id_key, *keys], [file.id_key, *file.data_keys], strict=True)
    if not keys or any(len(key) != KEY_BYTES or key_id(key).hex() != line.kid for key, line in named):
        raise InputError("a key in this store kit is not the one its id names", hint="take the file as it was written", field="kit")
    return _checked(kit, file.check)


def _from_sheet(text: str) -> StoreKit:
    facts = dict(re.findall(r"^(account|made|check)[ \t]+(\S+)[ \t]*$", text, re.MULTILINE))
    codes = {title: code.replace(">", " ").split() for title, code in _CODE.findall(text)}
    if len(facts) < 3 or "id key" not in codes or len(codes) < 2:
        raise InputError(
            "this is not a whole store kit",
            hint="it has lines 'account', 'made', 'check', 'id key' and at least one 'data key'",
            field="kit",
        )
    id_key = _decoded("id key", codes.pop("id key"))
    data_keys = {}
    for title, groups in codes.items():
        key = _decoded(title, groups)
        if title != f"data key {key_id(key).hex()}":
            raise InputError(
                f"the code under '{title}' is that of {key_id(key).hex()}", hint="codes and headings were mixed up", field="kit"
            )
        data_keys[key_id(key)] = key
    try:
        made_at = parse_iso(facts["made"])
    except ValueError:
        raise InputError(f"{facts['made']!r} behind 'made' is not a time", hint="compare it with the print", field="kit") from None
    return _checked(StoreKit(account=facts["account"], made_at=made_at, id_key=id_key, data_keys=data_keys), facts["check"])


def _checked(kit: StoreKit, check: str) -> StoreKit:
    if check != _check(kit):
        raise InputError(
            "something in this store kit is missing or was changed",
            hint="compare account, made, check and the headings with the original",
            field="kit",
        )
    return kit


def _check(kit: StoreKit) -> str:
    lines = [kit.account, iso(kit.made_at), key_id(kit.id_key).hex(), *(kid.hex() for kid in kit.data_keys)]
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()[:8]


def _decoded(title: str, groups: list[str]) -> bytes:
    try:
        payload = decode_groups(groups, length=1 + KEY_BYTES)
    except InputError as error:
        raise InputError(f"{title}: {error.message}", hint=error.hint, field="kit") from None
    if payload[0] != (_ID_KEY if title == "id key" else _DATA_KEY):
        raise InputError(f"the code under '{title}' is of another kind", hint="codes and headings were mixed up", field="kit")
    return payload[1:]


def _printed(title: str, payload: bytes) -> str:
    groups = encode_groups(payload)
    lines = ["  > " + "  ".join(groups[start : start + 5]) for start in range(0, len(groups), 5)]
    return title + "\n" + "\n".join(lines) + "\n"


_HEAD = """\
LISTBACKUP STORE KIT

account  {account}
made     {made_at}
check    {check}

This sheet opens the exported stores of one account with the stand-alone reader
(tools/listbackup_reader.py): nothing else is needed.
Whoever has it and the stores can read them. The format of the code and of the
stores is described in docs/design/keys.md and docs/design/store-format.md.
"""
