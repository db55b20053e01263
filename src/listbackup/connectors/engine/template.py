"""Templates: text with ``{names}``, filled with values that are escaped for where they go. There are no expressions, on purpose."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from listbackup.base.errors import InputError

_HOLE = re.compile(r"\{\{|\}\}|\{([a-z_][a-z0-9_.]*)\}|[{}]", re.IGNORECASE)
Values = Mapping[str, object]


def holes(template: str) -> list[str]:
    """The names in a template, in order. Raises InputError for a lone brace."""
    return [name for found in _HOLE.finditer(template) if (name := _name(found, template)) is not None]


def fill(template: str, values: Values, escape: Callable[[str], str] = str) -> str:
    """The text with every name replaced by its escaped value; None becomes empty. Raises InputError for a name without a value."""
    if "{" not in template and "}" not in template:
        return template

    def value(found: re.Match[str]) -> str:
        name = _name(found, template)
        if name is None:
            return found[0][0]
        if name not in values:
            raise InputError(f"there is no value for {{{name}}}", hint="known here: " + ", ".join(sorted(values)), field=name)
        return escape(as_text(values[name]))

    return _HOLE.sub(value, template)


def fill_path(template: str, values: Values) -> str:
    """A path whose values cannot leave their segment. Raises InputError for ``.`` and ``..``."""
    return fill(template, values, _segment)


def fill_json(template: Any, values: Values) -> Any:
    """A JSON value with every text in it filled; a text that is one name alone keeps the value's type."""
    if isinstance(template, str):
        names = holes(template)
        if len(names) == 1 and template == f"{{{names[0]}}}" and names[0] in values:
            return values[names[0]]
        return fill(template, values)
    if isinstance(template, Mapping):
        return {name: fill_json(value, values) for name, value in template.items()}
    if isinstance(template, list | tuple):
        return [fill_json(value, values) for value in template]
    return template


def as_text(value: object) -> str:
    """A value as it stands in a URL: truth values in lower case, None empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _segment(text: str) -> str:
    if text in (".", ".."):
        raise InputError(f"{text!r} cannot be part of a path")
    return quote(text, safe="")


def _name(found: re.Match[str], template: str) -> str | None:
    if found[0] in ("{{", "}}"):
        return None
    if found[1] is None:
        raise InputError(f"a brace stands alone in {template!r}", hint="write {{ or }} for a brace that is meant as one")
    return found[1]
