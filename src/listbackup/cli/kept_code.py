"""What the standard library writes as text and compiles while a command starts (``base/compiled.py``), kept on this machine from one command to the next.

The file lies where Python has our bytecode, and is like it in everything: as old as the package, read by whoever runs it, written by whoever may write there and not under
PYTHONDONTWRITEBYTECODE, made anew when it is deleted. It goes from text to code, so it can lack something, but never be out of date.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import sys
import zlib
from collections.abc import Callable
from types import CodeType

from listbackup.base.compiled import SAME_BYTES, Known, ask, remembered

_SUM_BYTES = 4  # stand first: the file is not made to last through a power cut
_MOST = 10_000  # texts: then it begins anew, without what only older versions asked for
_NOTHING: Known = {"exec": {}, "eval": {}}


def keep_code(path: str | None = None) -> Callable[[], None]:
    """From now on what is kept there is not compiled again; call what this returns at the end, and what had to be compiled is kept too."""
    place = path or _beside_bytecode()
    known = _read(place)
    fresh: dict[str, dict[str, bytes]] = {"exec": {}, "eval": {}}

    def code_of(mode: str, text: str) -> CodeType:
        kept = known[mode].get(text)
        code = remembered(kept, mode, text)
        if kept is None:
            fresh[mode][text] = marshal.dumps(code, SAME_BYTES)
        return code

    def write_down() -> None:
        if any(fresh.values()) and not sys.dont_write_bytecode:
            _write(place, {mode: {**(known[mode] if len(known[mode]) < _MOST else {}), **texts} for mode, texts in fresh.items()})

    ask(code_of)
    return write_down


def _beside_bytecode() -> str:
    assert __spec__ is not None
    return os.path.splitext(__spec__.cached or __file__)[0] + ".texts"


def _read(path: str) -> Known:
    """Nothing, where there is no file or one that was not written to its end."""
    try:
        with open(path, "rb") as file:
            checksum, raw = file.read(_SUM_BYTES), file.read()
    except OSError:
        return _NOTHING
    known: Known = marshal.loads(raw) if checksum == _sum(raw) else _NOTHING  # noqa: S302  as bytecode is read
    return known


def _write(path: str, known: dict[str, dict[str, bytes]]) -> None:
    """Who reads meanwhile finds the old file or the new one. Where nothing may be written there is none, and nobody hears of it."""
    temp = f"{path}.{os.getpid()}"
    with contextlib.suppress(OSError):
        number = os.open(temp, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644)
        try:
            with open(number, "wb") as file:
                raw = marshal.dumps(known, SAME_BYTES)
                file.write(_sum(raw) + raw)
            os.replace(temp, path)
        except BaseException:
            os.unlink(temp)
            raise


def _sum(raw: bytes) -> bytes:
    return zlib.crc32(raw).to_bytes(_SUM_BYTES, "little")
