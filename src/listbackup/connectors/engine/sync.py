"""A stream whose changes are told by a token: the last page of each listing names the one that the next listing is asked with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from listbackup.connectors.engine.connector import Mode
from listbackup.connectors.engine.facts import FlaggedDeletion, StreamFacts, Sync
from listbackup.connectors.engine.keys import Read
from listbackup.connectors.engine.listing import Extra, Listing, TokenRefused
from listbackup.connectors.engine.page import Page
from listbackup.connectors.engine.paginators import without
from listbackup.connectors.engine.reading import Ground, ListingRead, State
from listbackup.connectors.engine.record import Batch, Json
from listbackup.connectors.engine.tally import Fault, Tally

_VALUE = "sync_token"


class SyncRead(ListingRead):
    """What changed since the token, or everything where there is none or the platform does not accept it any more."""

    def __init__(self, ground: Ground, facts: StreamFacts, mode: Mode, cursor: State | None, resume: State | None) -> None:
        super().__init__(ground, facts, mode, cursor, resume)
        assert facts.sync is not None
        self._sync: Sync = facts.sync
        given = self._cursor.get("sync")
        self._given = given if isinstance(given, str) else None
        self._is_anew = bool(self._resume.get("anew"))  # the token was refused: everything is listed
        self._incremental = mode is Mode.INCREMENTAL and self._given is not None and not self._is_anew
        told = self._resume.get("sync")
        self._told = told if isinstance(told, str) else None

    @property
    def fingerprint(self) -> str | None:
        """No page comes again as it was: the last one names another token."""
        return None

    def _batches(self) -> Iterator[Batch]:
        if self._incremental:
            try:
                yield from super()._batches()
            except TokenRefused:
                self._incremental, self._is_anew, self._resume, self._told = False, True, {}, None
            else:
                return
        yield from super()._batches()

    def _extra(self) -> tuple[Extra, dict[str, object]]:
        shown = self._facts.deletions.params if isinstance(self._facts.deletions, FlaggedDeletion) else {}
        if not self._incremental:
            return Extra(params=shown), {}
        sync, values = self._sync, {_VALUE: self._given or ""}
        expired = sync.expired
        if sync.param is None:
            return Extra(params=shown, url=self._given, expired=expired), {}
        ours = {sync.param: f"{{{_VALUE}}}"}
        if sync.where == "body":
            return Extra(params={**shown, **sync.params}, body=ours, expired=expired), dict(values)
        return Extra(params={**shown, **sync.params, **ours}, expired=expired), dict(values)

    def _batch(self, read: Read, page: Page, resume: dict[str, Json]) -> Batch:
        told = page.said.get(self._sync.token)
        if told:  # only the last page names one
            self._told = without(told, list(self._ground.transport.authority.query())) if self._sync.param is None else told
        return super()._batch(read, page, resume)

    def _verdict(self, listing: Listing, tally: Tally) -> Sequence[Fault]:
        if not self._incremental:
            return super()._verdict(listing, tally)
        return tally.verdict(positions=listing.paging.positions, empty_pages=True, distinct=False, totals=False, promised=False)

    def _marked(self, resume: dict[str, Json]) -> dict[str, Json]:
        if self._told is not None:
            resume["sync"] = self._told
        if self._is_anew:
            resume["anew"] = True
        return super()._marked(resume)

    def _next_cursor(self) -> State | None:
        return {"sync": self._told} if self._told is not None and self._told != self._given else None
