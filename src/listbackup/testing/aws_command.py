"""The ``aws`` command of the runbooks, carried out by botocore: so that tests run what a page shows, where AWS's own command is not installed.

AWS makes its options from the same descriptions of services. Of what it has beside them, this knows what the pages use: ``--query``, ``--output text``, ``wait``.
Source: docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters.html, read 2026-11-21.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.session import Session

_SERVICES = {"s3api": "s3"}  # which the command calls otherwise than botocore


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is asked of AWS. ``waits`` is the name of a waiter."""

    service: str
    operation: str  # as botocore's clients call it
    options: Mapping[str, Any]
    waits: str | None = None
    query: str | None = None
    as_text: bool = False
    missing: tuple[str, ...] = field(default=())  # what the operation demands and was not given

    def run(self, session: Session) -> str:
        """What the command prints."""
        client = session.create_client(self.service)
        if self.waits is not None:
            client.get_waiter(self.waits).wait(**self.options)
            return ""
        said = getattr(client, self.operation)(**self.options)
        said.pop("ResponseMetadata", None)
        found = jmespath.search(self.query, said) if self.query else said
        return _text(found) if self.as_text else json.dumps(found, indent=4, default=_moment)


def read(words: Sequence[str], session: Session) -> Command:
    """The command that stands behind ``aws``. Raises ValueError for a service, operation or option that AWS does not have."""
    service, name, *rest = words
    service = _SERVICES.get(service, service)
    if service not in session.get_available_services():
        raise ValueError(f"AWS has no service {service}")
    waits = rest.pop(0).replace("-", "_") if name == "wait" else None
    if waits is not None:
        waiters = session.get_waiter_model(service)
        name = {xform_name(one): one for one in waiters.waiter_names}[waits]
        operation = waiters.get_waiter(name).operation
    else:
        known = {xform_name(one, "-"): one for one in session.get_service_model(service).operation_names}
        if name not in known:
            raise ValueError(f"{service} has no {name}")
        operation = known[name]
    shape = session.get_service_model(service).operation_model(operation).input_shape
    shapes: Mapping[str, Any] = shape.members if shape else {}
    members = {xform_name(one, "-"): one for one in shapes}
    given: dict[str, Any] = {}
    own: dict[str, str] = {}
    while rest:
        option = rest.pop(0).removeprefix("--")
        values = []
        while rest and not rest[0].startswith("--"):
            values.append(rest.pop(0))
        if option in ("query", "output"):
            own[option] = values[0]
        elif option.removeprefix("no-") in members:
            member = members[option.removeprefix("no-")]
            given[member] = _value(shapes[member], values, is_off=option.startswith("no-"))
        else:
            raise ValueError(f"{service} {name} has no --{option}")
    missing = tuple(one for one in (shape.required_members if shape else ()) if one not in given)
    return Command(
        service=service,
        operation=xform_name(operation),
        options=given,
        waits=waits,
        query=own.get("query"),
        as_text=own.get("output") == "text",
        missing=missing,
    )


def _value(shape: Any, values: Sequence[str], *, is_off: bool) -> Any:
    match shape.type_name:
        case "boolean":
            return not is_off
        case "integer" | "long":
            return int(values[0])
        case "blob":
            return values[0].encode()
        case "structure" | "map":
            return json.loads(values[0]) if values[0].startswith("{") else _short(shape, values[0])
        case "list":
            return json.loads(values[0]) if values[0].startswith("[") else [_value(shape.member, [one], is_off=False) for one in values]
        case _:
            return values[0]


def _short(shape: Any, text: str) -> dict[str, Any]:
    """``Name=value,Other=value``."""
    said = dict(one.split("=", 1) for one in text.split(","))
    if shape.type_name == "map":
        return said
    if unknown := said.keys() - shape.members.keys():
        raise ValueError(f"{shape.name} has no {', '.join(sorted(unknown))}")
    return {name: _value(shape.members[name], [value], is_off=value == "false") for name, value in said.items()}


def _text(found: Any) -> str:
    if isinstance(found, list):
        rows = [one if isinstance(one, list) else [one] for one in found]
        flat = all(not isinstance(one, list) for one in found)
        return "\t".join(map(str, found)) if flat else "\n".join("\t".join(map(str, row)) for row in rows)
    return str(found)


def _moment(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def main() -> None:
    """``python -m listbackup.testing.aws_command SERVICE OPERATION …``."""
    session = Session()
    command = read(sys.argv[1:], session)
    if command.missing:
        raise SystemExit(f"aws: {', '.join(command.missing)}: not given")
    said = command.run(session)
    if said:
        sys.stdout.write(said + "\n")


if __name__ == "__main__":
    main()
