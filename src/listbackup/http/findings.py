"""What is wrong with the fields of a request, in words for who sent it. Never with the values: a secret may stand in them."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from listbackup.http.problem import INVALID, MALFORMED, FieldProblem, Refused

_ID = re.compile(r"\^(\w{3}_)")
_BRANCH = re.compile(r"str-enum\[\w+\]")  # pydantic's name for one of the things that a field may be, which is no part of the body
_MOST = 50
_TYPES = {  # what pydantic found of another kind than was asked for
    "bool_parsing": "is neither true nor false",
    "bool_type": "is neither true nor false",
    "int_parsing": "is not a whole number",
    "int_type": "is not a whole number",
    "int_from_float": "is not a whole number",
    "string_type": "is not a text in quotes",
    "list_type": "is not a list",
    "tuple_type": "is not a list",
    "dict_type": "is not an object",
    "model_type": "is not an object",
    "model_attributes_type": "is not an object",
    "time_delta_parsing": "is not a duration such as PT15M or P1D",
    "time_delta_type": "is not a duration such as PT15M or P1D",
}


def refusal(error: ValidationError, root: str) -> Refused:
    """The problem that tells each wrong field by its pointer under ``root`` (``/`` for a body, ``?`` for parameters)."""
    found = error.errors(include_url=False, include_input=False)
    if any(one["type"] == "json_invalid" for one in found):
        return Refused(MALFORMED, "the body is not JSON")
    said: dict[str, list[str]] = {}
    for one in found[:_MOST]:  # where a field may be one of two things, each says no on its own
        said.setdefault(_pointer(one["loc"], root), []).append(_message(one))
    errors = tuple(FieldProblem(pointer=pointer, message=", and ".join(messages)) for pointer, messages in said.items())
    place = f"{errors[0].pointer}: " if errors[0].pointer else "the body "
    return Refused(INVALID, place + errors[0].message, errors=errors)


def wrong_field(pointer: str, message: str) -> Refused:
    """The problem of one field."""
    return Refused(INVALID, f"{pointer}: {message}", errors=(FieldProblem(pointer=pointer, message=message),))


def _message(one: Any) -> str:
    """pydantic's words, or better ones where it speaks of patterns and types instead of what to do."""
    match one["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is not known here"
        case "string_pattern_mismatch":
            pattern = str(one["ctx"]["pattern"])
            kind = _ID.match(pattern)
            return f"is not such an id: {kind[1]} and 26 letters and digits" if kind else f"does not have the form {pattern}"
        case "value_error":
            return str(one["ctx"]["error"]) if isinstance(one["ctx"]["error"], ValueError) else str(one["msg"])
        case "enum" | "literal_error":
            return f"is not {one['ctx']['expected']}"
        case "string_too_short" if one["ctx"]["min_length"] == 1:
            return "is empty"
        case "greater_than_equal":
            return f"is less than {one['ctx']['ge']}"
        case "less_than_equal":
            return f"is more than {one['ctx']['le']}"
        case kind if kind in _TYPES:
            return _TYPES[kind]
        case _:
            said = str(one["msg"]).removeprefix("Input ").removeprefix("String ").removeprefix("List ")
            return said[:1].lower() + said[1:]


def _pointer(place: tuple[int | str, ...], root: str) -> str:
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in place if not _BRANCH.fullmatch(str(part))]
    return root + "/".join(parts) if parts else ""  # the whole of it, by RFC 6901


__all__ = ["refusal", "wrong_field"]
