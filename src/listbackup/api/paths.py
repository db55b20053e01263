"""Where routes stand on the server."""

from __future__ import annotations

import re

from listbackup.services.routing import Route

PREFIX = "/v2"


def full_path(route: Route) -> str:
    """Where the route stands on the server, its parts by name only."""
    return ("" if route.at_root else PREFIX) + re.sub(r"\{(\w+):[a-z]{3}\}", r"{\1}", route.path)


def first_word(path: str) -> str:
    """What stands behind the prefix, which is never a parameter."""
    return path.split("/", 3)[2] if path.count("/") > 1 else ""
