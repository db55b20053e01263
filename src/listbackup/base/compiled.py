"""Code that the standard library writes as text and compiles while a program starts, compiled beforehand.

The methods of a dataclass are texts that ``dataclasses`` compiles one by one, and an annotation that is text is compiled by ``typing``: together a third of the CPU of a
function's cold start. A folder of the cloud holds that code beside this module (``tools/build_functions.py`` has it written by ``write``): text to code, made from the same
text by the same compiler. A text that is not in it is compiled as always, and where there is no such file nothing changes; what a machine keeps is in
``cli/kept_code.py``.

Imported before the modules whose classes it is for. Source: ``dataclasses._create_fn`` and ``typing.ForwardRef`` of CPython 3.11 to 3.13, which call ``exec`` and ``compile``.
"""

from __future__ import annotations

import dataclasses
import gc
import marshal
import os
import sys
import typing
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any, TypeAlias

Known: TypeAlias = Mapping[str, Mapping[str, bytes]]  # by "exec" and "eval": text -> code as marshal writes it

_FILE = f"compiled.{sys.implementation.cache_tag}.bin"  # another Python's code is not found


def recall(folder: str) -> bool:
    """From now on code that lies in this folder is not compiled again. Whether any lies there."""
    try:
        with open(os.path.join(folder, _FILE), "rb") as file:
            known: Known = marshal.loads(file.read())  # noqa: S302  written when the folder was built, as bytecode is
    except OSError:
        return False
    ask(lambda mode, text: remembered(known[mode].get(text), mode, text))
    return True


def write(folder: str, load: Callable[[], None]) -> int:
    """Keep there what is compiled while ``load`` loads modules; how many texts."""
    kept: dict[str, dict[str, bytes]] = {"exec": {}, "eval": {}}

    def compiled(mode: str, text: str) -> CodeType:
        code = _compiled(mode, text)
        kept[mode][text] = marshal.dumps(code, SAME_BYTES)
        return code

    ask(compiled)
    load()
    with open(os.path.join(folder, _FILE), "wb") as file:
        file.write(marshal.dumps({mode: dict(sorted(texts.items())) for mode, texts in kept.items()}, SAME_BYTES))
    return sum(map(len, kept.values()))


SAME_BYTES = 2  # of marshal's formats the last that does not depend on who else holds an object: the same code is the same folder


def remembered(code: bytes | None, mode: str, text: str) -> CodeType:
    """The code that was kept of this text; compiled, where none was."""
    return _compiled(mode, text) if code is None else marshal.loads(code)  # noqa: S302


def _compiled(mode: str, text: str) -> CodeType:
    """As both modules would: without this module's ``annotations``, which a compiler called from here would take over."""
    code: CodeType = compile(text, "<string>", mode, dont_inherit=True)
    return code


def ask(code_of: Callable[[str, str], CodeType]) -> None:
    """Put ``code_of`` between the two modules and the compiler: a module's own name is found before the built-in one."""

    def run(text: str, *names: Any) -> None:
        exec(code_of("exec", text), *names)  # noqa: S102  what dataclasses would do

    def understand(text: str, *how: Any) -> CodeType:
        return code_of("eval", text) if how == ("<string>", "eval") else compile(text, *how, dont_inherit=True)

    for module, name, stand_in in ((dataclasses, "exec", run), (typing, "compile", understand)):
        setattr(module, name, stand_in)


if recall(os.path.dirname(__file__)):
    gc.disable()  # while a function of the cloud is loaded; ``bootstrap/stage.py`` wakes the collector when it is made
