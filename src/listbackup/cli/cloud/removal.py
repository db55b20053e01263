"""A deployment taken away: the stacks in reverse order, and the data only when that was said."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from listbackup.backends.aws_client import AwsRefused, ask
from listbackup.base.clock import Clock
from listbackup.base.errors import InputError
from listbackup.cli.cloud.deployment import Wish, agreed, choose, context_of
from listbackup.cli.cloud.parameters import DATA_BUCKET, INSTALLATION, PUBLIC_URL, find, forget
from listbackup.cli.cloud.target import Target, aim, check_machine
from listbackup.cli.cloud.toolkit import Toolkit
from listbackup.cli.output import Output

CORE = "core"


def destroy(out: Output, clock: Clock, wish: Wish, *, with_data: bool, yes: bool) -> None:
    """See the command. Raises InputError, ServerRefuses, BackendError, DeploymentFailed."""
    check_machine()
    target = aim(wish.stage, region=wish.region, endpoint=wish.endpoint, clock=clock)
    with tempfile.TemporaryDirectory(prefix="listbackup-destroy-") as folder:
        toolkit = Toolkit(target, Path(folder), quiet=out.as_json)
        functions = Path(folder) / "functions"
        for name in ("http", "authorizer", "worker", "indexer"):  # templates want folders, and none of them goes anywhere
            (functions / name).mkdir(parents=True)
        order = toolkit.synth(context_of(target, wish.settings, functions, find(target, DATA_BUCKET)))
        chosen = [one for one in reversed(choose(order, target, wish.service)) if with_data or one != target.stack(CORE)]
        if not chosen:
            raise InputError("core holds the data and stays", hint="--with-data takes that away too")
        _confirm(out, target, chosen, with_data=with_data, yes=yes)
        gone = _take_away(out, toolkit, chosen)
    out.document({"stage": target.stage, "account": target.account, "destroyed": gone, "with_data": with_data})
    out.good(f"destroyed {', '.join(gone) or 'nothing: there was nothing'}")
    if not with_data:
        out.say(f"{target.stack(CORE)} stays, with tables, objects, keys and people; a deployment goes on with them.")


def _confirm(out: Output, target: Target, chosen: Sequence[str], *, with_data: bool, yes: bool) -> None:
    if with_data:
        question = f"Every backup and every account of stage {target.stage} in {target.region} will be gone for good. Destroy {len(chosen)} stacks AND THE DATA?"
    else:
        question = f"Destroy {len(chosen)} stacks of stage {target.stage} in {target.region}? The data stays."
    if not agreed(out, question, yes=yes):
        raise InputError("nothing was destroyed", hint="answer yes, or give --yes")


def _take_away(out: Output, toolkit: Toolkit, chosen: Sequence[str]) -> Sequence[str]:
    target, gone = toolkit.target, []
    for stack in chosen:
        if not _is_there(target, stack):
            continue
        out.say(f"destroying {stack} …")
        if stack == target.stack(CORE):
            _unprotect(target, stack)
        if stack == target.stack("web"):
            _empty(target, find(target, "web-bucket"))
        left = list(_physical(target, stack)) if stack == target.stack(CORE) else []
        toolkit.destroy(stack)
        for kind, name in left:
            _remove_kept(target, kind, name)
        gone.append(stack)
    if target.stack(CORE) in gone:
        for name in (INSTALLATION, DATA_BUCKET, PUBLIC_URL):
            forget(target, name)
    return gone


def _is_there(target: Target, stack: str) -> bool:
    client = target.aws.client("cloudformation")
    try:
        found = ask(lambda: client.describe_stacks(StackName=stack), f"look for {stack}", clock=target.clock)["Stacks"]
    except AwsRefused as error:
        if error.code == "ValidationError":  # so CloudFormation says that there is none
            return False
        raise
    return bool(found) and found[0]["StackStatus"] != "DELETE_COMPLETE"


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


def _unprotect(target: Target, stack: str) -> None:
    """Takes off what keeps the data from going by mistake."""
    stacks, tables, people = (target.aws.client(one) for one in ("cloudformation", "dynamodb", "cognito-idp"))
    ask(
        lambda: stacks.update_termination_protection(StackName=stack, EnableTerminationProtection=False),
        f"unprotect {stack}",
        clock=target.clock,
    )
    for kind, name in _physical(target, stack):
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
