"""sources: what is backed up."""

from __future__ import annotations

from aws_cdk import Stack

from listbackup_infra import access
from listbackup_infra.http import serve
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground, Plan


def build(stack: Stack, stage: Stage, ground: Ground) -> None:
    """One function."""
    serve(stack, stage, ground, "sources", access.HTTP["sources"])


STACK = Plan(name="sources", about="what is backed up", build=build, functions=("sources",), needs=("core", "api", "web", "auth"))
