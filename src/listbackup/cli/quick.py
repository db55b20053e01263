"""Starting quickly: Typer turns text into values with pydantic, whose import takes longer than most of our commands.

A parameter that is plain text needs no turning. ``quicken`` has Typer build the pydantic adapter of the others when a value is really given for them.
It leans on names of Typer's inside (the version is pinned in pyproject.toml); without them it does nothing and starting is merely slower.

``collect_rarely`` is for the long work: a backup keeps tens of thousands of keys and records at hand that hold no cycles, and looking through all of them
after every 700 new ones took a seventh of its CPU time (measured over 600,000 records).

``compile_late`` is for the classes: a command makes 180 data classes, and ``dataclasses`` compiles six functions for each, of which few are ever called.
They are compiled at their first call; ``__init__`` then takes its own place in the class, so that making a thing costs what it always did.
This leans on a name inside ``dataclasses`` of Python 3.11 and 3.12; without it nothing happens.

``leave_out_docstrings`` is for numpy, which writes 200 KB of docstrings onto what it has in C when it is imported. A command shows none of them.
This leans on names inside numpy (the version is pinned); without them nothing happens.

``with_room`` is for the stack: CPython keeps the frames of a thread in pieces of 16 KiB, and gives a piece back to the system as soon as a call returns from it. A loop
that stands at the edge of a piece then maps and unmaps memory at every call, 9 µs each: importing numpy from ``show`` did so 2,600 times.
"""

from __future__ import annotations

import dataclasses
import functools
import gc
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

_PLAIN = (str, str | None)
_ROOM = 40_000  # words: 320 KB, which needs a piece of 512 KiB and leaves 200 KB of it; memory that is not touched costs nothing
_RARELY_CALLED = frozenset({"__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__lt__", "__le__", "__gt__", "__ge__"})
_LISTS = (list[str], list[str] | None)


def quicken() -> None:
    """From now on, in this process."""
    import typer.core  # here: its own data classes are compiled late too

    try:
        import typer._coercion
    except ImportError:  # another Typer
        return
    if hasattr(typer.core, "build_runtime_param"):
        typer.core.build_runtime_param = _deferred


def compile_late() -> None:
    """Have data classes that are made from now on compile how they are made, written, compared, hashed and kept frozen when that is first asked."""
    at_once = getattr(dataclasses, "_create_fn", None)
    if at_once is None or at_once.__module__ != dataclasses.__name__:
        return

    def create(name: str, parameters: Sequence[str], body: Sequence[str], **where: Any) -> Any:
        if name == "__init__":
            return _made_late(functools.cache(lambda: at_once(name, parameters, body, **where)))
        if name not in _RARELY_CALLED:
            return at_once(name, parameters, body, **where)
        made: list[Any] = []

        def late(*given: object) -> Any:
            if not made:
                made.append(at_once(name, parameters, body, **where))
            return made[0](*given)

        late.__name__ = name
        return late

    dataclasses._create_fn = create  # type: ignore[attr-defined]


def _made_late(compiled: Callable[[], Any]) -> Any:
    """An ``__init__`` that compiles itself at its first call and is in the class from then on what it would have been from the start."""

    def __init__(self: object, *given: object, **named: object) -> None:
        made = compiled()  # kept: who wrapped this function calls it each time
        made.__qualname__ = __init__.__qualname__
        for kind in type(self).__mro__:
            if kind.__dict__.get("__init__") is __init__:
                kind.__init__ = made  # type: ignore[misc]
        made(self, *given, **named)

    return __init__


def leave_out_docstrings() -> None:
    """Have numpy, when it is imported later, keep the modules for empty that only write docstrings: 7 to 12 % of its import."""
    for name in ("numpy._core._add_newdocs", "numpy._core._add_newdocs_scalars"):
        sys.modules.setdefault(name, ModuleType(name))


def collect_rarely() -> None:
    """Have the collector of reference cycles look after 200,000 new containers (starting makes 55,000), and at everything old only after 2,500 such looks."""
    gc.set_threshold(200_000, 50, 50)


def leave_quickly() -> None:
    """Spare the interpreter, which is about to end, its last search for cycles among everything that was loaded: a tenth of a short command's CPU time."""
    gc.freeze()


def with_room(call: Callable[[], int]) -> int:
    """What ``call`` returns, called from a frame so large that its piece of the stack has room for all that are nested in it."""

    def roomy() -> int:
        return call()

    roomy.__code__ = roomy.__code__.replace(co_stacksize=_ROOM)
    return roomy()


def _deferred(descriptor: Any) -> Any:
    """The coercion of one parameter: text as it is, anything else by what Typer builds, at the last moment."""

    from typer._coercion import RuntimeParam, build_runtime_param

    class Deferred(RuntimeParam):
        def _coerce_value(self, value: Any, param: Any, ctx: Any) -> Any:
            if self.annotation in _PLAIN and isinstance(value, str):
                return value
            if self.annotation in _LISTS and isinstance(value, list | tuple):
                return list(value)
            return build_runtime_param(descriptor).coerce(value, param=param, ctx=ctx)

    return Deferred(parameter_info=descriptor.parameter_info, annotation=descriptor.annotation)
