"""jobs: standing orders and runs; the worker that carries runs out, and the tick that finds what is due."""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events

from listbackup_infra import access
from listbackup_infra.alarms import watch_recovery
from listbackup_infra.calls import call_by, take_from
from listbackup_infra.function import Job, make_function
from listbackup_infra.http import serve
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground, Plan

WORKER_SECONDS = 900  # as long as a function may take; a run that needs longer sends itself on


def build(stack: Stack, stage: Stage, ground: Ground) -> None:
    """Three functions."""
    serve(stack, stage, ground, "jobs", access.HTTP["jobs"])
    _worker(stack, stage, ground)
    _tick(stack, stage, ground)
    watch_recovery(stack, stage)


def _worker(stack: Stack, stage: Stage, ground: Ground) -> None:
    job = Job(
        name="worker",
        handler="listbackup.worker.lambda_handlers.work",
        folder="worker",
        rights=access.WORKER,
        seconds=WORKER_SECONDS,
        memory_mb=stage.worker_memory_mb,
        scratch_mb=2048,
    )
    take_from(stage.names.run_queue, stack, stage, "WorkerTakesRuns", make_function(stack, stage, ground, job))


def _tick(stack: Stack, stage: Stage, ground: Ground) -> None:
    job = Job(
        name="tick",
        handler="listbackup.worker.lambda_handlers.tick",
        folder="worker",
        rights=access.TICK,
        seconds=300,
        memory_mb=stage.http_memory_mb,
        at_once=1,  # the next one comes in a minute
        scratch_mb=1024,
    )
    function = make_function(stack, stage, ground, job)
    rule = events.Rule(
        stack,
        "Minute",
        rule_name=f"{stage.names.prefix}-minute",
        description="finds what is due",
        schedule=events.Schedule.rate(Duration.minutes(1)),
    )
    call_by(rule, stack, stage, function, within=Duration.minutes(1), retries=0)  # the next minute comes by itself


STACK = Plan(
    name="jobs",
    about="standing orders and runs, worker and tick",
    build=build,
    functions=("jobs", "worker", "tick"),
    needs=("core", "api", "web", "auth"),
)
