"""integrations: platforms, what an account may connect, connections, and the hooks that they hear."""

from __future__ import annotations

from aws_cdk import Stack

from listbackup_infra import access
from listbackup_infra.http import serve
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground, Plan


def build(stack: Stack, stage: Stage, ground: Ground) -> None:
    """Two functions."""
    for service in ("platforms", "integrations"):
        serve(stack, stage, ground, service, access.HTTP[service])


STACK = Plan(
    name="integrations",
    about="platforms and connections",
    build=build,
    functions=("platforms", "integrations"),
    needs=("core", "api", "web", "auth"),
)
