"""system: health and figures of the installation, and the dashboard that shows a stage."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch

from listbackup.worker.watching import BEHIND, NAMESPACE
from listbackup_infra import access, values
from listbackup_infra.http import serve
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground, Plan, all_plans


def build(stack: Stack, stage: Stage, ground: Ground) -> None:
    """One function and one dashboard."""
    serve(stack, stage, ground, "system", access.HTTP["system"])
    cloudwatch.CfnDashboard(
        stack, "Dashboard", dashboard_name=stage.names.prefix, dashboard_body=stack.to_json_string(_dashboard(stack, stage))
    )


def _dashboard(stack: Stack, stage: Stage) -> dict[str, object]:
    names = stage.names
    api = values.take(stack, stage, values.API)
    functions = [names.function(one) for plan in all_plans() for one in plan.functions]
    dead = (names.run_dead_queue, names.errand_dead_queue, names.lost_queue)
    graphs = (
        ("Requests", [["AWS/ApiGateway", metric, "ApiId", api] for metric in ("Count", "4xx", "5xx")], "Sum"),
        ("Answers take [ms]", [["AWS/ApiGateway", "Latency", "ApiId", api, {"stat": stat}] for stat in ("p50", "p95", "p99")], "p99"),
        ("Functions: errors", [["AWS/Lambda", "Errors", "FunctionName", one] for one in functions], "Sum"),
        (
            "Functions: at once",
            [["AWS/Lambda", "ConcurrentExecutions", "FunctionName", one] for one in functions],
            "Maximum",
        ),
        ("Functions: duration [ms]", [["AWS/Lambda", "Duration", "FunctionName", one] for one in functions], "p95"),
        (
            "Messages that wait",
            [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue] for queue in (names.run_queue, names.errand_queue)],
            "Maximum",
        ),
        (
            "The oldest waits [s]",
            [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue] for queue in (names.run_queue, names.errand_queue)],
            "Maximum",
        ),
        ("Given up", [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue] for queue in dead], "Maximum"),
        ("Sources behind their schedule", [[NAMESPACE, BEHIND, "Stage", stage.name]], "Maximum"),
        (
            "Tables: throttled",
            [
                [
                    {
                        "expression": 'SELECT SUM(ThrottledRequests) FROM SCHEMA("AWS/DynamoDB", Operation, TableName) GROUP BY TableName',
                        "id": "q1",
                    }
                ]
            ],
            "Sum",
        ),
    )
    return {
        "widgets": [
            {
                "type": "metric",
                "x": 12 * (number % 2),
                "y": 6 * (number // 2),
                "width": 12,
                "height": 6,
                "properties": {
                    "title": title,
                    "region": stack.region,
                    "metrics": metrics,
                    "stat": stat,
                    "period": 300,
                    "view": "timeSeries",
                },
            }
            for number, (title, metrics, stat) in enumerate(graphs)
        ]
    }


STACK = Plan(name="system", about="health and figures", build=build, functions=("system",), needs=("core", "api", "web", "auth"))
