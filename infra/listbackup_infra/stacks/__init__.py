"""One module for each stack. A module of this folder that has a ``STACK`` is deployed; adding a service is adding its file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

from aws_cdk import Stack

from listbackup_infra.settings import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What building a stack needs beside its stage: where the functions' folders and the web app lie."""

    functions: Path
    web: Path


def _always(stage: Stage) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A stack: its name in ``listbackup deploy``, the stacks that come before it, its functions, and what puts its resources in."""

    name: str
    about: str
    build: Callable[[Stack, Stage, Ground], None]
    functions: tuple[str, ...] = ()  # which the dashboard shows
    needs: tuple[str, ...] = ("core", "api")
    is_wanted: Callable[[Stage], bool] = _always
    region: str | None = None  # where it must lie, whatever the stage's region


def all_plans() -> Sequence[Plan]:
    """Every stack, each after those it needs, alphabetically where nothing else decides."""
    found: dict[str, Plan] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        plan = getattr(importlib.import_module(f"{__name__}.{module.name}"), "STACK", None)
        if isinstance(plan, Plan):
            found[plan.name] = plan
    sorter = TopologicalSorter({plan.name: plan.needs for plan in found.values()})
    sorter.prepare()
    order: list[Plan] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order.extend(found[name] for name in ready)
        sorter.done(*ready)
    return order
