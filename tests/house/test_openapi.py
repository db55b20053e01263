"""The OpenAPI document is kept, complete, and what the routes say. After a change of the API: ``make openapi``."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from listbackup.http.permission import Permission, Signed
from listbackup.testing.http import current_openapi

KEPT = Path(__file__).parents[2] / "openapi.json"


def test_the_kept_document_is_the_one_that_the_routes_make() -> None:
    assert json.loads(KEPT.read_text()) == json.loads(json.dumps(current_openapi()))


def test_every_operation_has_a_name_of_its_own_a_summary_its_access_and_its_problems() -> None:
    operations = [one for path in current_openapi()["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]
    assert len(set(names)) == len(names)
    for one in operations:
        assert one["summary"], one
        assert one["x-permission"] in {*Permission, *Signed, "public"}, one
        assert bool(one["security"]) == (one["x-permission"] != "public"), one
        assert {"400", "405", "413", "421", "422", "500", "503"} <= set(one["responses"]), one


def test_every_schema_is_one_and_every_reference_leads_somewhere() -> None:
    document = current_openapi()
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    references = {line.rpartition("/")[2] for line in json.dumps(document).split('"') if line.startswith("#/components/schemas/")}
    assert references <= set(schemas)
    named = {
        name
        for path in document["paths"].values()
        for one in path.values()
        for name in one["responses"]
        if "$ref" in one["responses"][name]
    }
    assert named <= set(document["components"]["responses"])
