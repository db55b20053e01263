"""What a function may do, said in the words of this project and written as policies of IAM.

Every statement names what it is about. A star stands only where a name is not known when the stack is made; each is explained where it is written, and
``exceptions.py`` lists them again for who reads the report of cdk-nag.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Flag, auto

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam

from listbackup.backends.identity.cognito_pool import pool_settings
from listbackup_infra import values
from listbackup_infra.settings import Stage
from listbackup_infra.tables import all_tables

_READ = ["dynamodb:GetItem", "dynamodb:Query"]
_WRITE = ["dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]


class Objects(Flag):
    """What may be done with the objects of the bucket."""

    NONE = 0
    READ = auto()
    WRITE = auto()
    DELETE = auto()


class Queues(Flag):
    """What may be done with the queues, beside taking messages: that a function's event source does with its rights."""

    NONE = 0
    SEND_RUNS = auto()
    TAKE_RUNS = auto()
    SEE_DEAD_RUNS = auto()  # count, list and send anew
    SEND_ERRANDS = auto()
    TAKE_ERRANDS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What a function needs. ``reads`` and ``writes`` are names of declared tables; who may write may read."""

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    forgets: bool = False  # looks through whole tables for what is left of an account
    objects: Objects = Objects.NONE
    queues: Queues = Queues.NONE
    keys: bool = False  # wrap and unwrap the accounts' keys
    people: bool = False  # the user pool
    mail: bool = False
    tells: bool = False  # puts events on the bus
    hears_outbox: bool = False  # reads the stream of the outbox
    secrets: bool = False  # reads the installation's secrets
    hands_out: bool = False  # puts large answers where a link leads to


def statements(stack: Stack, stage: Stage, rights: Rights) -> Sequence[iam.PolicyStatement]:
    """The policy of a function, beside its log."""
    made = [
        *_tables(stack, stage, rights),
        *_objects(stack, stage, rights.objects),
        *_queues(stack, stage, rights.queues),
        *(_keys(stack, stage) if rights.keys else ()),
        *(_people(stack, stage) if rights.people and stage.identity == "cognito" else ()),
        *(_mail(stack, stage) if rights.mail and stage.mail_from else ()),
    ]
    if rights.hands_out:
        bucket = stack.format_arn(service="s3", region="", account="", resource=values.take(stack, stage, values.HANDOUT_BUCKET))
        # whoever signs a link lends their right to read; what breaks off while it is put there gives its parts back
        made.append(_allow(["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], [f"{bucket}/*"]))
    if rights.tells:
        made.append(_allow(["events:PutEvents"], [stack.format_arn(service="events", resource="event-bus", resource_name=stage.names.bus)]))
    if rights.secrets:
        # a secret's ARN ends in six characters that AWS draws
        name = f"{stage.names.secrets}*"
        arn = stack.format_arn(service="secretsmanager", resource="secret", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME)
        made.append(_allow(["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], [arn]))
    if rights.hears_outbox:
        actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        made.append(_allow(actions, [values.take(stack, stage, values.OUTBOX_STREAM)]))
        made.append(_allow(["dynamodb:ListStreams"], ["*"]))  # AWS knows no resource for it
    return made


def _allow(actions: Iterable[str], resources: Iterable[str], **more: object) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=sorted(actions), resources=list(resources), **more)


def _tables(stack: Stack, stage: Stage, rights: Rights) -> Iterable[iam.PolicyStatement]:
    known = all_tables()
    unknown = (rights.reads | rights.writes) - known.keys()
    if unknown:
        raise ValueError(f"a function may use tables that nobody declares: {', '.join(sorted(unknown))}")

    def arns(names: Iterable[str]) -> list[str]:
        return [stack.format_arn(service="dynamodb", resource="table", resource_name=stage.names.table(name)) for name in sorted(names)]

    seen = rights.reads | rights.writes
    if seen - rights.writes:
        yield _allow(_READ, arns(seen - rights.writes))
    if rights.writes:
        yield _allow([*_READ, *_WRITE], arns(rights.writes))
    indexes = [f"{arn}/index/{index.name}" for name, arn in zip(sorted(seen), arns(seen), strict=True) for index in known[name].indexes]
    if indexes:
        yield _allow(["dynamodb:Query"], indexes)
    if rights.forgets:
        yield _allow(["dynamodb:BatchWriteItem", "dynamodb:Scan"], arns(rights.writes))


def _objects(stack: Stack, stage: Stage, objects: Objects) -> Iterable[iam.PolicyStatement]:
    bucket = stack.format_arn(service="s3", region="", account="", resource=stage.bucket)
    if objects & Objects.READ:
        yield _allow(["s3:ListBucket"], [bucket])
    actions = []
    if objects & Objects.READ:
        actions.append("s3:GetObject")
    if objects & Objects.WRITE:
        actions += ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"]
        yield _allow(["s3:ListBucketMultipartUploads"], [bucket])
    if objects & Objects.DELETE:
        actions.append("s3:DeleteObject")  # leaves a marker: versions go by the lifecycle alone
    if actions:
        yield _allow(actions, [f"{bucket}/*"])  # objects have names only when they are written


def _queues(stack: Stack, stage: Stage, queues: Queues) -> Iterable[iam.PolicyStatement]:
    names = stage.names
    take = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    if stage.emulated is not None:  # AWS judges a batch as its single acts, ministack by its own name
        take.append("sqs:ChangeMessageVisibilityBatch")
    wanted = (
        (Queues.SEND_RUNS, ["sqs:GetQueueAttributes", "sqs:SendMessage"], names.run_queue),
        (Queues.TAKE_RUNS, [*take, "sqs:SendMessage"], names.run_queue),  # a run that needs longer sends itself on
        (Queues.TAKE_RUNS, ["sqs:SendMessage"], names.run_dead_queue),
        (Queues.SEE_DEAD_RUNS, [*take, "sqs:SendMessage"], names.run_dead_queue),
        (Queues.SEND_ERRANDS, ["sqs:GetQueueAttributes", "sqs:SendMessage"], names.errand_queue),
        (Queues.TAKE_ERRANDS, [*take, "sqs:SendMessage"], names.errand_queue),
    )
    for flag, actions, queue in wanted:
        if queues & flag:
            yield _allow(actions, [stack.format_arn(service="sqs", resource=queue)])


def _keys(stack: Stack, stage: Stage) -> Iterable[iam.PolicyStatement]:
    """The root keys by their aliases: the current one, those before it and the one that comes next, so that a rotation is followed by every function at once.

    Which key that is, is not known here: the alias is what is granted. Source: docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html, read 2026-11-21.
    """
    actions = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
    every = [stack.format_arn(service="kms", resource="key", resource_name="*")]
    alias = stage.names.key_alias
    if stage.emulated is None:
        named = {"ForAnyValue:StringLike": {"kms:ResourceAliases": [alias, f"{alias}-next", f"{alias}-was-*"]}}
        yield _allow(actions, every, conditions=named)
    else:  # ministack does not know that condition, and judges a key that is named by its alias as the alias
        yield _allow(actions, [*every, stack.format_arn(service="kms", resource=f"{alias}*")])
    # Which root keys are held: older ones too, while the root is rotated. AWS knows no resource for it.
    yield _allow(["kms:ListAliases"], ["*"])


def _people(stack: Stack, stage: Stage) -> Iterable[iam.PolicyStatement]:
    pool = stack.format_arn(service="cognito-idp", resource="userpool", resource_name=values.take(stack, stage, values.USER_POOL))
    yield _allow([f"cognito-idp:{operation}" for operation in pool_settings().operations], [pool])


def _mail(stack: Stack, stage: Stage) -> Iterable[iam.PolicyStatement]:
    names = {stage.mail_from, stage.mail_from.rpartition("@")[2]}
    arns = [stack.format_arn(service="ses", resource="identity", resource_name=name) for name in sorted(names)]
    if stage.emulated is not None:  # ministack judges a letter without its sender and its identity
        yield _allow(["ses:SendEmail", "ses:SendRawEmail"], ["*"])
        return
    # A whole message sent by SendEmail is judged as SendRawEmail.
    yield _allow(["ses:SendEmail", "ses:SendRawEmail"], arns, conditions={"StringEquals": {"ses:FromAddress": stage.mail_from}})
