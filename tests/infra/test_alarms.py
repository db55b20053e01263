"""Who is woken by what: each alarm looks at something that is deployed and told, and the dashboard shows the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from listbackup.base.clock import SystemClock
from listbackup.worker.watching import Watch
from listbackup_infra.stacks import all_plans
from listbackup_infra.templates import Stacks

PREFIX = "listbackup-main-"
FUNCTIONS = (
    *("auth", "users", "accounts", "platforms", "integrations", "sources", "jobs", "data", "activity", "system"),
    *("authorizer", "proof", "worker", "tick", "errand", "indexer", "publish", "hear"),
)


def alarms(stacks: Stacks) -> Mapping[str, Any]:
    return {
        one["Properties"]["AlarmName"].removeprefix(PREFIX): one["Properties"]
        for one in stacks.resources("AWS::CloudWatch::Alarm").values()
    }


def names(stacks: Stacks, kind: str, key: str) -> set[str]:
    return {one["Properties"][key] for one in stacks.resources(kind).values()}


def dimensions(said: Mapping[str, Any]) -> dict[str, Any]:
    return {one["Name"]: one["Value"] for one in said.get("Dimensions", ())}


def looked_at(alarm: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Namespace, metric, dimensions of everything that an alarm reads."""
    if "MetricName" in alarm:
        yield alarm["Namespace"], alarm["MetricName"], dimensions(alarm)
    for one in alarm.get("Metrics", ()):
        if "MetricStat" in one:
            metric = one["MetricStat"]["Metric"]
            yield metric["Namespace"], metric["MetricName"], dimensions(metric)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_wakes_somebody_above_five_percent_of_errors_when_it_is_stopped_and_when_it_is_refused(
    main: Stacks, function: str
) -> None:
    there, name = alarms(main), PREFIX + function
    errors = there[f"{function}-errors"]
    assert (errors["Threshold"], errors["DatapointsToAlarm"], errors["EvaluationPeriods"]) == (5, 2, 3)
    assert [one["Expression"] for one in errors["Metrics"] if one["ReturnData"]] == ["IF(calls > 0, 100 * errors / calls, 0)"]
    assert list(looked_at(errors)) == [("AWS/Lambda", metric, {"FunctionName": name}) for metric in ("Invocations", "Errors")]
    stopped, refused = there[f"{function}-timeouts"], there[f"{function}-throttles"]
    assert (refused["Threshold"], refused["Statistic"], list(looked_at(refused))) == (
        0,
        "Sum",
        [("AWS/Lambda", "Throttles", {"FunctionName": name})],
    )
    (counted,) = [one["Properties"] for one in main.resources("AWS::Logs::MetricFilter").values() if _counts(one["Properties"], name, main)]
    (told,) = counted["MetricTransformations"]
    assert counted["FilterPattern"] == '"Task timed out"'
    assert (stopped["Threshold"], list(looked_at(stopped))) == (0, [(told["MetricNamespace"], told["MetricName"], {})])


def _counts(said: Mapping[str, Any], function: str, stacks: Stacks) -> bool:
    """Whether a filter reads the log of this function."""
    groups = {name.partition("/")[2]: one["Properties"]["LogGroupName"] for name, one in stacks.resources("AWS::Logs::LogGroup").items()}
    named = said["LogGroupName"]
    return bool((groups[named["Ref"]] if isinstance(named, dict) else named) == f"/aws/lambda/{function}")


@pytest.mark.parametrize(
    ("alarm", "queue", "metric", "above"),
    [
        ("runs-waiting", "listbackup-run-queue-main.fifo", "ApproximateNumberOfMessagesVisible", 1000),
        ("errands-waiting", "listbackup-errand-queue-main.fifo", "ApproximateNumberOfMessagesVisible", 1000),
        ("runs-oldest", "listbackup-run-queue-main.fifo", "ApproximateAgeOfOldestMessage", 3600),
        ("errands-oldest", "listbackup-errand-queue-main.fifo", "ApproximateAgeOfOldestMessage", 3600),
        ("runs-dead", "listbackup-run-queue-main-dead.fifo", "ApproximateNumberOfMessagesVisible", 0),
        ("errands-dead", "listbackup-errand-queue-main-dead.fifo", "ApproximateNumberOfMessagesVisible", 0),
        ("events-dead", "listbackup-lost-events-main", "ApproximateNumberOfMessagesVisible", 0),
    ],
)
def test_a_queue_wakes_somebody(main: Stacks, alarm: str, queue: str, metric: str, above: int) -> None:
    said = alarms(main)[alarm]
    assert queue in names(main, "AWS::SQS::Queue", "QueueName")
    assert list(looked_at(said)) == [("AWS/SQS", metric, {"QueueName": queue})]
    assert (said["Threshold"], said["Statistic"], said["Period"]) == (above, "Maximum", 300)


def test_tables_that_turn_requests_away_wake_somebody(main: Stacks) -> None:
    said = alarms(main)["tables-throttled"]
    (asked,) = said["Metrics"]
    assert asked["Expression"] == 'SELECT SUM(ThrottledRequests) FROM SCHEMA("AWS/DynamoDB", Operation, TableName)'
    assert (said["Threshold"], said["DatapointsToAlarm"], said["EvaluationPeriods"]) == (0, 2, 3)


def test_a_source_without_a_young_snapshot_wakes_somebody_by_the_figure_that_the_tick_writes(main: Stacks) -> None:
    lines: list[str] = []
    Watch("main", SystemClock(), lines.append).behind(3)
    written = json.loads(lines[0])
    (told,) = written["_aws"]["CloudWatchMetrics"]
    ((metric,), (keys,)) = told["Metrics"], told["Dimensions"]
    said = alarms(main)["rpo-missed"]
    assert list(looked_at(said)) == [(told["Namespace"], metric["Name"], {key: written[key] for key in keys})]
    assert (said["Threshold"], said["Statistic"], said["Period"], said["TreatMissingData"]) == (0, "Sum", 3600, "notBreaching")


def test_no_alarm_beside_these_but_the_gateways_and_each_tells_the_topic(main: Stacks, full: Stacks) -> None:
    there = alarms(main)
    of_functions = {f"{name}-{what}" for name in FUNCTIONS for what in ("errors", "timeouts", "throttles")}
    of_queues = {"runs-waiting", "errands-waiting", "runs-oldest", "errands-oldest", "runs-dead", "errands-dead", "events-dead"}
    assert there.keys() == of_functions | of_queues | {"tables-throttled", "rpo-missed", "api-5xx", "api-slow"}
    for said in there.values():
        assert said["AlarmActions"] == said["OKActions"]
        assert json.dumps(said["AlarmActions"]).endswith(':listbackup-main-alarms"]]}]')
    assert names(main, "AWS::SNS::Topic", "TopicName") == {"listbackup-main-alarms"}
    assert [one["Properties"]["Endpoint"] for one in full.resources("AWS::SNS::Subscription").values()] == ["alarms@example.org"]


def test_the_dashboard_shows_every_function_every_queue_and_what_the_alarms_look_at(main: Stacks) -> None:
    (dashboard,) = main.resources("AWS::CloudWatch::Dashboard").values()
    body = json.dumps(dashboard["Properties"]["DashboardBody"])
    shown = names(main, "AWS::Lambda::Function", "FunctionName") | names(main, "AWS::SQS::Queue", "QueueName")
    assert {name for name in shown if name not in body} == set()
    for metric in (
        "Errors",
        "ConcurrentExecutions",
        "Duration",
        "ApproximateAgeOfOldestMessage",
        "SourcesBehind",
        "ThrottledRequests",
        "5xx",
    ):
        assert metric in body


def test_each_stack_says_which_functions_it_has(main: Stacks) -> None:
    for plan in all_plans():
        made = {
            one["Properties"]["FunctionName"].removeprefix(PREFIX)
            for name, one in main.resources("AWS::Lambda::Function").items()
            if name.startswith(f"{plan.name}/")
        }
        assert made == set(plan.functions), plan.name
    assert sorted(one for plan in all_plans() for one in plan.functions) == sorted(FUNCTIONS)


def test_nothing_is_measured_that_nobody_looks_at(main: Stacks) -> None:
    """A metric of a route, or one that says nought all the time, is paid for like any other."""
    (stage,) = main.resources("AWS::ApiGatewayV2::Stage").values()
    assert "DetailedMetricsEnabled" not in stage["Properties"]["DefaultRouteSettings"]
    for one in main.resources("AWS::Logs::MetricFilter").values():
        assert all("DefaultValue" not in told for told in one["Properties"]["MetricTransformations"])


def test_a_service_more_is_a_file_more(emulated: Stacks) -> None:
    """``added/trial.py`` lies in no list: it is found, deployed after what it needs, watched, tagged, shown."""
    name = "listbackup-staging-trial"
    (function,) = [one["Properties"] for key, one in emulated.resources("AWS::Lambda::Function").items() if key.startswith("trial/")]
    assert function["FunctionName"] == name
    watched = names(emulated, "AWS::CloudWatch::Alarm", "AlarmName")
    assert {f"{name}-timeouts", f"{name}-throttles"} <= watched
    assert f"/aws/lambda/{name}" in names(emulated, "AWS::Logs::LogGroup", "LogGroupName")
    assert {"Key": "listbackup:service", "Value": "trial"} in function["Tags"]
    (dashboard,) = emulated.resources("AWS::CloudWatch::Dashboard").values()
    assert name in json.dumps(dashboard["Properties"]["DashboardBody"])
    after = json.loads((emulated.folder / "manifest.json").read_text())["artifacts"][name]["dependencies"]
    assert {"listbackup-staging-core", "listbackup-staging-auth"} <= set(after)
