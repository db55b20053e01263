"""What a listing of records is asked, where a record can hardly be read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from listbackup.processor.fields import only_fields
from listbackup.processor.filters import Filter, FilterOp, keeps
from listbackup.services.data.asking import changed_fields, fields_of, sort_key

DEEP = b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}"


@pytest.mark.parametrize(
    ("look", "seen"),
    [
        (lambda: fields_of(DEEP), ()),
        (lambda: only_fields(DEEP, [("a", "b")]), DEEP),
        (lambda: sort_key(DEEP, ("a",)), (3, 0.0, "")),
        (lambda: changed_fields(DEEP, DEEP), ()),
        (lambda: keeps([Filter(field="a", op=FilterOp.PRESENT, value="")], DEEP), True),
    ],
)
def test_a_record_nested_deeper_than_can_be_followed_is_treated_like_one_that_is_no_object(
    look: Callable[[], object], seen: object
) -> None:
    assert look() == seen
