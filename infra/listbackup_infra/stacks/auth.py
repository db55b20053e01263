"""auth: signing in and registering."""

from __future__ import annotations

from aws_cdk import Stack

from listbackup_infra import access
from listbackup_infra.http import serve
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground, Plan


def build(stack: Stack, stage: Stage, ground: Ground) -> None:
    """One function."""
    serve(stack, stage, ground, "auth", access.HTTP["auth"])


STACK = Plan(name="auth", about="signing in and registering", build=build, needs=("core", "api", "web"))
