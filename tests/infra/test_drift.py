"""What is deployed is what the code declares: tables, routes, the environment of functions, the folders they are made of."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from listbackup.api.services import public_routes_of, routes_of, service_names
from listbackup.bootstrap.cloud_settings import CloudSettings
from listbackup.bootstrap.declared import declared_tables
from listbackup_infra.templates import Stacks

ROOT = Path(__file__).parents[2]


def _schema(keys: list[dict[str, str]]) -> tuple[str, ...]:
    return tuple(f"{key['AttributeName']}:{key['KeyType']}" for key in keys)


def test_every_declared_table_is_deployed_as_it_is_declared_and_no_other(main: Stacks) -> None:
    deployed = {}
    for one in main.resources("AWS::DynamoDB::Table").values():
        said = one["Properties"]
        indexes = {index["IndexName"]: _schema(index["KeySchema"]) for index in said.get("GlobalSecondaryIndexes", ())}
        ttl = said.get("TimeToLiveSpecification", {}).get("AttributeName")
        deployed[said["TableName"]] = (_schema(said["KeySchema"]), indexes, ttl)
    assert deployed == {
        f"listbackup-main-{spec.name}": (
            ("pk:HASH", "sk:RANGE"),
            {index.name: (f"{index.pk}:HASH", f"{index.sk}:RANGE") for index in spec.indexes},
            spec.ttl,
        )
        for spec in declared_tables()
    }


def test_every_operation_of_the_api_is_mounted_once_and_no_other(main: Stacks) -> None:
    mounted = sorted(one["Properties"]["RouteKey"] for one in main.resources("AWS::ApiGatewayV2::Route").values())
    assert mounted == sorted(f"{method} {path}" for service in service_names() for method, path in routes_of(service))


def test_operations_for_everybody_have_no_authorizer_and_all_others_have_the_one_that_the_stage_chooses(main: Stacks, full: Stacks) -> None:
    public = {f"{method} {path}" for service in service_names() for method, path in public_routes_of(service)}
    routes = [one["Properties"] for one in full.resources("AWS::ApiGatewayV2::Route").values()]
    assert {one["RouteKey"] for one in routes if one["AuthorizationType"] == "NONE"} == public
    assert all("AuthorizerId" in one for one in routes if one["AuthorizationType"] == "CUSTOM")
    assert {one["Properties"]["AuthorizationType"] for one in main.resources("AWS::ApiGatewayV2::Route").values()} == {"NONE"}


def test_each_function_of_a_service_is_told_which_one_it_is(main: Stacks) -> None:
    served = [_environment(one).get("LISTBACKUP_SERVICE") for one in main.resources("AWS::Lambda::Function").values()]
    assert sorted(one for one in served if one) == sorted(service_names())


def test_the_environment_of_every_function_is_one_that_the_program_reads(main: Stacks, full: Stacks, emulated: Stacks) -> None:
    for stacks in (main, full, emulated):
        for name, one in stacks.resources("AWS::Lambda::Function").items():
            told = {
                key: value if isinstance(value, str) else f"https://{key.lower()}.example.org" for key, value in _environment(one).items()
            }
            if told:
                told["LISTBACKUP_INSTALLATION"] = "ins_01kf0c01kf0c"
                settings = CloudSettings.read({"AWS_REGION": "eu-central-1", **told})
                assert settings.bucket.startswith("listbackup-data-"), name
                assert settings.settings.strangers == ()


def test_every_function_is_made_of_a_folder_that_the_tool_builds(main: Stacks) -> None:
    entries = runpy.run_path(str(ROOT / "tools" / "build_functions.py"))
    runtime = {one["Properties"]["Runtime"] for one in main.resources("AWS::Lambda::Function").values()}
    assert runtime == {f"python{entries['RUNTIME']}"}
    folders = {path.name for path in (ROOT / "tests" / "infra" / "functions").iterdir()}
    assert folders == set(entries["ENTRIES"])


def _environment(function: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = function["Properties"].get("Environment", {}).get("Variables", {})
    return found
