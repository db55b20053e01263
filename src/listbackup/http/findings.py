"""What is wrong with the fields of a request, in words for who sent it. Never with the values: a secret may stand in them."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from listbackup.http.problem import INVALID, MALFORMED, FieldProblem, Refused

_ID = re.compile(r"\^(\w{3}_)")
_MOST = 50


def refusal(error: ValidationError, root: str) -> Refused:
    """The problem that tells each wrong field by its pointer under ``root`` (``/`` for a body, ``?`` for parameters)."""
    found = error.errors(include_url=False, include_input=False)
    if any(one["type"] == "json_invalid" for one in found):
        return Refused(MALFORMED, "the body is not JSON")
    errors = tuple(FieldProblem(pointer=_pointer(one["loc"], root), message=_message(one)) for one in found[:_MOST])
    return Refused(INVALID, f"{errors[0].pointer}: {errors[0].message}", errors=errors)


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
            return f"is not such an id: it begins with {kind[1]}" if kind else f"does not have the form {pattern}"
        case "value_error":
            return str(one["ctx"]["error"]) if isinstance(one["ctx"]["error"], ValueError) else str(one["msg"])
        case _:
            said = str(one["msg"])
            return said[:1].lower() + said[1:]


def _pointer(place: tuple[int | str, ...], root: str) -> str:
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in place]
    return root + "/".join(parts)


__all__ = ["refusal", "wrong_field"]
