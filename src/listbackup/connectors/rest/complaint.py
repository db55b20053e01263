"""What is wrong with a REST file, said so that it can be put right: which line, which field, what, and what instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import msgspec
import yaml

from listbackup.base.errors import InputError
from listbackup.connectors.engine.facts import Api, Deletions
from listbackup.connectors.engine.facts_auth import Auth
from listbackup.connectors.engine.facts_paging import Paging

Where = tuple[str | int, ...]

_AT = re.compile(r" - at `(\$[^`]*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.+?)`")
_MISSING = re.compile(r"Object missing required field `(.+?)`")
_EXPECTED = re.compile(r"Expected `(.+?)`, got `(.+?)`")
_INVALID = re.compile(r"Invalid (?:value|enum value) '?(.+?)'?$")
_PLAIN = {
    "object": "a mapping",
    "array": "a list",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
}


def _by_kind(union: Any) -> Mapping[str, Any]:
    return {str(one.__struct_config__.tag): one for one in get_args(union)}


TAGGED: Mapping[str, Mapping[str, Any]] = {"auth": _by_kind(Auth), "paging": _by_kind(Paging), "deletions": _by_kind(Deletions)}


def invalid(text: str, node: yaml.Node, value: Any, name: str) -> InputError:
    """What a validation error of msgspec means for whoever wrote the file."""
    found = _AT.search(text)
    where = _steps(found[1] if found else "$")
    what = _AT.sub("", text)
    if unknown := _UNKNOWN.match(what):
        known = _fields_at(where, value)
        near = difflib.get_close_matches(unknown[1], known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else "known here: " + ", ".join(known)
        return complaint(name, node, (*where, unknown[1]), f"there is no field {unknown[1]!r}", hint)
    if missing := _MISSING.match(what):
        return complaint(name, node, where, f"{missing[1]!r} is missing", f"add  {missing[1]}: …")
    if expected := _EXPECTED.match(what):
        wanted = " or ".join(_PLAIN.get(one.strip(), one.strip()) for one in expected[1].split("|"))
        return complaint(name, node, where, f"this must be {wanted}, and is {_PLAIN.get(expected[2], expected[2])}", _remedy(where))
    if invalid := _INVALID.match(what):
        return complaint(name, node, where, f"{invalid[1]!r} is not possible here", _remedy(where))
    if "regex" in what:
        return complaint(
            name, node, where, "this is not a name", "lower-case letters, digits, dashes and underscores, beginning with a letter"
        )
    return complaint(name, node, where, what[:1].lower() + what[1:], _remedy(where))


def _steps(path: str) -> Where:
    """The path of a msgspec error as keys and indices; where it hides one (``[...]``), as far as it is known."""
    steps: list[str | int] = []
    for found in _STEP.finditer(path):
        if found[1] is None and found[2] is None:
            break
        step: str | int = found[1] if found[1] is not None else int(found[2])
        steps.append(step)
    return tuple(steps)


def complaint(name: str, node: yaml.Node, where: Sequence[str | int], message: str, hint: str) -> InputError:
    """``FILE, line N, FIELD: MESSAGE``, with the remedy as hint."""
    line = _line(node, where)
    field = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where).lstrip(".")
    return InputError(f"{name}, line {line}" + (f", {field}" if field else "") + f": {message}", hint=hint or None, field=field or None)


def _line(node: yaml.Node, where: Sequence[str | int]) -> int:
    """The line of the field at this path, or of the nearest thing around it that is there."""
    line = node.start_mark.line
    for step in where:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, inside) for key, inside in node.value if key.value == step), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
        else:
            break
    return int(line) + 1


def _remedy(where: Where) -> str:
    last = where[-1] if where else None
    if last == "kind":
        parent = where[-2] if len(where) > 1 else None
        return "kinds: " + ", ".join(TAGGED.get(str(parent), ()))
    return ""


def _fields_at(where: Where, value: Any) -> Sequence[str]:
    """The names of the fields that can stand at a path."""
    kind: Any = Api
    for step in where:
        value = _inside(value, step)
        if isinstance(step, int):
            continue
        if step in TAGGED:
            kind = TAGGED[step].get(str(value.get("kind")) if isinstance(value, dict) else "", Api)
            continue
        kind = _struct_in(msgspec.inspect.type_info(kind), step)
        if kind is None:
            return ()
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    return ["kind", *names] if kind.__struct_config__.tag else names


def _inside(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None


def _struct_in(info: Any, name: str) -> type[msgspec.Struct] | None:
    for field in getattr(info, "fields", ()):
        if field.encode_name == name:
            return _first_struct(field.type)
    return None


def _first_struct(info: Any) -> type[msgspec.Struct] | None:
    if isinstance(info, msgspec.inspect.StructType):
        return info.cls
    inside = [getattr(info, "type", None), getattr(info, "item_type", None), *getattr(info, "types", ())]
    return next((found for one in inside if one is not None and (found := _first_struct(one)) is not None), None)
