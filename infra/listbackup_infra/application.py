"""The application of the cdk command: every stack of one stage, in order, with the tags that tell what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from aws_cdk import App, Environment, Stack, Tags

from listbackup_infra.settings import FOLDER, Stage, read_stage
from listbackup_infra.stacks import Ground, all_plans

_SAID = tuple(field.name for field in fields(Stage) if field.name not in ("name", "emulated")) + ("endpoint",)


def main() -> None:
    """Read the context, write the templates."""
    app = App()
    said = {name: app.node.try_get_context(f"listbackup:{name}") for name in _SAID}
    stage = read_stage(str(app.node.try_get_context("stage") or "main"), said)
    place = app.node.try_get_context
    build_all(
        app,
        stage,
        Ground(
            functions=Path(place("functions") or FOLDER.parent / "build" / "functions"),
            web=Path(place("web") or FOLDER.parent / "web" / "out"),
        ),
    )
    app.synth()


def build_all(app: App, stage: Stage, ground: Ground) -> Mapping[str, Stack]:
    """The stacks by their short names."""
    made: dict[str, Stack] = {}
    for plan in all_plans():
        if not plan.is_wanted(stage):
            continue
        stack = Stack(
            app,
            stage.names.stack(plan.name),
            stack_name=stage.names.stack(plan.name),
            description=f"ListBackup ({stage.name}): {plan.about}",
            env=Environment(region=plan.region) if plan.region else None,
            termination_protection=stage.keep and plan.name == "core",
        )
        plan.build(stack, stage, ground)
        for name in plan.needs:
            if name in made:
                stack.add_stack_dependency(made[name])
        tags: Mapping[str, Any] = {"listbackup:stage": stage.name, "listbackup:service": plan.name, "application": stage.budget_tag}
        for key, value in tags.items():
            Tags.of(stack).add(key, value)
        made[plan.name] = stack
    return made
