"""data: what is kept, read, exported, restored, erased; the errands that take long, and the indexer that hears of new objects."""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from listbackup_infra import access
from listbackup_infra.function import Job, make_function
from listbackup_infra.http import serve
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground, Plan
from listbackup_infra.stacks.core import ERRAND_SECONDS


def build(stack: Stack, stage: Stage, ground: Ground) -> None:
    """Three functions."""
    serve(stack, stage, ground, "data", access.HTTP["data"])
    _errands(stack, stage, ground)
    _indexer(stack, stage, ground)


def _errands(stack: Stack, stage: Stage, ground: Ground) -> None:
    job = Job(
        name="errand",
        handler="listbackup.worker.lambda_handlers.run_errand",
        folder="worker",
        rights=access.ERRAND,
        seconds=ERRAND_SECONDS,
        memory_mb=stage.worker_memory_mb,
        scratch_mb=10_240,  # an export lies there while it is written
    )
    lambda_.CfnEventSourceMapping(
        stack,
        "ErrandTakesErrands",
        event_source_arn=stack.format_arn(service="sqs", resource=stage.names.errand_queue),
        function_name=make_function(stack, stage, ground, job).function_arn,
        batch_size=1,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=max(2, stage.worker_concurrency)),
    )


def _indexer(stack: Stack, stage: Stage, ground: Ground) -> None:
    job = Job(
        name="indexer",
        handler="listbackup.worker.lambda_handlers.index_files",
        folder="indexer",
        rights=access.INDEXER,
        seconds=60,
        memory_mb=512,
    )
    function = make_function(stack, stage, ground, job)
    lost = sqs.Queue.from_queue_arn(stack, "Lost", stack.format_arn(service="sqs", resource=stage.names.lost_queue))
    rule = events.Rule(
        stack,
        "NewObject",
        rule_name=f"{stage.names.prefix}-new-object",
        description="an object came into the bucket",
        event_pattern=events.EventPattern(source=["aws.s3"], detail_type=["Object Created"], detail={"bucket": {"name": [stage.bucket]}}),
    )
    rule.add_target(targets.LambdaFunction(function, dead_letter_queue=lost, max_event_age=Duration.hours(2), retry_attempts=5))


STACK = Plan(name="data", about="what is kept, read and given back", build=build, needs=("core", "api", "web", "auth"))
