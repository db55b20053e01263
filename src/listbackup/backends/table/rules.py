"""What every table adapter agrees on: which items are allowed, when a condition holds, what a write leaves behind."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import assert_never

from listbackup.backends.table.port import (
    MAX_ITEM_BYTES,
    MAX_PK_BYTES,
    MAX_SK_BYTES,
    MAX_TRANSACTION,
    Absent,
    Check,
    Condition,
    ConditionFailed,
    Delete,
    Equals,
    Exists,
    IndexSpec,
    Item,
    Put,
    Scalar,
    TableSpec,
    Update,
    Write,
)
from listbackup.base.errors import InputError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_INT_LIMIT = 2**63


def key_of(write: Write) -> tuple[str, str]:
    """The partition and sort key of the item that the write is about. Raises InputError."""
    if isinstance(write, Put):
        return check_key(write.item.get("pk"), write.item.get("sk"))
    return check_key(write.pk, write.sk)


def check_key(pk: Scalar, sk: Scalar) -> tuple[str, str]:
    """The key, when it is one. Raises InputError."""
    return _key_part(pk, "pk", MAX_PK_BYTES), _key_part(sk, "sk", MAX_SK_BYTES)


def check_spec(spec: TableSpec) -> TableSpec:
    """The declaration, when it can be kept. Raises InputError."""
    names = [index.name for index in spec.indexes]
    if not all(_NAME.fullmatch(name) for name in (spec.name, *names)) or len(set(names)) != len(names):
        raise InputError(f"the table declaration {spec.name!r} has an unusable or repeated name", field="name")
    return spec


def check_transaction(keys: Sequence[tuple[str, str, str]]) -> None:
    """Raises InputError when there are too many writes or two of one (table, pk, sk)."""
    if len(keys) > MAX_TRANSACTION:
        raise InputError(f"a transaction holds at most {MAX_TRANSACTION} writes, not {len(keys)}", field="writes")
    if len(set(keys)) != len(keys):
        raise InputError("a transaction may write an item only once", field="writes")


def find_index(spec: TableSpec, name: str | None) -> IndexSpec | None:
    """The declared index of this name (None: the table's own order). Raises InputError."""
    if name is None:
        return None
    for index in spec.indexes:
        if index.name == name:
            return index
    raise InputError(f"the table {spec.name} declares no index {name!r}", field="index")


def outcome(spec: TableSpec, before: Item | None, write: Write, position: int) -> dict[str, Scalar] | None:
    """The item after the write (None: there is none). Raises ConditionFailed, InputError; ``before`` is what a read sees now."""
    if write.if_ is not None and not holds(write.if_, before):
        raise ConditionFailed(position)
    match write:
        case Put(item=item):
            return checked_item(spec, item)
        case Update():
            if before is None:
                raise ConditionFailed(position)
            return checked_item(spec, _updated(before, write))
        case Delete():
            return None
        case Check():
            return dict(before) if before is not None else None
    assert_never(write)


def holds(condition: Condition, item: Item | None) -> bool:
    """Whether the condition holds for what is there."""
    match condition:
        case Absent():
            return item is None
        case Exists():
            return item is not None
        case Equals(attributes=attributes):
            return item is not None and all(_same(item.get(name), value) for name, value in attributes.items())
    assert_never(condition)


def checked_item(spec: TableSpec, item: Item) -> dict[str, Scalar]:
    """A copy of the item, when the table may hold it. Raises InputError naming the attribute."""
    check_key(item.get("pk"), item.get("sk"))
    size = 0
    for name, value in item.items():
        size += _text_size(name, "attribute names") + _value_size(name, value)
    if size > MAX_ITEM_BYTES:
        raise InputError(f"an item holds at most {MAX_ITEM_BYTES} bytes, not {size}", field="item")
    for index in spec.indexes:
        index_key(index, item)
    expiry(spec, item)
    return dict(item)


def index_key(index: IndexSpec, item: Item) -> tuple[str, str] | None:
    """Where the item stands in the index; None when it is not in it. Raises InputError."""
    pk, sk = item.get(index.pk), item.get(index.sk)
    if pk is None or sk is None:
        return None
    return _key_part(pk, index.pk, MAX_PK_BYTES), _key_part(sk, index.sk, MAX_SK_BYTES)


def expiry(spec: TableSpec, item: Item) -> int | None:
    """When the item expires [s since 1970 UTC]; None: never. Raises InputError."""
    value = item.get(spec.ttl) if spec.ttl is not None else None
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise InputError(f"{spec.ttl} holds whole seconds since 1970", field=spec.ttl)
    return value


def text_behind(prefix: str) -> str | None:
    """The first text behind all that begin with ``prefix``; None when there is none."""
    stem = prefix.rstrip("\U0010ffff")
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if following == 0xD800 else following)


def _updated(before: Item, write: Update) -> Mapping[str, Scalar]:
    if {"pk", "sk"} & (write.set.keys() | write.add.keys()) or write.set.keys() & write.add.keys():
        raise InputError("an update changes no key, and sets or adds an attribute but not both", field="set")
    after = dict(before)
    for name, value in write.set.items():
        if value is None:
            after.pop(name, None)
        else:
            after[name] = value
    for name, number in write.add.items():
        old = after.get(name)
        if old is not None and (isinstance(old, bool) or not isinstance(old, int)):
            raise InputError(f"{name} is no number to add to", field=name)
        after[name] = (old or 0) + number
    return after


def _same(one: Scalar, other: Scalar) -> bool:
    return type(one) is type(other) and one == other  # 1 is not True


def _key_part(value: Scalar, name: str, limit: int) -> str:
    if not isinstance(value, str) or not value or _text_size(value, name) > limit:
        raise InputError(f"{name} is a text of 1 to {limit} bytes", field=name)
    return value


def _value_size(name: str, value: Scalar) -> int:
    match value:
        case None | bool():
            return 1
        case int():
            if not -_INT_LIMIT <= value < _INT_LIMIT:
                raise InputError(f"{name} does not fit into 64 bits", field=name)
            return 8
        case str():
            return _text_size(value, name)
        case bytes():
            return len(value)
    raise InputError(f"{name} is a {type(value).__name__}, not text, a whole number, a truth value or bytes", field=name)


def _text_size(text: str, name: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise InputError(f"{name} holds half a surrogate pair, which no encoding keeps", field=name) from None
