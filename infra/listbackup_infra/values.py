"""Values that one stack gives and others take: parameters of Systems Manager, so that no stack holds another fast as an export would."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_ssm as ssm

from listbackup_infra.settings import Stage

INSTALLATION = "installation"  # made by the deployment, once
FRONT_PROOF = "front-proof"  # the same: the SHA-256 of the secret that the distribution shows
RUN_QUEUE_URL = "run-queue-url"
RUN_DEAD_QUEUE_URL = "run-dead-queue-url"
ERRAND_QUEUE_URL = "errand-queue-url"
ERRAND_DEAD_QUEUE_URL = "errand-dead-queue-url"
KEY_ARN = "key-arn"
HANDOUT_BUCKET = "handout-bucket"
OUTBOX_STREAM = "outbox-stream-arn"
USER_POOL = "user-pool-id"
USER_POOL_CLIENT = "user-pool-client-id"
API = "api-id"
API_URL = "api-url"
AUTHORIZER = "api-authorizer-id"
JWT_AUTHORIZER = "api-jwt-authorizer-id"
PUBLIC_URL = "public-url"
WEB_BUCKET = "web-bucket"
WEB_DISTRIBUTION = "web-distribution-id"
WEB_ACL = "web-acl-arn"


def give(stack: Stack, stage: Stage, name: str, value: str) -> None:
    """Tell the other stacks."""
    ssm.CfnParameter(stack, f"Value-{name}", name=stage.names.parameter(name), type="String", value=value)


def take(stack: Stack, stage: Stage, name: str) -> str:
    """What another stack told; it is read when this one is deployed."""
    return ssm.StringParameter.value_for_string_parameter(stack, stage.names.parameter(name))
