"""Starting quickly: Typer turns text into values with pydantic, whose import takes longer than most of our commands.

A parameter that is plain text needs no turning. ``quicken`` has Typer build the pydantic adapter of the others when a value is really given for them.
It leans on names of Typer's inside (the version is pinned in pyproject.toml); without them it does nothing and starting is merely slower.

``collect_rarely`` is for the long work: a backup keeps tens of thousands of keys and records at hand that hold no cycles, and looking through all of them
after every 700 new ones took a seventh of its CPU time (measured over 600,000 records).
"""

from __future__ import annotations

import gc
from typing import Any

import typer.core

try:
    from typer._coercion import RuntimeParam, build_runtime_param
except ImportError:  # another Typer
    RuntimeParam = None  # type: ignore[assignment,misc]

_PLAIN = (str, str | None)
_LISTS = (list[str], list[str] | None)


def quicken() -> None:
    """From now on, in this process."""
    if RuntimeParam is not None and hasattr(typer.core, "build_runtime_param"):
        typer.core.build_runtime_param = _deferred


def collect_rarely() -> None:
    """Have the collector of reference cycles look after 200,000 new containers (starting makes 55,000), and at everything old only after 2,500 such looks."""
    gc.set_threshold(200_000, 50, 50)


def leave_quickly() -> None:
    """Spare the interpreter, which is about to end, its last search for cycles among everything that was loaded: a tenth of a short command's CPU time."""
    gc.freeze()


def _deferred(descriptor: Any) -> Any:
    """The coercion of one parameter: text as it is, anything else by what Typer builds, at the last moment."""

    class Deferred(RuntimeParam):
        def _coerce_value(self, value: Any, param: Any, ctx: Any) -> Any:
            if self.annotation in _PLAIN and isinstance(value, str):
                return value
            if self.annotation in _LISTS and isinstance(value, list | tuple):
                return list(value)
            return build_runtime_param(descriptor).coerce(value, param=param, ctx=ctx)

    return Deferred(parameter_info=descriptor.parameter_info, annotation=descriptor.annotation)
