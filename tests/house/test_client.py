"""The Python client is what ``openapi.json`` describes. After a change of the API: ``make openapi``."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

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
