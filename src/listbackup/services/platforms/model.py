"""What people are told of a platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from listbackup.connectors.engine.connector import ConfigField


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A third-party SaaS that can be connected, and what it asks for."""

    name: str
    label: str
    config: Sequence[ConfigField]
