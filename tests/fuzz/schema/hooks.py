"""Real ids for schemathesis: in about half of the requests, what the installation really holds stands where an id belongs."""

from __future__ import annotations

import gc
import json
import os
import re
from typing import Any

import hypothesis
import schemathesis

gc.set_threshold(200_000, 50, 50)  # much is made and little of it goes in circles
hypothesis.target = lambda observation, *, label="": float(observation)  # type: ignore[assignment]  # steering towards what is accepted took 60 % of the time

_ID = re.compile(r"[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}")
THINGS: dict[str, str] = json.loads(os.environ["LISTBACKUP_THINGS"])


def _with_things(context: Any, given: Any) -> Any:
    """Names of ids get real ones in every second request, told by the length of what was made up: the same for the same request.

    What is no id is left as it is: it was made up to be refused.
    """
    if not isinstance(given, dict) or len(repr(sorted(given.items(), key=str))) % 2:
        return given
    return {name: THINGS[name] if name in THINGS and _is_like(value, THINGS[name]) else value for name, value in given.items()}


def _is_like(value: object, real: str) -> bool:
    return isinstance(value, str) and (_ID.fullmatch(value) is not None or _ID.fullmatch(real) is None)


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """The parts of an address."""
    return _with_things(context, path_parameters)


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    """The parameters. Nobody listens for longer than a second."""
    given = _with_things(context, query)
    if context.operation.path.endswith("/events") and isinstance(given, dict):
        given = {**given, "seconds": 1} if isinstance(given.get("seconds", 1), int) and given.get("seconds", 1) in range(1, 301) else given
    return given


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """The fields of a body."""
    return _with_things(context, body)
