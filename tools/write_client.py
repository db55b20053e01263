"""Writes ``src/listbackup/client/api``: models and operations of the Python client, as ``openapi.json`` says them.

What a tag alone uses stands in its own module, what several use in ``shared``. ``tests/house/test_client.py`` compares what is kept with what this makes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from client_operations import MethodText, Operation, named, operations
from client_schemas import Schemas, class_name

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "openapi.json"
TARGET = ROOT / "src" / "listbackup" / "client" / "api"
SAID = "Made by tools/write_client.py (``make openapi``); do not edit."
IMPORTS = {  # name -> where it comes from; written where a module uses the name
    "Any": "typing",
    "Download": "listbackup.client.download",
    "Events": "listbackup.client.events",
    "Iterator": "collections.abc",
    "Mapping": "collections.abc",
    "Page": "listbackup.client.paging",
    "Raw": "msgspec",
    "Request": "listbackup.client.session",
    "Sequence": "collections.abc",
    "Session": "listbackup.client.session",
    "Struct": "msgspec",
    "TypeAlias": "typing",
    "UNSET": "msgspec",
    "UnsetType": "msgspec",
    "Word": "listbackup.client.words",
    "date": "datetime",
    "datetime": "datetime",
    "every": "listbackup.client.paging",
    "field": "msgspec",
    "given": "listbackup.client.session",
    "part": "listbackup.client.session",
    "repeat_header": "listbackup.client.session",
    "timedelta": "datetime",
    "unseen": "listbackup.client.words",
    "version_header": "listbackup.client.session",
}
STANDARD = ("collections.abc", "datetime", "functools", "typing")


def modules(document: Mapping[str, Any]) -> dict[str, str]:
    """Every file of the package with its text, formatted; the same for the same document."""
    schemas = Schemas(document)
    by_tag: dict[str, list[Operation]] = {}
    for one in operations(document):
        by_tag.setdefault(one.tag.replace("-", "_"), []).append(one)
        schemas.asked |= set(schemas.below(one.said.get("requestBody", {})))
    answered = {name for some in by_tag.values() for one in some for name in schemas.below(one.answer or ())}
    schemas.asked -= answered
    used = {tag: sorted({name for one in some for name in _uses(schemas, one)}) for tag, some in by_tag.items()}
    count = Counter(name for names in used.values() for name in names)
    shared = sorted(name for name, tags in count.items() if tags > 1)
    own = {tag: [name for name in names if count[name] == 1] for tag, names in used.items()}
    found = {"shared.py": _models(schemas, shared)}
    for tag, some in sorted(by_tag.items()):
        found[f"{tag}.py"] = _tag(schemas, tag, own[tag], shared, some)
    found["models.py"] = _all_models({"shared": shared, **own})
    found["__init__.py"] = _face(sorted(by_tag))
    return {name: _formatted(text) for name, text in sorted(found.items())}


def _uses(schemas: Schemas, operation: Operation) -> Iterable[str]:
    """The models that an operation reads or answers, those of its parameters too. A flat body is not one: its fields are arguments."""
    body = operation.said.get("requestBody", {})
    named = [one["$ref"] for one in _bodies(body) if "$ref" in one]
    flat = {one.rpartition("/")[2] for one in named if "properties" in schemas[one.rpartition("/")[2]]}
    yield from (name for name in schemas.below(body) if name not in flat)
    yield from schemas.below(operation.answer or ())
    yield from schemas.below(operation.said.get("parameters", ()))


def _bodies(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one.get("schema", {}) for one in body.get("content", {}).values()]


def _models(schemas: Schemas, names: Sequence[str]) -> str:
    return _module("Models that several parts of the API use.", [schemas.text(name) for name in names], {})


def _tag(schemas: Schemas, tag: str, own: Sequence[str], shared: Sequence[str], some: Sequence[Operation]) -> str:
    called = "".join(part.capitalize() for part in tag.split("_")) + "Api"
    methods = [MethodText(one, name, schemas).text() for name, one in named(some, schemas).items()]
    head = f'class {called}:\n    """The operations of ``{tag}``."""\n\n    def __init__(self, session: Session) -> None:\n        self._session = session'
    pieces = [*(schemas.text(name) for name in own), "\n\n".join([head, *methods])]
    return _module(
        f"``client.{tag}``: operations, and the models that only they use.",
        pieces,
        {class_name(name): "listbackup.client.api.shared" for name in shared},
    )


def _all_models(by_module: Mapping[str, Sequence[str]]) -> str:
    """A face whose names stay where they are when a model moves to another part, and whose modules are loaded when they are named."""
    homes = {f"listbackup.client.api.{module}": sorted(map(class_name, some)) for module, some in sorted(by_module.items()) if some}
    names = sorted({name for some in homes.values() for name in some}, key=_all_order)
    typed = "\n".join(f"    from {home} import {', '.join(some)}" for home, some in homes.items())
    rows = "".join(f"        {home!r}: ({', '.join(map(repr, some))},),\n" for home, some in homes.items())
    return (
        f'"""Every model of the API in one place, loaded when it is named. {SAID}"""\n\n'
        "from __future__ import annotations\n\nfrom typing import TYPE_CHECKING\n\nfrom listbackup.base.loading import when_named\n\n"
        f"if TYPE_CHECKING:\n{typed}\nelse:\n    __getattr__ = when_named(__name__, {{\n{rows}    }})\n\n"
        f"__all__ = [{', '.join(map(repr, names))}]\n"
    )


def _all_order(name: str) -> tuple[int, str]:
    """As ruff sorts ``__all__``: CONSTANTS, Classes, the rest."""
    return (0 if name.isupper() else 1, name)


def _face(tags: Sequence[str]) -> str:
    classes = {tag: "".join(part.capitalize() for part in tag.split("_")) + "Api" for tag in tags}
    lines = [
        f'"""Every part of the API as an attribute, loaded when it is first named. {SAID}"""',
        "",
        "from __future__ import annotations",
        "",
    ]
    lines += [
        "from functools import cached_property",
        "from typing import TYPE_CHECKING",
        "",
        "from listbackup.client.session import Session",
        "",
    ]
    lines += ["if TYPE_CHECKING:"]
    lines += [f"    from listbackup.client.api.{tag} import {called}" for tag, called in classes.items()]
    lines += [
        "",
        "",
        "class Api:",
        '    """The parts of the API."""',
        "",
        "    def __init__(self, session: Session) -> None:",
        "        self._session = session",
    ]
    for tag, called in classes.items():
        lines += ["", "    @cached_property", f"    def {tag}(self) -> {called}:", f'        """The operations of ``{tag}``."""']
        lines += [f"        from listbackup.client.api.{tag} import {called}", "", f"        return {called}(self._session)"]
    return "\n".join(lines) + "\n"


def _module(about: str, pieces: Sequence[str], more: Mapping[str, str]) -> str:
    body = "\n\n\n".join(pieces)
    words = set(re.findall(r"\w+", re.sub(r'"""(?:.|\n)*?"""', "", body)))
    by_home: dict[str, list[str]] = {}
    for name, home in {**IMPORTS, **more}.items():
        if name in words:
            by_home.setdefault(home, []).append(name)
    lines = [_import(home, names) for home, names in sorted(by_home.items(), key=lambda item: _group(item[0]))]
    groups: dict[int, list[str]] = {}
    for home, line in zip(sorted(by_home, key=_group), lines, strict=True):
        groups.setdefault(_group(home)[0], []).append(line)
    imports = "\n\n".join("\n".join(group) for _, group in sorted(groups.items()))
    return f'"""{about}\n\n{SAID}\n"""\n\nfrom __future__ import annotations\n\n{imports}\n\n\n{body}\n'


def _import(home: str, names: Sequence[str]) -> str:
    order = sorted(names, key=lambda name: (0 if name.isupper() else 1 if name[0].isupper() else 2, name))
    return f"from {home} import {', '.join(order)}"


def _group(home: str) -> tuple[int, str]:
    return (0 if home in STANDARD else 2 if home.startswith("listbackup") else 1, home)


def _formatted(text: str) -> str:
    """As ruff writes it."""
    for command in (("check", "--select", "I,RUF022", "--fix", "--quiet"), ("format", "--quiet")):
        ruff = [
            Path(sys.executable).parent / "ruff",
            *command,
            "--config",
            ROOT / "pyproject.toml",
            "--stdin-filename",
            TARGET / "made.py",
            "-",
        ]
        done = subprocess.run(ruff, input=text, capture_output=True, text=True, cwd=ROOT)
        if done.returncode != 0:
            raise SystemExit(f"what was made is not Python: {done.stdout}{done.stderr}\n{text}")
        text = done.stdout
    return text


def main() -> None:
    """Write what is new, remove what is gone."""
    made = modules(json.loads(DOCUMENT.read_text()))
    TARGET.mkdir(exist_ok=True)
    for path in TARGET.glob("*.py"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        path = TARGET / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    print(f"wrote {len(made)} modules of listbackup.client.api")


if __name__ == "__main__":
    main()
