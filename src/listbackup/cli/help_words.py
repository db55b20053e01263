"""Help as people know it: a flag has no type, and an argument stands as it is typed.

Typer 0.29 shows ``--json <bool>``, as if a word had to follow, and ``[[SOURCE]...]...`` for what our commands call ``[SOURCE]...``. It has no switch for either, so this
leans on names of its inside (the version is pinned in pyproject.toml); without them the help is merely its own.
"""

from __future__ import annotations

from typing import Any


def plain_help() -> None:
    """From now on, in this process."""
    from typer.core import TyperArgument, TyperOption

    typed = getattr(TyperOption, "display_type_rich", None)
    named = getattr(TyperArgument, "_usage_display_name", None)
    if typed is None or named is None or typed.__module__ == __name__:  # another Typer, or done before
        return

    def of_option(self: Any, ctx: Any) -> str | None:
        shown: str | None = typed(self, ctx)
        return None if self.is_flag else shown

    def of_argument(self: Any) -> str:
        shown: str = named(self)
        return shown if self.metavar is None else self.display_name_raw

    TyperOption.display_type_rich = of_option  # type: ignore[method-assign]
    TyperArgument.display_type_rich = _untyped  # type: ignore[method-assign]
    TyperArgument._usage_display_name = of_argument  # type: ignore[method-assign]


def _untyped(self: Any, ctx: Any) -> str | None:  # noqa: ARG001  the shape that Typer calls
    return None
