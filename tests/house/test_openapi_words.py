"""What a reader of openapi.json sees beside each parameter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from listbackup.api.words import GENERAL, PARTICULAR, is_nullable

_UNITS = {"_at": "[UTC]", "_bytes": "[bytes]", "_days": "[days]", "_hours": "[h]", "_ms": "[ms]", "_seconds": "[s]"}
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


def fields() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in json.loads(_DOCUMENT.read_text())["components"]["schemas"].items():
        for field, one in schema.get("properties", {}).items():
            yield f"{name}.{field}", one


def test_each_field_says_what_it_is() -> None:
    silent = [name for name, one in fields() if not one.get("description")]
    assert silent == [], "say it where the field is declared, or in api/words.py or api/particular_words.py, then: make openapi"


def test_each_field_that_may_be_null_says_what_that_means_and_no_other_does() -> None:
    silent = {name for name, one in fields() if is_nullable(one) and "null" not in one.get("description", "").lower()}
    confused = {name for name, one in fields() if not is_nullable(one) and "null" in one.get("description", "").lower()}
    assert (silent, {name for name in confused if not name.endswith(".cursor")}) == (set(), set())


def test_each_field_with_a_unit_in_its_name_says_the_unit() -> None:
    wrong = {
        name for name, one in fields() for end, unit in _UNITS.items() if name.endswith(end) and unit not in one.get("description", "")
    }
    assert wrong == set()


def test_nothing_is_said_of_a_field_that_is_not_there() -> None:
    names = {name for name, _ in fields()}
    assert set(PARTICULAR) - names == set()
    assert set(GENERAL) - {name.partition(".")[2] for name in names} == set()


def test_each_tag_says_what_it_is_about() -> None:
    tags = json.loads(_DOCUMENT.read_text())["tags"]
    assert [tag["name"] for tag in tags if not tag.get("description")] == []
