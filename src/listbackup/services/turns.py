"""Turns: whoever counts what is there before adding to it takes one, so that of two who counted the same only one adds."""

from __future__ import annotations

from listbackup.backends.table.port import Absent, Equals, Table, Write
from listbackup.services.scope import AccountTable


def turn(table: AccountTable, at: str) -> tuple[Table, Write]:
    """The write that goes with what is added; it fails when somebody else added since. To be called before the counting."""
    sk = f"turn/{at}"
    row = table.find(sk)
    seen = row["n"] if row is not None else 0
    assert isinstance(seen, int)
    return table.put(sk, {"n": seen + 1}, if_=Equals({"n": seen}) if row is not None else Absent())
