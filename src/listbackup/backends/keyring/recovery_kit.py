"""The recovery kit: the root keys on a sheet of paper, and the way back from it.

Code of a root key (see ``key_codes``): a plain one is the byte 1 and the 32-byte key; one under a passphrase is the byte 2, a 16-byte salt, and the key sealed
by AES-256-GCM under ``derive(argon2id(passphrase, salt), salt, label)``.
Design: docs/design/keys.md.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from argon2.low_level import Type, hash_secret_raw

from listbackup.backends.keyring.key_codes import decode_groups, encode_groups, first_byte
from listbackup.backends.keyring.roots import Roots, root_id
from listbackup.backends.keyring.scope import KEY_BYTES
from listbackup.backends.keyring.seal import open_once, seal_once
from listbackup.base.clock import iso
from listbackup.base.errors import DamagedError, InputError
from listbackup.base.secret import Secret

MEMORY_KIB = 64 * 1024
PASSES = 3

_PLAIN, _UNDER_PASSPHRASE = 1, 2
_SALT_BYTES, _TAG_BYTES = 16, 16
_LENGTHS = {_PLAIN: 1 + KEY_BYTES, _UNDER_PASSPHRASE: 1 + _SALT_BYTES + KEY_BYTES + _TAG_BYTES}
_LABEL = "listbackup/1/recovery-kit"
_GROUPS_PER_LINE = 5
_CODE_LINE = re.compile(r"^\s*>(.*)$")
_ROOT_LINE = re.compile(r"^Root key ([0-9a-f]{16})\b")


def print_kit(roots: Roots, *, made_at: datetime, passphrase: Secret | None = None) -> str:
    """The text to print: what it is, how to use it, and a code for each root key, the current one last."""
    parts = [_HEAD.format(made_at=iso(made_at), guarded=_GUARDED if passphrase else _BARE)]
    for key in roots.keys:
        parts.append(f"Root key {root_id(key)}\n\n" + "\n".join(_lines(_code(key, passphrase))) + "\n")
    return "\n".join(parts)


def parse_kit(text: str, *, passphrase: Secret | None = None) -> Roots:
    """The root keys of a printed kit, or of one code typed alone. Raises InputError that names the mistyped group, or says that a passphrase is missing or wrong."""
    return Roots(tuple(_key(named, groups, passphrase) for named, groups in _codes(text)))


def needs_passphrase(text: str) -> bool:
    """Whether a kit was made with a passphrase. Raises InputError as ``parse_kit``."""
    return any(first_byte(groups[0]) == _UNDER_PASSPHRASE for _, groups in _codes(text))


def _code(key: bytes, passphrase: Secret | None) -> Sequence[str]:
    if passphrase is None:
        return encode_groups(bytes([_PLAIN]) + key)
    salt = os.urandom(_SALT_BYTES)
    return encode_groups(bytes([_UNDER_PASSPHRASE]) + salt + seal_once(_stretched(passphrase, salt), key, salt=salt, label=_LABEL))


def _key(named: str | None, groups: Sequence[str], passphrase: Secret | None) -> bytes:
    kind = first_byte(groups[0])
    if kind not in _LENGTHS:
        raise InputError(
            "this is not the code of a root key",
            hint="a store kit opens one store, a recovery kit opens all; is this the right sheet?",
            field="code",
        )
    payload = decode_groups(groups, length=_LENGTHS[kind])
    key = payload[1:] if kind == _PLAIN else _unlocked(payload, passphrase)
    if named is not None and root_id(key) != named:
        raise InputError(
            f"the code under 'Root key {named}' is that of {root_id(key)}", hint="codes and headings were mixed up", field="code"
        )
    return key


def _unlocked(payload: bytes, passphrase: Secret | None) -> bytes:
    if passphrase is None:
        raise InputError("this kit was made with a passphrase", hint="give the passphrase with it", field="passphrase")
    salt = payload[1 : 1 + _SALT_BYTES]
    try:
        return open_once(_stretched(passphrase, salt), payload[1 + _SALT_BYTES :], salt=salt, label=_LABEL)
    except DamagedError:
        raise InputError(
            "the passphrase is not the one this kit was made with", hint="capital letters and spaces count", field="passphrase"
        ) from None


def _stretched(passphrase: Secret, salt: bytes) -> bytes:
    return hash_secret_raw(
        passphrase.reveal().encode(), salt, time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1, hash_len=KEY_BYTES, type=Type.ID
    )


def _lines(groups: Sequence[str]) -> Iterator[str]:
    for start in range(0, len(groups), _GROUPS_PER_LINE):
        yield "  > " + "  ".join(groups[start : start + _GROUPS_PER_LINE])


def _codes(text: str) -> Sequence[tuple[str | None, Sequence[str]]]:
    codes = list(_iter_codes(text))
    if not codes:
        raise InputError("there is no code in this text", hint="give the whole kit, or the groups of five below 'Root key'", field="code")
    return codes


def _iter_codes(text: str) -> Iterator[tuple[str | None, Sequence[str]]]:
    """(root id of the heading, groups) of each code; text without ``>`` lines is one code, typed alone."""
    lines = text.splitlines()
    if not any(_CODE_LINE.match(line) for line in lines):
        groups = re.split(r"[\s-]+", text.strip())
        if groups != [""]:
            yield None, groups
        return
    named: str | None = None
    held: list[str] = []
    for line in [*lines, "Root key"]:
        code, heading = _CODE_LINE.match(line), _ROOT_LINE.match(line)
        if code:
            held += code.group(1).replace("-", " ").split()
        elif line.startswith("Root key"):
            if held:
                yield named, held
            named, held = heading.group(1) if heading else None, []


_BARE = "Whoever has this sheet and a copy of the data can read everything in it: keep it as you keep cash."
_GUARDED = "The codes open with the passphrase only that this kit was made with. Keep both, in two places."
_HEAD = """\
LISTBACKUP RECOVERY KIT                                    made {made_at}

This sheet opens every copy that this installation keeps. Without the key file
and without this sheet nobody can read them, nor can anybody help.
{guarded}

To restore on an empty machine
  1. Install ListBackup, from where you had it.
  2. Put the copied data folder in its place.
  3. Type this sheet:  listbackup keys recovery-kit --restore -
     (or FILE for -; a mistyped group is named)
  4. Prove it:         listbackup check

How the code is made, so that it can be read without this program: base 32 with
the characters 0-9 A-Z less I L O U; groups of five, the fifth is a check; the
bytes are a kind, the key, and four bytes of checksum. All of it is described in
docs/design/keys.md of the project. Making a new root key (listbackup keys
rotate) makes this sheet worthless: print a new one then.
"""
