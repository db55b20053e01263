"""The platforms that come with this package. Each is a folder in ``connectors/`` with a module ``connector`` that has a function ``connector()``."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Sequence

from listbackup.base.errors import NotFound
from listbackup.connectors.engine.connector import Connector

PLATFORMS = ("demo_crm", "ghost", "mailman", "rest", "wordpress")


def load(folder: str) -> Connector:
    """The connector of one folder in ``connectors/``."""
    made: Connector = importlib.import_module(f"listbackup.connectors.{folder}.connector").connector()
    return made


def connectors() -> Sequence[Connector]:
    """Every platform that comes with this package."""
    return [load(folder) for folder in PLATFORMS]


def connector(platform: str, among: Sequence[Connector] | None = None) -> Connector:
    """The connector of a platform. Raises NotFound, with the names that are near."""
    known = {one.platform: one for one in (connectors() if among is None else among)}
    found = known.get(platform)
    if found is None:
        near = difflib.get_close_matches(platform, known, n=3, cutoff=0.5) or sorted(known)
        raise NotFound(f"there is no platform {platform!r}", hint="one of: " + ", ".join(near))
    return found
