"""Reads a REST file: YAML to facts, with errors that name the file, the line, the field and the remedy."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import yaml

from listbackup.base.decode import from_plain
from listbackup.base.errors import InputError
from listbackup.connectors.engine.facts import Api
from listbackup.connectors.engine.facts_check import troubles
from listbackup.connectors.rest.complaint import complaint, invalid

MAX_BYTES = 256 * 1024
MAX_NODES = 20_000


class _Loader(yaml.SafeLoader):
    """YAML with dates, ``yes`` and ``on`` left as the text they are."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def parse(text: str, name: str) -> Api:
    """The facts in a REST file; ``name`` is what errors call the file. Raises InputError."""
    return parse_words(text, name)[0]


def parse_words(text: str, name: str) -> tuple[Api, Any]:
    """The same, and the file's own words as plain values."""
    node = _compose(text, name)
    value = _value(node, name)
    try:
        api = from_plain(value, Api)
    except msgspec.ValidationError as error:
        raise invalid(str(error), node, value, name) from None
    wrong = troubles(api)
    if wrong:
        first = wrong[0]
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise complaint(name, node, first.where, first.message + more, first.hint)
    return api, value


def _compose(text: str, name: str) -> yaml.Node:
    if len(text) > MAX_BYTES:
        raise InputError(f"{name} is larger than {MAX_BYTES // 1024} KiB", hint="is this the right file?")
    try:
        node = yaml.compose(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise InputError(
            f"{name}{line}: this is not YAML: {error.problem or error.context}", hint="check indentation and quotes there"
        ) from None
    except yaml.reader.ReaderError as error:
        number = text.count("\n", 0, error.position) + 1
        raise InputError(f"{name}, line {number}: YAML cannot have the character {error.character:#04x}", hint="remove it") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise InputError(f"{name}: this is not YAML", hint="it has characters or nesting that YAML cannot have") from None
    if not isinstance(node, yaml.MappingNode):
        raise InputError(f"{name}, line 1: the file must be a mapping", hint="begin with  platform: my-api")
    return node


def _value(node: yaml.Node, name: str) -> Any:
    """The node as plain values, each alias written out. Raises InputError for keys that come twice and for too much."""
    count = 0

    def build(here: yaml.Node, depth: int) -> Any:
        nonlocal count
        count += 1
        _check_text(here, name)
        if count > MAX_NODES or depth > 40:
            raise InputError(f"{name}, line {here.start_mark.line + 1}: there is too much in here", hint="fewer aliases, less nesting")
        if isinstance(here, yaml.MappingNode):
            found: dict[str, Any] = {}
            for key, inside in here.value:
                _check_text(key, name)
                word = key.value if isinstance(key, yaml.ScalarNode) else ""
                if word in found or not isinstance(key, yaml.ScalarNode) or word == "<<":
                    what = f"{word!r} comes twice" if word in found else "this cannot be the name of a field"
                    raise InputError(f"{name}, line {key.start_mark.line + 1}: {what}", field=word or None)
                found[word] = build(inside, depth + 1)
            return found
        if isinstance(here, yaml.SequenceNode):
            return [build(inside, depth + 1) for inside in here.value]
        return _scalar(here, name)

    return build(node, 0)


def _check_text(node: yaml.Node, name: str) -> None:
    """Raises InputError for half a character (``\\ud83d`` alone), which YAML's escapes can write and nothing can send."""
    if isinstance(node, yaml.ScalarNode) and any("\ud800" <= c <= "\udfff" for c in node.value):
        message = f"{name}, line {node.start_mark.line + 1}: this text holds half a character"
        raise InputError(message, hint="write characters beyond U+FFFF as they are, or as \\U0001F986")


def _scalar(node: yaml.Node, name: str) -> Any:
    try:
        maker = yaml.constructor.SafeConstructor()
        return maker.construct_object(node)
    except (yaml.YAMLError, ValueError, OverflowError):
        raise InputError(f"{name}, line {node.start_mark.line + 1}: this value cannot be read", hint="put it in quotes") from None
