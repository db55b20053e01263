"""A write as DynamoDB takes it: conditions that know what has expired, changes that keep numbers within 64 bits.

Source: AWS, "Condition and filter expressions, operators, and functions in DynamoDB" and "Using update expressions in DynamoDB" (read 2026-11-21). A comparison with an
attribute that is not there, or of another type, does not hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

from listbackup.backends.table.dynamodb_item import NONE, WRITE, check_index_attributes, pack_item, wire, wire_name
from listbackup.backends.table.port import Absent, Check, Condition, Delete, Equals, Exists, Put, Scalar, TableSpec, Update, Write
from listbackup.backends.table.rules import outcome

_LEAST, _MOST = -(2**63), 2**63 - 1


@dataclass(slots=True)
class _Words:
    """Names and values of an expression, each behind a placeholder of its own: any name may be a word that DynamoDB keeps for itself."""

    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def name(self, name: str) -> str:
        """The placeholder of an attribute's name as DynamoDB knows it."""
        for placeholder, known in self.names.items():
            if known == name:
                return placeholder
        placeholder = f"#n{len(self.names)}"
        self.names[placeholder] = name
        return placeholder

    def value(self, value: dict[str, Any]) -> str:
        """The placeholder of a value."""
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = value
        return placeholder

    def request(self) -> dict[str, Any]:
        """Both, where there are any."""
        said: dict[str, Any] = {}
        if self.names:
            said["ExpressionAttributeNames"] = self.names
        if self.values:
            said["ExpressionAttributeValues"] = self.values
        return said


def write_request(spec: TableSpec, table: str, write: Write, now: int, *, token: bytes | None = None) -> dict[str, Any]:
    """The parameters of the write at ``now`` [whole s since 1970 UTC], as a single request and as a part of a transaction alike. Raises InputError.

    With a ``token`` the item remembers it, and an Update that was done under it is not done again.
    """
    words = _Words()
    request: dict[str, Any] = {"TableName": table}
    terms = _condition(spec, write.if_, now, words)
    if isinstance(write, Put):
        request["Item"] = pack_item(spec, write.item, token=token)
    else:
        request["Key"] = {"pk": {"S": write.pk}, "sk": {"S": write.sk}}
    if isinstance(write, Update):
        if write.if_ is None or isinstance(write.if_, Absent):
            terms += _condition(spec, Exists(), now, words)
        terms += _within_bounds(write, words)
        if token is not None:
            terms.append(f"NOT {words.name(WRITE)} = {words.value({'B': token})}")
        change = _change(spec, write, words, token)
        if change:
            request["UpdateExpression"] = change
    if terms:
        request["ConditionExpression"] = " AND ".join(terms)
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return request | words.request()


def transact_item(spec: TableSpec, table: str, write: Write, now: int) -> dict[str, Any]:
    """The write as a part of TransactWriteItems. Raises InputError."""
    request = write_request(spec, table, write, now)
    match write:
        case Put():
            return {"Put": request}
        case Update():
            return {"Update" if "UpdateExpression" in request else "ConditionCheck": request}
        case Delete():
            return {"Delete": request}
        case Check():
            return {"ConditionCheck": request}
    assert_never(write)


def _condition(spec: TableSpec, condition: Condition | None, now: int, words: _Words) -> list[str]:
    match condition:
        case None:
            return []
        case Absent():
            absent = f"attribute_not_exists({words.name('pk')})"
            return [absent if spec.ttl is None else f"({absent} OR {_ttl(spec.ttl, words)} <= {words.value(wire(now))})"]
        case Exists():
            return _alive(spec, now, words)
        case Equals(attributes=attributes):
            return _alive(spec, now, words) + [_equals(wire_name(name), value, words) for name, value in attributes.items()]
    assert_never(condition)


def _alive(spec: TableSpec, now: int, words: _Words) -> list[str]:
    terms = [f"attribute_exists({words.name('pk')})"]
    if spec.ttl is not None:
        ttl = _ttl(spec.ttl, words)
        terms.append(f"(attribute_not_exists({ttl}) OR {ttl} > {words.value(wire(now))})")
    return terms


def _ttl(ttl: str, words: _Words) -> str:
    return words.name(wire_name(ttl))


def _equals(name: str, value: Scalar, words: _Words) -> str:
    if value is None:
        return f"attribute_not_exists({words.name(name)})"
    return f"{words.name(name)} = {words.value(wire(value))}"


def _within_bounds(write: Update, words: _Words) -> list[str]:
    """What is added to is a number, and stays one of 64 bits."""
    terms = []
    for name, number in write.add.items():
        place = words.name(wire_name(name))
        least, most = words.value(wire(_LEAST - min(number, 0))), words.value(wire(_MOST - max(number, 0)))
        terms.append(f"(attribute_not_exists({place}) OR {place} BETWEEN {least} AND {most})")
    return terms


def _change(spec: TableSpec, write: Update, words: _Words, token: bytes | None) -> str:
    outcome(
        spec, {"pk": write.pk, "sk": write.sk}, Update(pk=write.pk, sk=write.sk, set=write.set, add=write.add), 0
    )  # whether it makes sense
    check_index_attributes(spec, {**write.set, **write.add})
    put = {wire_name(name): wire(value) for name, value in write.set.items() if value is not None}
    gone = sorted(wire_name(name) for name, value in write.set.items() if value is None)
    if token is not None:
        put[WRITE] = {"B": token}
    return " ".join(
        [
            *_clause("SET", [f"{words.name(name)} = {words.value(value)}" for name, value in put.items()]),
            *_clause("REMOVE", [words.name(name) for name in gone]),
            *_clause("ADD", [f"{words.name(wire_name(name))} {words.value(wire(number))}" for name, number in write.add.items()]),
            *_clause("DELETE", [f"{words.name(NONE)} {words.value({'SS': gone})}"] if gone else []),
        ]
    )


def _clause(verb: str, parts: Sequence[str]) -> list[str]:
    return [f"{verb} {', '.join(parts)}"] if parts else []
