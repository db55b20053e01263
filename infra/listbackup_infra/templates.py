"""Templates that were made, read back: for tests and for who wants to look something up in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Template = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stacks:
    """The templates of one stage, by the stacks' short names."""

    folder: Path
    templates: Mapping[str, Template]

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Every resource of this kind, by ``stack/id``."""
        return {
            f"{stack}/{name}": one
            for stack, template in self.templates.items()
            for name, one in template["Resources"].items()
            if one["Type"] == kind
        }


def read_stacks(folder: Path) -> Stacks:
    """The stacks whose templates lie in this folder."""
    paths = sorted(folder.glob("*.template.json"))
    return Stacks(
        folder=folder, templates={path.name.removesuffix(".template.json").split("-", 2)[2]: json.loads(path.read_text()) for path in paths}
    )
