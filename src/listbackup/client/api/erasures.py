"""``client.erasures``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part, repeat_header
from listbackup.client.words import Word


class ErasureShown(Struct, frozen=True, kw_only=True):
    """An erasure. ``found`` counts the records by source and stream; ``done`` are the sources that are free of them."""

    id: str
    state: ErasureState
    working: bool
    reason: str
    keep_out: bool
    records: int
    found: Mapping[str, Mapping[str, int]]
    done: Sequence[str]
    message: str | None
    created_at: datetime
    planned_at: datetime | None
    ended_at: datetime | None


class ErasureState(Word):
    """Where an erasure stands."""

    CANCELLED = "cancelled"
    DONE = "done"
    ERASING = "erasing"
    FAILED = "failed"
    PLANNED = "planned"
    SEARCHING = "searching"


class NamedShown(Struct, frozen=True, kw_only=True):
    """A record that is to go."""

    source: str
    stream: str
    key: str


class RecordNamed(Struct, frozen=True, kw_only=True):
    """One record, of every snapshot of its source."""

    source: str
    stream: str
    key: str


class ErasuresApi:
    """The operations of ``erasures``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def cancel(self, erasure: str) -> ErasureShown:
        """Give an erasure up before it is carried out."""
        request = Request(method="POST", path=f"/v2/erasures/{part(erasure)}/cancel")
        return self._session.ask(ErasureShown, request)

    def create(
        self,
        *,
        reason: str,
        text: str | None | UnsetType = UNSET,
        sources: Sequence[str] | None | UnsetType = UNSET,
        records: Sequence[RecordNamed] | UnsetType = UNSET,
        keep_out: bool | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> ErasureShown:
        """Look for what is to be erased; nothing is touched."""
        request = Request(
            method="POST",
            path="/v2/erasures",
            body=given({"text": text, "sources": sources, "records": records, "reason": reason, "keep_out": keep_out}),
            headers={**repeat_header(idempotency_key)},
            repeatable=True,
        )
        return self._session.ask(ErasureShown, request)

    def execute(self, erasure: str) -> ErasureShown:
        """Erase what was found from every snapshot, for good."""
        request = Request(method="POST", path=f"/v2/erasures/{part(erasure)}/execute")
        return self._session.ask(ErasureShown, request)

    def get(self, erasure: str) -> ErasureShown:
        """An erasure and what it found."""
        request = Request(method="GET", path=f"/v2/erasures/{part(erasure)}")
        return self._session.ask(ErasureShown, request)

    def list(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[ErasureShown]:
        """Erasures, newest first."""
        request = Request(method="GET", path="/v2/erasures", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[ErasureShown], request)

    def iter(self, *, limit: int | UnsetType = UNSET) -> Iterator[ErasureShown]:
        """Every item of ``list``, page after page."""
        return every(lambda cursor: self.list(limit=limit, cursor=cursor))

    def records(self, erasure: str, *, cursor: str | None | UnsetType = UNSET) -> Page[NamedShown]:
        """The records that would go."""
        request = Request(method="GET", path=f"/v2/erasures/{part(erasure)}/records", query={"cursor": cursor})
        return self._session.ask(Page[NamedShown], request)

    def iter_records(self, erasure: str) -> Iterator[NamedShown]:
        """Every item of ``records``, page after page."""
        return every(lambda cursor: self.records(erasure, cursor=cursor))
