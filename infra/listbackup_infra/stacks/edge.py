"""edge: the firewall of the web app, where the stage lies elsewhere than in us-east-1: CloudFront takes firewalls from there alone."""

from __future__ import annotations

from aws_cdk import Stack

from listbackup_infra import values
from listbackup_infra.edge import make_firewall
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground, Plan


def build(stack: Stack, stage: Stage, ground: Ground) -> None:
    """The firewall alone."""
    values.give(stack, stage, values.WEB_ACL, make_firewall(stack, stage).attr_arn)


def _is_wanted(stage: Stage) -> bool:
    return stage.web and stage.region != "us-east-1"


STACK = Plan(name="edge", about="the firewall of the web app", build=build, needs=(), is_wanted=_is_wanted, region="us-east-1")
