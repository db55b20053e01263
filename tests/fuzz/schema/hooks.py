"""Real ids for schemathesis: in about half of the requests, what the installation really holds stands where an id belongs."""

from __future__ import annotations

import gc
import json
import os
from typing import Any

import hypothesis
import schemathesis

gc.set_threshold(200_000, 50, 50)  # much is made and little of it goes in circles
hypothesis.target = lambda observation, *, label="": float(observation)  # type: ignore[assignment]  # steering towards what is accepted took 60 % of the time

THINGS: dict[str, str] = json.loads(os.environ["LISTBACKUP_THINGS"])


def _with_things(context: Any, given: Any) -> Any:
    """Names of ids get real ones in every second request, told by the length of what was made up: the same for the same request."""
    if not isinstance(given, dict) or len(repr(sorted(given.items(), key=str))) % 2:
        return given
    return {name: THINGS[name] if name in THINGS and value is not None else value for name, value in given.items()}


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """The parts of an address."""
    return _with_things(context, path_parameters)


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    """The parameters."""
    return _with_things(context, query)


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """The fields of a body."""
    return _with_things(context, body)
