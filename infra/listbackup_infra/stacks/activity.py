"""activity: the trail; the publisher that drains the outbox, and the listener that hears the bus."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_

from listbackup_infra import access, values
from listbackup_infra.calls import call_by
from listbackup_infra.function import Job, make_function
from listbackup_infra.http import serve
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground, Plan


def build(stack: Stack, stage: Stage, ground: Ground) -> None:
    """Three functions."""
    serve(stack, stage, ground, "activity", access.HTTP["activity"])
    _publisher(stack, stage, ground)
    _listener(stack, stage, ground)


def _publisher(stack: Stack, stage: Stage, ground: Ground) -> None:
    """One at a time, in the order of the outbox; what it did not take stays in the outbox, which the next record wakes it for."""
    job = Job(
        name="publish",
        handler="listbackup.worker.lambda_handlers.publish",
        folder="worker",
        rights=access.PUBLISHER,
        seconds=60,
        memory_mb=stage.http_memory_mb,
    )
    lambda_.CfnEventSourceMapping(
        stack,
        "PublisherReadsOutbox",
        event_source_arn=values.take(stack, stage, values.OUTBOX_STREAM),
        function_name=make_function(stack, stage, ground, job).function_arn,
        starting_position="TRIM_HORIZON",
        batch_size=100,
        maximum_batching_window_in_seconds=0,
        parallelization_factor=1,
        maximum_retry_attempts=3,
        filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
            filters=[lambda_.CfnEventSourceMapping.FilterProperty(pattern='{"eventName":["INSERT"]}')]
        ),
        destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
            on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(
                destination=stack.format_arn(service="sqs", resource=stage.names.lost_queue)
            )
        ),
    )


def _listener(stack: Stack, stage: Stage, ground: Ground) -> None:
    job = Job(
        name="hear",
        handler="listbackup.worker.lambda_handlers.hear",
        folder="indexer",
        rights=access.LISTENER,
        seconds=60,
        memory_mb=256,
    )
    function = make_function(stack, stage, ground, job)
    rule = events.Rule(
        stack,
        "Happened",
        rule_name=f"{stage.names.prefix}-happened",
        description="what happened, for who listens",
        event_bus=events.EventBus.from_event_bus_name(stack, "Bus", stage.names.bus),
        event_pattern=events.EventPattern(source=events.Match.prefix("listbackup")),
    )
    call_by(rule, stack, stage, function)


STACK = Plan(
    name="activity",
    about="the trail, and what hears of events",
    build=build,
    functions=("activity", "publish", "hear"),
    needs=("core", "api", "web", "auth"),
)
