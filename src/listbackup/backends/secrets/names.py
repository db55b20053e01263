"""Which names a secret may have; every adapter asks here first."""

from __future__ import annotations

import re

from listbackup.base.errors import InputError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")


def check_secret_name(name: str) -> str:
    """The name itself. Raises InputError unless it is up to 200 of A-Z a-z 0-9 . _ / - and begins with a letter or digit."""
    if _NAME.fullmatch(name) is None:
        raise InputError(f"{name[:80]!r} is not a name a secret may have", hint="letters, digits and . _ / -, at most 200", field="name")
    return name
