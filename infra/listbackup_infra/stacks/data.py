"""data: what is kept, read, exported, restored, erased; the errands that take long, and the indexer that hears of new objects."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_events as events

from listbackup_infra import access
from listbackup_infra.calls import call_by, take_from
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
    take_from(stage.names.errand_queue, stack, stage, "ErrandTakesErrands", make_function(stack, stage, ground, job))


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
    rule = events.Rule(
        stack,
        "NewObject",
        rule_name=f"{stage.names.prefix}-new-object",
        description="an object came into the bucket",
        event_pattern=events.EventPattern(source=["aws.s3"], detail_type=["Object Created"], detail={"bucket": {"name": [stage.bucket]}}),
    )
    call_by(rule, stack, stage, function)


STACK = Plan(
    name="data",
    about="what is kept, read and given back",
    build=build,
    functions=("data", "errand", "indexer"),
    needs=("core", "api", "web", "auth"),
)
