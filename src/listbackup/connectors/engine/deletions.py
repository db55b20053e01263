"""The platform's own word on what is gone: a trash listing, or a feed of deletions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from listbackup.connectors.engine.facts import Changed, DeletionFeed, StreamFacts, TrashDeletion
from listbackup.connectors.engine.faults import BadAnswer, Reason
from listbackup.connectors.engine.instants import newest, write_instant
from listbackup.connectors.engine.keys import KeyReader
from listbackup.connectors.engine.listing import Crew, Extra, Listing, pages
from listbackup.connectors.engine.page import Page
from listbackup.connectors.engine.places import find
from listbackup.connectors.engine.record import Key
from listbackup.connectors.engine.tally import Tally
from listbackup.connectors.engine.transport import Transport

LOOKBACK = timedelta(seconds=120)


@dataclass(frozen=True, slots=True, kw_only=True)
class GonePage:
    """Keys that the platform says are gone."""

    keys: list[Key]
    latest: datetime | None
    page: Page


def gone_since(transport: Transport, crew: Crew, facts: StreamFacts, since: datetime, error: str | None) -> Iterator[GonePage]:
    """What went away since then, page by page. Raises PlatformError, BadAnswer when the platform's word cannot be read to its end."""
    told = facts.deletions
    values: dict[str, object] = dict(transport.values)
    extra, only = Extra(), {}
    if isinstance(told, DeletionFeed):
        listed = _feed(facts, told)
        only = told.only
        values["since"] = write_instant(since - LOOKBACK, told.format)
    elif isinstance(told, TrashDeletion):
        listed = msgspec.structs.replace(facts, path=told.path or facts.path, params={**facts.params, **told.params}, deletions=None)
        if told.changed and facts.changed is not None:
            values["since"] = write_instant(since - timedelta(seconds=facts.changed.lookback_seconds), facts.changed.format)
            extra = Extra(params={**facts.changed.params, **told.params}, headers=facts.changed.headers, body=facts.changed.body)
    else:
        return
    listing = Listing(transport, listed, values, error, extra)
    names, tally = KeyReader(listed), Tally()
    for page, following in pages(listing, crew, listing.paging.first()):
        read = names.read(page.raws, page.mended, {})
        if read.faults:
            raise BadAnswer(read.faults[0][0], read.faults[0][1], again=False)
        tally.add(page, read.keys, (), last=following is None)
        keys = read.keys if not only else [key for key, raw in zip(read.keys, read.raws, strict=True) if _is(raw, only)]
        yield GonePage(keys=keys, latest=newest(read.changed), page=page)
    faults = tally.verdict(positions=listing.paging.positions, empty_pages=True, distinct=False)
    if faults and faults[0][0] is not Reason.CHANGED_MEANWHILE:
        raise BadAnswer(faults[0][0], faults[0][1], again=False)


def _feed(facts: StreamFacts, feed: DeletionFeed) -> StreamFacts:
    return StreamFacts(
        name=facts.name,
        path=feed.path,
        params=feed.params,
        records=feed.records,
        key=feed.key,
        key_as=facts.key_as,
        paging=feed.paging,
        total=feed.total,
        end=facts.end,
        changed=Changed(field=feed.at) if feed.at else None,
    )


def _is(raw: bytes, only: Mapping[str, Any]) -> bool:
    for path, wanted in only.items():
        found = find(raw, path)
        if found is None or msgspec.json.decode(found) != wanted:
            return False
    return True
