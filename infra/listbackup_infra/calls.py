"""What calls a function: a rule of the bus or the clock, or messages of a queue."""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from listbackup_infra.settings import Stage


def call_by(
    rule: events.Rule, stack: Stack, stage: Stage, function: lambda_.Function, *, within: Duration | None = None, retries: int = 5
) -> None:
    """The function hears what the rule lets through; what it did not take (``within`` two hours) lies in the queue of lost events."""
    lost = sqs.Queue.from_queue_arn(stack, "Lost", stack.format_arn(service="sqs", resource=stage.names.lost_queue))
    rule.add_target(
        targets.LambdaFunction(function, dead_letter_queue=lost, max_event_age=within or Duration.hours(2), retry_attempts=retries)
    )


def take_from(queue: str, stack: Stack, stage: Stage, name: str, function: lambda_.Function) -> None:
    """The function takes messages one at a time: each is long work, and its failure is nobody else's."""
    lambda_.CfnEventSourceMapping(
        stack,
        name,
        event_source_arn=stack.format_arn(service="sqs", resource=queue),
        function_name=function.function_arn,
        batch_size=1,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=max(2, stage.worker_concurrency)),
    )
