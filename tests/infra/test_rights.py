"""Least privilege: no star but where AWS demands one, and what the table of rights promises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from listbackup.bootstrap.declared import declared_tables
from listbackup_infra.templates import Stacks


def _statements(stacks: Stacks) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for name, one in stacks.resources(kind).items():
            for line in one["Properties"]["PolicyDocument"]["Statement"]:
                yield name, line
    for name, one in stacks.resources("AWS::IAM::Role").items():
        for policy in one["Properties"].get("Policies", ()):
            for line in policy["PolicyDocument"]["Statement"]:
                yield name, line


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_no_action_is_a_star(main: Stacks, full: Stacks) -> None:
    for stacks in (main, full):
        for name, line in _statements(stacks):
            assert not any("*" in action for action in _listed(line["Action"])), name


def test_a_resource_is_a_star_only_for_traces_and_two_lists(main: Stacks, full: Stacks) -> None:
    allowed = {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "dynamodb:ListStreams", "kms:ListAliases"}
    for stacks in (main, full):
        for name, line in _statements(stacks):
            if "*" in _listed(line["Resource"]):
                assert set(_listed(line["Action"])) <= allowed, name


def test_a_key_is_used_by_our_aliases_alone(main: Stacks) -> None:
    using = [line for _, line in _statements(main) if "kms:Decrypt" in _listed(line["Action"])]
    assert using
    for line in using:
        assert line["Condition"] == {
            "ForAnyValue:StringLike": {"kms:ResourceAliases": [f"alias/listbackup-main{one}" for one in ("", "-next", "-was-*")]}
        }


def test_every_function_has_a_role_of_its_own(main: Stacks) -> None:
    roles = [str(one["Properties"]["Role"]) for one in main.resources("AWS::Lambda::Function").values()]
    assert len(set(roles)) == len(roles)


def _may(stacks: Stacks, action: str, *, beside: str = "") -> set[str]:
    """The functions whose policies name this action, but for those lines that are about ``beside`` alone."""
    return {
        name.partition("/Role")[2].partition("Default")[0].partition("Overflow")[0]
        for name, line in _statements(stacks)
        if action in _listed(line["Action"]) and not (beside and all(beside in str(one) for one in _listed(line["Resource"])))
    }


def test_only_the_tick_looks_through_whole_tables(main: Stacks) -> None:
    assert _may(main, "dynamodb:Scan") == {"tick"}


def test_only_who_hears_events_writes_the_trail(main: Stacks) -> None:
    from listbackup_infra import access

    writing = {
        name
        for name, rights in {**access.HTTP, "worker": access.WORKER, "errand": access.ERRAND}.items()
        if rights.writes & {"activity", "trails"}
    }
    assert writing == set()


def test_only_few_write_objects_and_nobody_removes_a_version(main: Stacks) -> None:
    assert _may(main, "s3:PutObject", beside="handout") == {"worker", "errand", "tick", "data"}
    assert _may(main, "s3:DeleteObjectVersion") == set()
    assert _may(main, "s3:BypassGovernanceRetention") == set()


def test_who_hands_answers_out_gives_back_what_breaks_off(main: Stacks) -> None:
    upload = {"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"}
    handing = {
        name.partition("/Role")[2].partition("Default")[0].partition("Overflow")[0]: set(_listed(line["Action"]))
        for name, line in _statements(main)
        if all("handout" in str(one) for one in _listed(line["Resource"]))
    }
    assert handing == {"data": upload, "activity": upload}


def test_whoever_tells_of_the_systems_health_sees_that_letters_wait() -> None:
    from listbackup_infra import access

    assert "post" in access.HTTP["system"].reads


def test_nobody_may_end_a_key_or_change_a_table(main: Stacks, full: Stacks) -> None:
    forbidden = (
        "kms:ScheduleKeyDeletion",
        "kms:DisableKey",
        "dynamodb:DeleteTable",
        "dynamodb:UpdateTable",
        "s3:DeleteBucket",
        "iam:PassRole",
    )
    for stacks in (main, full):
        assert {action: _may(stacks, action) for action in forbidden} == {action: set() for action in forbidden}


def test_every_table_is_written_by_somebody() -> None:
    from listbackup_infra import access

    rights = [*access.HTTP.values(), access.WORKER, access.ERRAND, access.TICK, access.PUBLISHER]
    assert frozenset().union(*(one.writes for one in rights)) == {spec.name for spec in declared_tables()}


def test_a_policy_stays_below_what_iam_takes(main: Stacks) -> None:
    """10,240 characters inline, 6,144 managed, ten managed ones. An ARN's references count as what they become."""
    import json

    for name, one in main.resources("AWS::IAM::Policy").items():
        text = json.dumps(one["Properties"]["PolicyDocument"], separators=(",", ":"))
        for reference, value in (('{"Ref":"AWS::Region"}', "ap-southeast-2"), ('{"Ref":"AWS::AccountId"}', "123456789012")):
            text = text.replace(reference, value)
        assert len(text) < 20_480, name
    for one in main.resources("AWS::IAM::Role").values():
        assert len(one["Properties"].get("ManagedPolicyArns", [])) <= 10
