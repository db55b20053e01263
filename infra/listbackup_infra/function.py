"""A function: its code, its own role, its own log, and the alarms that watch it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_cdk import Duration, RemovalPolicy, Size, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from listbackup.worker.watching import NAMESPACE
from listbackup_infra import values
from listbackup_infra.alarms import watch_function
from listbackup_infra.rights import Rights, statements
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground

RUNTIME = lambda_.Runtime.PYTHON_3_12  # as tools/build_functions.py builds for: Amazon Linux 2023, whose glibc our packages need


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be made: ``folder`` is the one that tools/build_functions.py makes for it."""

    name: str
    handler: str
    folder: str
    rights: Rights
    seconds: int
    memory_mb: int
    says: Mapping[str, str] = field(default_factory=dict)
    at_once: int | None = None  # reserved concurrency
    scratch_mb: int = 512
    alone: bool = False  # knows nothing of the installation: the stack it stands in comes before all values


def make_function(stack: Stack, stage: Stage, ground: Ground, job: Job) -> lambda_.Function:
    """The function, in this stack."""
    log = _log(stack, stage, job)
    function = lambda_.Function(
        stack,
        f"Function-{job.name}",
        function_name=stage.names.function(job.name),
        description=f"ListBackup {stage.name}: {job.name}",
        runtime=RUNTIME,
        architecture=lambda_.Architecture.X86_64,
        handler=job.handler,
        code=lambda_.Code.from_asset(str(ground.functions / job.folder)),
        role=_role(stack, stage, job, log),
        timeout=Duration.seconds(job.seconds),
        memory_size=job.memory_mb,
        environment=dict(job.says) if job.alone else {**_environment(stack, stage), **job.says},
        tracing=lambda_.Tracing.ACTIVE,
        ephemeral_storage_size=Size.mebibytes(job.scratch_mb),
        reserved_concurrent_executions=job.at_once if stage.reserve else None,
        log_group=log,
    )
    watch_function(stack, stage, job.name)
    return function


def _role(stack: Stack, stage: Stage, job: Job, log: logs.LogGroup) -> iam.Role:
    """One role for one function: its rights, and its own log. The managed policy for that would let it write into every log of the account."""
    role = iam.Role(
        stack,
        f"Role-{job.name}",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description=f"what the function {job.name} of ListBackup {stage.name} may do",
    )
    for statement in statements(stack, stage, job.rights):
        role.add_to_policy(statement)
    role.add_to_policy(iam.PolicyStatement(actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log.log_group_arn]))
    return role


def _log(stack: Stack, stage: Stage, job: Job) -> logs.LogGroup:
    group = logs.LogGroup(
        stack,
        f"Log-{job.name}",
        log_group_name=stage.names.log_group(job.name),
        retention=retention(stage.log_days),
        removal_policy=RemovalPolicy.DESTROY,
    )
    logs.CfnMetricFilter(
        stack,
        f"Timeouts-{job.name}",
        log_group_name=group.log_group_name,
        filter_pattern='"Task timed out"',
        metric_transformations=[  # no default value: a metric costs 30 cents for a month in which it says anything, if only nought
            logs.CfnMetricFilter.MetricTransformationProperty(
                metric_name=f"{stage.names.function(job.name)}-timeouts", metric_namespace=NAMESPACE, metric_value="1"
            )
        ],
    )
    return group


def retention(days: int) -> logs.RetentionDays:
    """CloudWatch knows some lengths only: the shortest that is long enough."""
    known = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)
    names = {
        1: "ONE_DAY", 3: "THREE_DAYS", 5: "FIVE_DAYS", 7: "ONE_WEEK", 14: "TWO_WEEKS", 30: "ONE_MONTH", 60: "TWO_MONTHS", 90: "THREE_MONTHS",
        120: "FOUR_MONTHS", 150: "FIVE_MONTHS", 180: "SIX_MONTHS", 365: "ONE_YEAR", 400: "THIRTEEN_MONTHS", 545: "EIGHTEEN_MONTHS", 731: "TWO_YEARS",
    }  # fmt: skip
    return getattr(logs.RetentionDays, names[next((one for one in known if one >= days), 731)])


def _environment(stack: Stack, stage: Stage) -> Mapping[str, str]:
    """What ``bootstrap/cloud_settings.py`` reads. Nothing secret stands here."""
    said = {
        "LISTBACKUP_GROUND": "aws",
        "STAGE": stage.name,
        "LISTBACKUP_INSTALLATION": values.take(stack, stage, values.INSTALLATION),
        "DYNAMODB_TABLE_PREFIX": stage.names.prefix,
        "DATA_BUCKET": stage.bucket,
        "RUN_QUEUE_URL": values.take(stack, stage, values.RUN_QUEUE_URL),
        "RUN_DEAD_QUEUE_URL": values.take(stack, stage, values.RUN_DEAD_QUEUE_URL),
        "ERRAND_QUEUE_URL": values.take(stack, stage, values.ERRAND_QUEUE_URL),
        "ERRAND_DEAD_QUEUE_URL": values.take(stack, stage, values.ERRAND_DEAD_QUEUE_URL),
        "EVENT_BUS": stage.names.bus,
        "KMS_KEY_ID": stage.names.key_alias,
        "SECRETS_PREFIX": stage.names.secrets,
        "MAIL_FROM": stage.mail_from,
        "PUBLIC_URL": public_url(stack, stage),
        "CORS_ORIGINS": ",".join(stage.cors_origins),
        "IDENTITY": stage.identity,
        "LISTBACKUP_REGISTRATION": stage.registration,
        "LOG_LEVEL": "INFO",
        "LISTBACKUP_LOG_LEVEL": "info",
    }
    if stage.identity == "cognito":
        said["USER_POOL_ID"] = values.take(stack, stage, values.USER_POOL)
        said["USER_POOL_CLIENT_ID"] = values.take(stack, stage, values.USER_POOL_CLIENT)
    if stage.web:
        said["FRONT_PROOF"] = values.take(stack, stage, values.FRONT_PROOF)
    if stage.emulated is not None:
        said["AWS_ENDPOINT_URL"] = stage.emulated.endpoint
        said["LISTBACKUP_ALLOW_LOOPBACK"] = "1" if stage.allow_loopback else "0"
    return said


def public_url(stack: Stack, stage: Stage) -> str:
    """Where people find this stage: as the settings say, or where the web app or the gateway says it is."""
    if stage.public_url:
        return stage.public_url
    if stage.web and stage.web_domain:
        return f"https://{stage.web_domain}"
    return values.take(stack, stage, values.PUBLIC_URL)
