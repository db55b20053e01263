"""A deployment taken away: the stacks in reverse order, and the data only when that was said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from listbackup.backends.aws_client import Aws, AwsRefused, ask
from listbackup.base.clock import Clock
from listbackup.base.errors import InputError
from listbackup.cli.cloud.deployment import FRONT_REGION, Wish, agreed
from listbackup.cli.cloud.parameters import DATA_BUCKET, INSTALLATION, PUBLIC_URL, find, forget, forget_front
from listbackup.cli.cloud.target import Target, aim
from listbackup.cli.cloud.toolkit import DeploymentFailed
from listbackup.cli.output import Output

CORE, FRONT = "core", "edge"
_LAST = ("auth", "web", "api", FRONT, CORE)  # in this order, behind all others
_PATIENCE_SECONDS = 3600.0  # CloudFront takes its time
_PAUSE_SECONDS = 2.0


def destroy(out: Output, clock: Clock, wish: Wish, *, with_data: bool, yes: bool) -> None:
    """See the command. Raises InputError, ServerRefuses, BackendError, DeploymentFailed."""
    target = aim(wish.stage, region=wish.region, endpoint=wish.endpoint, clock=clock)
    there = _deployed(target)
    chosen = [one for one in there if wish.service in ("all", one) and (with_data or one != CORE)]
    if wish.service != "all" and wish.service not in there:
        known = ", ".join(there) or "nothing"
        raise InputError(f"{wish.service!r} is not deployed in stage {target.stage}", hint=f"there is: {known}", field="service")
    if wish.service == CORE and not with_data:
        raise InputError("core holds the data and stays", hint="--with-data takes that away too")
    if chosen:
        _confirm(out, target, chosen, with_data=with_data, yes=yes)
    for service in chosen:
        out.say(f"destroying {target.stack(service)} …")
        _take_away(_where(target, service), service)
    gone = [target.stack(service) for service in chosen]
    out.document({"stage": target.stage, "account": target.account, "destroyed": gone, "with_data": with_data})
    out.good(f"destroyed {', '.join(gone) or 'nothing: there was nothing'}")
    if CORE in there and CORE not in chosen:
        out.say(f"{target.stack(CORE)} stays, with tables, objects, keys and people; a deployment goes on with them.")


def _where(target: Target, service: str) -> Target:
    """The firewall lies where CloudFront's things are."""
    is_far = service == FRONT and target.region != FRONT_REGION
    return replace(target, region=FRONT_REGION, aws=Aws(FRONT_REGION, target.endpoint)) if is_far else target


def _deployed(target: Target) -> Sequence[str]:
    """The services whose stacks are there, in the order in which they may go."""
    found = set()
    for place in {id(one.aws): one for one in (target, _where(target, FRONT))}.values():
        found |= {service for service in _stacks(place) if service.isalpha()}  # a stage called main-2 is another one
    return sorted(found, key=lambda service: (_LAST.index(service) if service in _LAST else -1, service))


def _stacks(target: Target) -> Iterator[str]:
    client = target.aws.client("cloudformation")
    token: str | None = None
    while True:
        more: dict[str, str] = {"NextToken": token} if token else {}
        said = ask(partial(client.describe_stacks, **more), "list the stacks", clock=target.clock)
        for one in said["Stacks"]:
            if one["StackName"].startswith(target.stack("")) and one["StackStatus"] != "DELETE_COMPLETE":
                yield one["StackName"].removeprefix(target.stack(""))
        token = said.get("NextToken")
        if not token:
            return


def _confirm(out: Output, target: Target, chosen: Sequence[str], *, with_data: bool, yes: bool) -> None:
    if with_data:
        question = f"Every backup and every account of stage {target.stage} in {target.region} will be gone for good. Destroy {len(chosen)} stacks AND THE DATA?"
    else:
        question = f"Destroy {len(chosen)} stacks of stage {target.stage} in {target.region}? The data stays."
    if not agreed(out, question, yes=yes):
        raise InputError("nothing was destroyed", hint="answer yes, or give --yes")


def _take_away(target: Target, service: str) -> None:
    stack = target.stack(service)
    left = list(_physical(target, stack)) if service == CORE else []
    if service == CORE:
        _unprotect(target, stack, left)
    if service == "web":
        _empty(target, find(target, "web-bucket"))
    _delete(target, stack)
    for kind, name in left:
        _remove_kept(target, kind, name)
    if service == CORE:
        for name in (INSTALLATION, DATA_BUCKET, PUBLIC_URL):
            forget(target, name)
        forget_front(target)


def _delete(target: Target, stack: str) -> None:
    """Has CloudFormation take the stack away, and waits until it has. Raises DeploymentFailed."""
    client, clock = target.aws.client("cloudformation"), target.clock
    ask(lambda: client.delete_stack(StackName=stack), f"remove {stack}", clock=clock)
    end = clock.monotonic() + _PATIENCE_SECONDS
    while clock.monotonic() < end:
        found = _find_stack(target, stack)
        if found is None:
            return
        if found["StackStatus"] == "DELETE_FAILED":
            why = found.get("StackStatusReason", "CloudFormation gave no reason")
            raise DeploymentFailed(
                f"{stack} could not be removed: {why}", hint="what is left stands in the console of CloudFormation; destroy again"
            )
        clock.sleep(_PAUSE_SECONDS)
    raise DeploymentFailed(f"{stack} is still being removed after an hour", hint="destroy again: it goes on where it is")


def _find_stack(target: Target, stack: str) -> Mapping[str, Any] | None:
    client = target.aws.client("cloudformation")
    try:
        found: Sequence[Mapping[str, Any]] = ask(lambda: client.describe_stacks(StackName=stack), f"look for {stack}", clock=target.clock)[
            "Stacks"
        ]
    except AwsRefused as error:
        if error.code == "ValidationError":  # so CloudFormation says that there is none
            return None
        raise
    return next((one for one in found if one["StackStatus"] != "DELETE_COMPLETE"), None)


def _physical(target: Target, stack: str) -> Iterator[tuple[str, str]]:
    """What the stack consists of: kinds and names."""
    client = target.aws.client("cloudformation")
    token: str | None = None
    while True:
        more: dict[str, str] = {"NextToken": token} if token else {}
        said = ask(lambda more=more: client.list_stack_resources(StackName=stack, **more), f"list what {stack} has", clock=target.clock)  # type: ignore[misc]
        yield from (
            (one["ResourceType"], one["PhysicalResourceId"]) for one in said["StackResourceSummaries"] if one.get("PhysicalResourceId")
        )
        token = said.get("NextToken")
        if not token:
            return


def _unprotect(target: Target, stack: str, resources: Sequence[tuple[str, str]]) -> None:
    """Takes off what keeps the data from going by mistake."""
    stacks, tables, people = (target.aws.client(one) for one in ("cloudformation", "dynamodb", "cognito-idp"))
    ask(
        lambda: stacks.update_termination_protection(StackName=stack, EnableTerminationProtection=False),
        f"unprotect {stack}",
        clock=target.clock,
    )
    for kind, name in resources:
        if kind == "AWS::DynamoDB::Table":
            ask(
                lambda name=name: tables.update_table(TableName=name, DeletionProtectionEnabled=False),  # type: ignore[misc]
                f"unprotect {name}",
                clock=target.clock,
            )
        elif kind == "AWS::S3::Bucket":
            _empty(target, name)
        elif kind == "AWS::Cognito::UserPool" and target.endpoint is None:
            ask(
                lambda name=name: people.update_user_pool(UserPoolId=name, DeletionProtection="INACTIVE"),  # type: ignore[misc]
                "unprotect the user pool",
                clock=target.clock,
            )


def _empty(target: Target, bucket: str | None) -> None:
    """Removes every version of every object. What an object lock holds is refused, and the bucket with it."""
    if bucket is None:
        return
    s3 = target.aws.client("s3")
    while True:
        try:
            said = ask(lambda: s3.list_object_versions(Bucket=bucket, MaxKeys=1000), f"list {bucket}", clock=target.clock)
        except AwsRefused as error:
            if error.code == "NoSuchBucket":
                return
            raise
        found = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in (*said.get("Versions", ()), *said.get("DeleteMarkers", ()))]
        if not found:
            return
        gone = partial(s3.delete_objects, Bucket=bucket, Delete={"Objects": found, "Quiet": True})
        answer = ask(gone, f"empty {bucket}", clock=target.clock)
        if answer.get("Errors"):
            raise InputError(
                f"{bucket} holds objects that are locked: {answer['Errors'][0].get('Key')}", hint="their lock must run out first"
            )


def _remove_kept(target: Target, kind: str, name: str) -> None:
    """What its stack was told to leave behind. What went with the stack is passed over."""
    aws = target.aws
    ways = {
        "AWS::DynamoDB::Table": lambda: aws.client("dynamodb").delete_table(TableName=name),
        "AWS::S3::Bucket": lambda: aws.client("s3").delete_bucket(Bucket=name),
        "AWS::KMS::Key": lambda: aws.client("kms").schedule_key_deletion(KeyId=name, PendingWindowInDays=7),
        "AWS::Cognito::UserPool": lambda: aws.client("cognito-idp").delete_user_pool(UserPoolId=name),
    }
    if kind not in ways:
        return
    try:
        ask(ways[kind], f"remove {name}", clock=target.clock)
    except AwsRefused as error:
        if error.code not in ("ResourceNotFoundException", "NoSuchBucket", "NotFoundException", "KMSInvalidStateException"):
            raise
