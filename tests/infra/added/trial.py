"""A service that a test adds to the others: this file, and nothing else anywhere."""

from __future__ import annotations

from aws_cdk import Stack

from listbackup_infra import access
from listbackup_infra.function import Job, make_function
from listbackup_infra.http import HTTP_SECONDS
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground, Plan


def build(stack: Stack, stage: Stage, ground: Ground) -> None:
    """One function; one that the API knows would be ``serve``d, with its routes."""
    rights = access.door("accounts sources")
    job = Job(name="trial", handler="listbackup.api.lambda_http.handler", folder="http", rights=rights, seconds=HTTP_SECONDS, memory_mb=256)
    make_function(stack, stage, ground, job)


STACK = Plan(name="trial", about="a service that a test adds", build=build, functions=("trial",), needs=("core", "api", "web", "auth"))
