"""account: people, the tree of accounts, members, roles, teams, invitations, keys."""

from __future__ import annotations

from aws_cdk import Stack

from listbackup_infra import access
from listbackup_infra.http import serve
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground, Plan


def build(stack: Stack, stage: Stage, ground: Ground) -> None:
    """Two functions."""
    for service in ("users", "accounts"):
        serve(stack, stage, ground, service, access.HTTP[service])


STACK = Plan(
    name="account", about="people and accounts", build=build, functions=("users", "accounts"), needs=("core", "api", "web", "auth")
)
