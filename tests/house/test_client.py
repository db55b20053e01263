"""The Python client is what ``openapi.json`` describes. After a change of the API: ``make openapi``."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "src" / "listbackup" / "client" / "api"


def tool() -> ModuleType:
    """``tools/write_client.py``."""
    spec = importlib.util.spec_from_file_location("write_client", ROOT / "tools" / "write_client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["write_client"] = module
    spec.loader.exec_module(module)
    return module


def test_the_kept_client_is_the_one_that_the_document_makes() -> None:
    made = tool().modules(json.loads((ROOT / "openapi.json").read_text()))
    assert sorted(made) == sorted(path.name for path in KEPT.glob("*.py"))
    differing = [name for name, text in made.items() if (KEPT / name).read_text() != text]
    assert differing == [], "run  make openapi"


def test_the_same_document_makes_the_same_client_whatever_its_order() -> None:
    document = json.loads((ROOT / "openapi.json").read_text())
    turned = {**document, "paths": dict(reversed(document["paths"].items()))}
    turned["components"] = {**document["components"], "schemas": dict(reversed(document["components"]["schemas"].items()))}
    assert tool().modules(turned) == tool().modules(document)


def names(document: dict[str, Any]) -> dict[tuple[str, str], str]:
    """The method of each operation: ``sources.list``."""
    made = tool()
    schemas = made.Schemas(document)
    by_tag: dict[str, list[Any]] = {}
    for one in made.operations(document):
        by_tag.setdefault(one.tag, []).append(one)
    return {(one.method, one.path): f"{tag}.{name}" for tag, some in by_tag.items() for name, one in made.named(some, schemas).items()}


def test_a_new_route_renames_no_other_operation() -> None:
    document = json.loads((ROOT / "openapi.json").read_text())
    all_names = names(document)
    assert len(set(all_names.values())) == len(all_names)
    for path in document["paths"]:
        without = {**document, "paths": {one: said for one, said in document["paths"].items() if one != path}}
        assert names(without) == {place: name for place, name in all_names.items() if place[1] != path}, path


def test_every_ugly_name_that_was_bettered_is_still_one() -> None:
    document = json.loads((ROOT / "openapi.json").read_text())
    there = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    tool()
    assert sorted(set(sys.modules["client_operations"].NAMES) - there) == []


def test_the_client_loads_nothing_heavy_and_no_part_that_is_not_named() -> None:
    script = (
        "import sys; from listbackup.client import Client; lb = Client('http://localhost:1'); lb.sources; "
        "print(sorted(m for m in sys.modules if m.startswith('listbackup.client.api.') or m in "
        "('pydantic', 'starlette', 'numpy', 'cryptography', 'typer', 'rich') or m.startswith('listbackup.services')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("['listbackup.client.api.sources']", "['listbackup.client.api.shared', 'listbackup.client.api.sources']")
