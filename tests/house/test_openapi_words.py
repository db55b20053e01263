"""What a reader of openapi.json sees beside each parameter."""

from __future__ import annotations

import json
from pathlib import Path

_DOCUMENT = Path(__file__).parents[2] / "openapi.json"
_OWN_WORDS = {"source", "stream", "snapshot", "connection", "group", "job", "tag", "q"}  # their names say it


def test_each_parameter_says_what_it_does() -> None:
    paths = json.loads(_DOCUMENT.read_text())["paths"]
    asked = [
        (name, one) for path in paths.values() for operation in path.values() for one in operation["parameters"] for name in [one["name"]]
    ]
    silent = {name for name, one in asked if one["in"] != "path" and not one.get("description")}
    assert silent <= _OWN_WORDS


def test_each_schema_has_a_name_of_its_own_that_is_no_place_in_the_code() -> None:
    names = json.loads(_DOCUMENT.read_text())["components"]["schemas"]
    assert [name for name in names if "." in name or "__" in name] == []
