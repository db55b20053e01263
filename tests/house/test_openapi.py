"""The OpenAPI document is kept, complete, and what the routes say. After a change of the API: ``make openapi``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from listbackup.http.permission import Permission, Signed
from listbackup.testing.http import current_openapi

KEPT = Path(__file__).parents[2] / "openapi.json"
PROBLEM = "application/problem+json"
DANGEROUS = {  # what a stolen session must not do
    Permission.ACCOUNTS_DELETE,
    Permission.API_KEYS_MANAGE,
    Permission.ERASURES_EXECUTE,
    Permission.EXPORTS_CREATE,
    Permission.MEMBERS_MANAGE,
    Permission.POLICIES_MANAGE,
    Permission.RESTORES_EXECUTE,
    Permission.RETENTION_MANAGE,
    Permission.ROLES_MANAGE,
    Permission.SYSTEM_OPERATE,
}
HARMLESS = {  # and what of it only takes back, or gives nobody anything
    "DELETE /v2/accounts/{account}/invitations/{invitation}",
    "DELETE /v2/api-keys/{key}",
    "DELETE /v2/exports/{export}",
    "DELETE /v2/teams/{team}/members/{user}",
    "DELETE /v2/teams/{team}/roles/{where}",
    "PATCH /v2/teams/{team}",
    "POST /v2/accounts/{account}/invitations/{invitation}/resend",
    "POST /v2/erasures",
    "POST /v2/erasures/{erasure}/cancel",
    "POST /v2/exports/{export}/cancel",
    "POST /v2/exports/{export}/download-url",
    "POST /v2/restores/{restore}/cancel",
    "POST /v2/snapshots/{snapshot}/hold",
    "POST /v2/teams",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(current_openapi()))
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            yield f"{method.upper()} {path}", one


def good_answers(one: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for status, answer in one["responses"].items():
        if "$ref" not in answer:
            yield status, answer


def test_the_kept_document_is_the_one_that_the_routes_make(document: dict[str, Any]) -> None:
    assert json.loads(KEPT.read_text()) == document


def test_every_operation_has_a_name_of_its_own_a_summary_its_permission_and_its_problems(document: dict[str, Any]) -> None:
    names = [one["operationId"] for _, one in operations(document)]
    assert len(set(names)) == len(names)
    for where, one in operations(document):
        assert one["summary"], where
        assert one["tags"][0], where
        assert one["x-permission"] in {*Permission, *Signed, "public"}, where
        assert {"400", "405", "413", "421", "422", "429", "500", "503"} <= set(one["responses"]), where
        if one["x-permission"] != "public":
            assert {"401", "403", "404"} <= set(one["responses"]), where


def test_every_operation_says_by_what_it_is_secured(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    for where, one in operations(document):
        assert bool(one["security"]) == (one["x-permission"] != "public"), where
        named = {name for alternative in one["security"] for name in alternative}
        assert named <= set(schemes), where
        assert ("apiKey" in named) == (one["x-permission"] not in ("public", Signed.PERSON)), where
        if not where.startswith("GET "):
            assert not any("session" in way and "csrf" not in way for way in one["security"]), f"{where}: a cookie alone changes nothing"


def test_what_is_dangerous_asks_people_for_a_fresh_proof(document: dict[str, Any]) -> None:
    lacking = {where for where, one in operations(document) if one["x-permission"] in DANGEROUS and where[:3] != "GET"}
    lacking -= {where for where, one in operations(document) if one.get("x-step-up")}
    assert lacking == HARMLESS


def test_every_body_and_every_answer_has_an_example_that_its_schema_accepts(document: dict[str, Any]) -> None:
    wrong = []
    for where, one in operations(document):
        contents = [("body", media, said) for media, said in one.get("requestBody", {}).get("content", {}).items()]
        contents += [(status, media, said) for status, answer in good_answers(one) for media, said in answer.get("content", {}).items()]
        for place, media, said in contents:
            if "example" not in said:
                wrong.append(f"{where} {place} {media}: there is no example")
            elif media == "application/json":
                wrong += [f"{where} {place}: {problem}" for problem in problems(said["schema"], said["example"], document)]
    assert wrong == []


def test_every_problem_has_an_example_that_is_one(document: dict[str, Any]) -> None:
    for status, answer in document["components"]["responses"].items():
        said = answer["content"][PROBLEM]
        assert said["example"]["status"] == int(status)
        assert problems(said["schema"], said["example"], document) == []


def test_every_schema_is_one_and_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    references = {line for line in json.dumps(document).split('"') if line.startswith("#/components/")}
    for reference in references:
        _, _, kind, name = reference.split("/")
        assert name in document["components"][kind], reference


def problems(schema: dict[str, Any], example: Any, document: dict[str, Any]) -> list[str]:
    """What is wrong with an example."""
    validator = Draft202012Validator({**schema, "components": document["components"]})
    return [f"{error.json_path}: {error.message[:150]}" for error in validator.iter_errors(example)]
