"""The alarms that the operations of a stage rest on. Each has a name that says what is wrong, and tells the stage's topic."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch

from listbackup.worker.watching import BEHIND, NAMESPACE
from listbackup_infra.settings import Stage

_Query = cloudwatch.CfnAlarm.MetricDataQueryProperty


def alarm_topic(stack: Stack, stage: Stage) -> str:
    """Whom alarms tell."""
    return stack.format_arn(service="sns", resource=f"{stage.names.prefix}-alarms")


def alarm(
    stack: Stack, stage: Stage, name: str, about: str, *, above: float, minutes: int = 5, times: int = 1, of: int = 1, **metric: object
) -> None:
    """An alarm when the metric is above this, ``times`` out of ``of`` periods. No figures are no alarm: nothing happens where nobody works."""
    if "metrics" in metric and stage.emulated is not None:
        return  # ministack's CloudFormation knows no alarms of more than one metric
    told = [alarm_topic(stack, stage)]
    cloudwatch.CfnAlarm(
        stack,
        f"Alarm-{name}",
        alarm_name=f"{stage.names.prefix}-{name}",
        alarm_description=about,
        comparison_operator="GreaterThanThreshold",
        threshold=above,
        evaluation_periods=of,
        datapoints_to_alarm=times,
        treat_missing_data="notBreaching",
        alarm_actions=told,
        ok_actions=told,
        **({} if "metrics" in metric else {"period": minutes * 60}),
        **metric,
    )


def watch_function(stack: Stack, stage: Stage, name: str) -> None:
    """Errors above 5 %, time-outs, throttling of one function."""
    function = stage.names.function(name)
    alarm(
        stack,
        stage,
        f"{name}-errors",
        f"more than 5 % of what {function} was asked ended in an error",
        above=5,
        times=2,
        of=3,
        metrics=_error_rate(function),
    )
    alarm(
        stack,
        stage,
        f"{name}-timeouts",
        f"{function} was stopped because its time was over",
        above=0,
        namespace=NAMESPACE,
        metric_name=f"{function}-timeouts",
        statistic="Sum",
    )
    alarm(
        stack,
        stage,
        f"{name}-throttles",
        f"{function} was asked more at once than it may answer",
        above=0,
        namespace="AWS/Lambda",
        metric_name="Throttles",
        statistic="Sum",
        dimensions=_named(FunctionName=function),
    )


def watch_queue(stack: Stack, stage: Stage, name: str, queue: str, *, oldest_minutes: int) -> None:
    """More than 1,000 messages wait, or one waits too long."""
    alarm(
        stack,
        stage,
        f"{name}-waiting",
        f"more than 1,000 messages wait in {queue}",
        above=1000,
        namespace="AWS/SQS",
        metric_name="ApproximateNumberOfMessagesVisible",
        statistic="Maximum",
        dimensions=_named(QueueName=queue),
    )
    alarm(
        stack,
        stage,
        f"{name}-oldest",
        f"a message waits in {queue} for more than {oldest_minutes} minutes",
        above=oldest_minutes * 60,
        namespace="AWS/SQS",
        metric_name="ApproximateAgeOfOldestMessage",
        statistic="Maximum",
        dimensions=_named(QueueName=queue),
    )


def watch_dead(stack: Stack, stage: Stage, name: str, queue: str) -> None:
    """Anything at all lies where messages end that nobody could take."""
    alarm(
        stack,
        stage,
        f"{name}-dead",
        f"messages were given up: see {queue} (runbook dead-letters)",
        above=0,
        namespace="AWS/SQS",
        metric_name="ApproximateNumberOfMessagesVisible",
        statistic="Maximum",
        dimensions=_named(QueueName=queue),
    )


def watch_tables(stack: Stack, stage: Stage) -> None:
    """Throttled requests, of all tables of the account in one alarm: CloudWatch cannot choose tables by how their names begin."""
    alarm(
        stack,
        stage,
        "tables-throttled",
        "DynamoDB turned requests away",
        above=0,
        times=2,
        of=3,
        metrics=[
            _Query(
                id="throttled",
                expression='SELECT SUM(ThrottledRequests) FROM SCHEMA("AWS/DynamoDB", Operation, TableName)',
                period=300,
                return_data=True,
            )
        ],
    )


def watch_recovery(stack: Stack, stage: Stage) -> None:
    """A source has no snapshot as young as it should have."""
    alarm(
        stack,
        stage,
        "rpo-missed",
        "sources have no snapshot as young as their schedule promises",
        above=0,
        minutes=60,  # the tick counts once an hour
        namespace=NAMESPACE,
        metric_name=BEHIND,
        statistic="Sum",
        dimensions=_named(Stage=stage.name),
    )


def _error_rate(function: str) -> Sequence[_Query]:
    return [
        _Query(id="rate", expression="IF(calls > 0, 100 * errors / calls, 0)", label="errors in percent", return_data=True),
        *(
            _Query(
                id=name,
                return_data=False,
                metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
                    metric=cloudwatch.CfnAlarm.MetricProperty(
                        namespace="AWS/Lambda", metric_name=metric, dimensions=_named(FunctionName=function)
                    ),
                    period=300,
                    stat="Sum",
                ),
            )
            for name, metric in (("calls", "Invocations"), ("errors", "Errors"))
        ),
    ]


def _named(**dimensions: str) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
    return [cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value) for name, value in dimensions.items()]
