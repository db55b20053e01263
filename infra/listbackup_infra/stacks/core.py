"""core: what outlives every other stack. Tables, the bucket of objects, queues, the bus, the key and the people."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from listbackup_infra import values
from listbackup_infra.alarms import watch_dead, watch_queue, watch_tables
from listbackup_infra.copies import make_backup_plan, replicate
from listbackup_infra.people import make_people
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground, Plan
from listbackup_infra.tables import OUTBOX, all_tables, make_table

RECEIVES = 5  # before a message is dead
ERRAND_SECONDS = 900


def build(stack: Stack, stage: Stage, ground: Ground) -> None:
    """The foundation."""
    for spec in all_tables().values():
        table = make_table(stack, stage, spec)
        if spec.name == OUTBOX:
            values.give(stack, stage, values.OUTBOX_STREAM, table.attr_stream_arn)
    _bucket(stack, stage)
    _handouts(stack, stage)
    _queues(stack, stage)
    _bus(stack, stage)
    _key(stack, stage)
    _alarm_topic(stack, stage)
    if stage.identity == "cognito":
        make_people(stack, stage, ground)
    if stage.backup_days and stage.emulated is None:
        make_backup_plan(stack, stage)
    _watch(stack, stage)


def _kept(stage: Stage) -> RemovalPolicy:
    return RemovalPolicy.RETAIN if stage.keep else RemovalPolicy.DESTROY


def _bucket(stack: Stack, stage: Stage) -> None:
    """Objects are sealed before they come here; the bucket's own encryption is the second lock, for which S3's key is enough (docs/decisions/0328).

    Nothing moves to a class that must be thawed first: a restore reads what it needs at once.
    """
    bucket = s3.Bucket(
        stack,
        "Objects",
        bucket_name=stage.bucket,
        versioned=True,
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=stage.emulated is None,  # an emulator speaks HTTP on loopback, and honours the refusal
        minimum_tls_version=1.2 if stage.emulated is None else None,
        removal_policy=_kept(stage),
        object_lock_enabled=True if stage.object_lock_days else None,
        object_lock_default_retention=s3.ObjectLockRetention.compliance(Duration.days(stage.object_lock_days))
        if stage.object_lock_days
        else None,
        lifecycle_rules=[
            s3.LifecycleRule(id="parts-of-uploads-that-ended", abort_incomplete_multipart_upload_after=Duration.days(2)),
            s3.LifecycleRule(
                id="old-versions", noncurrent_version_expiration=Duration.days(stage.noncurrent_days), expired_object_delete_marker=True
            ),
        ],
    )
    made = bucket.node.default_child
    assert isinstance(made, s3.CfnBucket)
    told = s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
    # not by the bucket's own switch, which brings a function along for this line
    made.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(event_bridge_configuration=told)
    if stage.copy_bucket:
        replicate(stack, stage, bucket)


def _handouts(stack: Stack, stage: Stage) -> None:
    """What is too large for a function's answer lies here until it is fetched by a link of five minutes: opened, so for a day at most, and away from the objects."""
    bucket = s3.Bucket(
        stack,
        "Handouts",
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=stage.emulated is None,
        minimum_tls_version=1.2 if stage.emulated is None else None,
        removal_policy=RemovalPolicy.DESTROY,
        lifecycle_rules=[
            s3.LifecycleRule(id="fetched-or-not", expiration=Duration.days(1), abort_incomplete_multipart_upload_after=Duration.days(1))
        ],
    )
    values.give(stack, stage, values.HANDOUT_BUCKET, bucket.bucket_name)


def _queues(stack: Stack, stage: Stage) -> None:
    names = stage.names
    dead = sqs.Queue(stack, "DeadRuns", queue_name=names.run_dead_queue, fifo=True, retention_period=Duration.days(14), **_sealed(stage))
    runs = sqs.Queue(
        stack,
        "Runs",
        queue_name=names.run_queue,
        fifo=True,
        visibility_timeout=Duration.seconds(stage.run_visibility_seconds),
        retention_period=Duration.days(14),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=RECEIVES),
        **_sealed(stage),
    )
    dead_errands = sqs.Queue(
        stack, "DeadErrands", queue_name=names.errand_dead_queue, fifo=True, retention_period=Duration.days(14), **_sealed(stage)
    )
    errands = sqs.Queue(
        stack,
        "Errands",
        queue_name=names.errand_queue,
        fifo=True,  # the queue port is FIFO: one errand for a thing at a time
        visibility_timeout=Duration.seconds(6 * ERRAND_SECONDS),
        retention_period=Duration.days(4),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead_errands, max_receive_count=RECEIVES),
        **_sealed(stage),
    )
    lost = sqs.Queue(stack, "Lost", queue_name=names.lost_queue, retention_period=Duration.days(14), **_sealed(stage))
    lost.grant_send_messages(
        iam.ServicePrincipal("events.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stack.account}})
    )
    for name, queue in (
        (values.RUN_QUEUE_URL, runs),
        (values.RUN_DEAD_QUEUE_URL, dead),
        (values.ERRAND_QUEUE_URL, errands),
        (values.ERRAND_DEAD_QUEUE_URL, dead_errands),
    ):
        values.give(stack, stage, name, queue.queue_url)


def _sealed(stage: Stage) -> dict[str, object]:
    """Messages hold ids and nothing else; SQS seals them with its own key."""
    return {"encryption": sqs.QueueEncryption.SQS_MANAGED, "enforce_ssl": stage.emulated is None}


def _bus(stack: Stack, stage: Stage) -> None:
    bus = events.CfnEventBus(stack, "Bus", name=stage.names.bus)
    if stage.emulated is None:  # ministack has no archives in its CloudFormation
        events.CfnArchive(
            stack,
            "BusArchive",
            archive_name=stage.names.bus,
            source_arn=bus.attr_arn,
            retention_days=30,
            description="what happened, for telling it again",
        )


def _key(stack: Stack, stage: Stage) -> None:
    """Wraps the accounts' keys, and nothing else: whoever may read tables or objects may not therefore open them."""
    key = kms.Key(
        stack,
        "AccountKeys",
        alias=stage.names.key_alias,
        description=f"wraps the keys of the accounts of {stage.names.prefix}",
        enable_key_rotation=True,
        pending_window=Duration.days(30 if stage.keep else 7),
        removal_policy=_kept(stage),
    )
    values.give(stack, stage, values.KEY_ARN, key.key_arn)


def _alarm_topic(stack: Stack, stage: Stage) -> None:
    topic = sns.Topic(stack, "Alarms", topic_name=f"{stage.names.prefix}-alarms", enforce_ssl=stage.emulated is None)
    topic.grant_publish(iam.ServicePrincipal("cloudwatch.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stack.account}}))
    if stage.alarm_email:
        topic.add_subscription(subscriptions.EmailSubscription(stage.alarm_email))


def _watch(stack: Stack, stage: Stage) -> None:
    names = stage.names
    watch_queue(stack, stage, "runs", names.run_queue, oldest_minutes=60)
    watch_queue(stack, stage, "errands", names.errand_queue, oldest_minutes=60)
    for name, queue in (("runs", names.run_dead_queue), ("errands", names.errand_dead_queue), ("events", names.lost_queue)):
        watch_dead(stack, stage, name, queue)
    watch_tables(stack, stage)


STACK = Plan(name="core", about="tables, objects, queues, bus, keys, people", build=build, functions=("proof",), needs=())
