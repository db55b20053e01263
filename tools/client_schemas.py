"""Models of the Python client from the schemas of ``openapi.json``: what a schema is called in Python, and the text of its class."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
REF = "#/components/schemas/"
BUILTIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
SECRET = {
    "access_token",
    "csrf_token",
    "recovery_codes",
    "refresh_token",
    "secret",
    "text",
    "ticket",
}  # a model that has one prints nothing
FORMATS = {"date-time": "datetime", "date": "date", "duration": "timedelta"}


class Schemas:
    """The document's schemas, by the names that their classes get."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._all: Mapping[str, Schema] = document["components"]["schemas"]
        self.asked: set[str] = set()  # what goes to the server: every optional field may be left out

    def __getitem__(self, name: str) -> Schema:
        return self._all[name]

    def below(self, schema: Any) -> Iterator[str]:
        """The names of every schema that this one leads to, each once; pages are seen through."""
        seen: set[str] = set()
        todo = [*_references(schema)]
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += _references(self._all[name])
        return iter(sorted(name for name in seen if not self.is_page(name)))

    def is_page(self, name: str) -> bool:
        """Whether it is a page of a listing."""
        return set(self._all[name].get("properties", {})) == {"items", "next"}

    def page_of(self, schema: Schema) -> Schema | None:
        """The schema of the items, if this one refers to a page."""
        name = _name(schema)
        return self._all[name]["properties"]["items"]["items"] if name is not None and self.is_page(name) else None

    def items_of(self, schema: Schema) -> Schema | None:
        """The schema of the items, if this one refers to a page, or to something that says more than a page."""
        name = _name(schema)
        said = self._all[name].get("properties", {}) if name is not None else {}
        return said["items"].get("items") if {"items", "next"} <= set(said) else None

    def annotation(self, schema: Schema) -> str:
        """The Python type of a value of this schema."""
        name = _name(schema)
        if name is not None:
            page = self.page_of(schema)
            return f"Page[{self.annotation(page)}]" if page is not None else class_name(name)
        if "anyOf" in schema or "oneOf" in schema:
            return self._union(schema.get("anyOf") or schema["oneOf"])
        if "const" in schema:
            return type(schema["const"]).__name__
        if "enum" in schema:
            return " | ".join(dict.fromkeys(type(one).__name__ for one in schema["enum"]))
        if isinstance(schema.get("type"), list):
            return self._union([{**schema, "type": one} for one in schema["type"]])
        match schema.get("type"):
            case "string":
                return FORMATS.get(schema.get("format", ""), "str")
            case "array":
                return f"Sequence[{self._inside(schema.get('items'))}]"
            case "object":
                return f"Mapping[str, {self._inside(schema.get('additionalProperties'))}]"
            case None:
                return "Raw"
            case plain:
                return BUILTIN[plain]

    def _union(self, options: list[Schema]) -> str:
        found = dict.fromkeys(self.annotation(one) for one in options)
        models = [one for one in options if (name := _name(one)) is not None and "enum" not in self._all[name]]
        if "Raw" in found or len(models) > 1:  # msgspec tells models apart by a tag only, which these have not
            return "Raw"
        return " | ".join(sorted(found, key=lambda one: one == "None"))

    def _inside(self, schema: Any) -> str:
        """A value inside a container; what is not described is whatever JSON holds."""
        inner = self.annotation(schema) if isinstance(schema, Mapping) else "Raw"
        return "Any" if inner == "Raw" else inner

    def text(self, name: str) -> str:
        """The class of this schema."""
        schema = self._all[name]
        head = docstring(schema.get("description", "").strip() or f"{class_name(name)}.")
        if "enum" in schema:
            rows = [f"    {_member(str(one))} = {str(one)!r}" for one in schema["enum"]]
            return "\n".join([f"class {class_name(name)}(Word):", head, "", *rows])
        if schema.get("type") != "object" or ("properties" not in schema and schema.get("additionalProperties")):
            return f"{class_name(name)}: TypeAlias = {self.annotation(schema)}"
        rows = [self._field(name, field, one, schema) for field, one in schema.get("properties", {}).items()]
        if any(field in SECRET and one.get("type") != "boolean" for field, one in schema.get("properties", {}).items()):
            rows += ["", "    __repr__ = unseen"]
        return "\n".join([f"class {class_name(name)}(Struct, frozen=True, kw_only=True):", head, *([""] if rows else []), *rows])

    def _field(self, owner: str, name: str, schema: Schema, of: Schema) -> str:
        kind, called = self.annotation(schema), argument(name)
        needed = name in of.get("required", [])
        if owner in self.asked and not needed:
            kind, default = f"{kind} | UnsetType", "UNSET"
        else:
            kind, default = (kind, None) if needed else self._default(kind, schema)
        if called != name:
            return f"    {called}: {kind} = field(name={name!r}{f', default={default}' if default is not None else ''})"
        return f"    {called}: {kind}" + (f" = {default}" if default is not None else "")

    def _default(self, kind: str, schema: Schema) -> tuple[str, str]:
        """The type and default of a field that an older server may not send."""
        said = schema.get("default")
        if kind.startswith("Sequence["):
            return kind, "()"
        if kind.startswith("Mapping["):
            return kind, "field(default_factory=dict)"
        plain = isinstance(said, str | int | float | bool) and kind in ("str", "int", "float", "bool")
        if plain:
            return kind, repr(said)
        name = _name(schema)
        if isinstance(said, str) and name is not None and "enum" in self._all[name]:
            return kind, f"field(default_factory=lambda: {kind}({said!r}))"  # the class may stand further down
        if kind == "Raw":
            return kind, 'Raw(b"null")'
        return (kind if "None" in kind.split(" | ") else f"{kind} | None"), "None"


def class_name(name: str) -> str:
    """The class of a schema: its own name without what Python does not allow. One of two namesakes comes with its modules: the room says which it is."""
    parts = [one for one in re.split(r"\.|__", name) if one and one not in ("listbackup", "services")]
    if len(parts) > 1:
        return re.sub(r"\W", "", "".join(part.title() for part in parts[0].split("_")) + parts[-1])
    return re.sub(r"\W|_$", "", name)


def argument(name: str) -> str:
    """The name of a field or parameter in Python."""
    plain = re.sub(r"\W", "_", name)
    return plain + "_" if keyword.iskeyword(plain) else plain


def docstring(text: str, indent: str = "    ") -> str:
    """A docstring of this text, its lines as long as ours."""
    lines: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        line = ""
        for word in paragraph.split():
            if len(indent) + len(line) + len(word) > 138:
                lines.append(line)
                line = ""
            line = f"{line} {word}" if line else word
        lines += [line, ""]
    body = "\n".join(lines).rstrip().replace("\\", "\\\\").replace('"""', "'''")
    if "\n" not in body:
        return f'{indent}"""{body}"""'
    return f'{indent}"""' + body.replace("\n", f"\n{indent}").replace(f"\n{indent}\n", "\n\n") + f'\n{indent}"""'


def _member(value: str) -> str:
    """A member's name: the word itself, or what its signs are called."""
    plain = re.sub(r"\W+", "_", value).strip("_").upper()
    if not plain:
        plain = "_".join(unicodedata.name(one).replace(" ", "_").replace("-", "_") for one in value) or "NOTHING"
    return f"N{plain}" if plain[0].isdigit() else plain


def _name(schema: Schema) -> str | None:
    found = schema.get("$ref")
    return found.removeprefix(REF) if found is not None else None


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            if key == "$ref" and isinstance(value, str) and value.startswith(REF):
                yield value.removeprefix(REF)
            else:
                yield from _references(value)
    elif isinstance(schema, list | tuple):
        for one in schema:
            yield from _references(one)
