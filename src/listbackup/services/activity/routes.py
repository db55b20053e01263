"""What the audit trail offers over HTTP, and what happens as it happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from listbackup.base.errors import InputError
from listbackup.http.paging import Listing, listing
from listbackup.http.permission import Permission
from listbackup.http.problem import OVERLOADED, Refused
from listbackup.services.activity.feed import Feed
from listbackup.services.activity.model import Activity
from listbackup.services.activity.schema import (
    ActivityParameters,
    EventParameters,
    ExportFormat,
    ExportParameters,
    Verified,
    as_csv,
    as_jsonl,
)
from listbackup.services.activity.service import Activities
from listbackup.services.auth import own_scope
from listbackup.services.routing import Answer, Call, Chunks, Route, Stream, mine, reading

_COME_BACK = timedelta(seconds=5)


def routes(activities: Activities, feed: Feed) -> Sequence[Route]:
    """The account's trail."""

    def list_all(call: Call) -> Answer:
        asked = call.query(ActivityParameters)
        page = activities.list(call.scope, asked.wanted(), limit=asked.limit, cursor=asked.cursor)
        return Answer(content=listing(page, lambda line: line))

    def export(call: Call) -> Answer:
        asked = call.query(ExportParameters)
        lines = activities.export(call.scope, asked.wanted())
        is_csv = asked.format is ExportFormat.CSV
        content = as_csv(lines) if is_csv else as_jsonl(lines)
        media = "text/csv; charset=utf-8" if is_csv else "application/jsonl"
        return Answer(content=Chunks(content=content, media_type=media, filename=f"activity.{asked.format.value}"))

    def own(call: Call) -> Answer:
        asked = call.query(ActivityParameters)
        assert call.caller.user is not None
        page = activities.list(own_scope(call.caller.user), asked.wanted(), limit=asked.limit, cursor=asked.cursor)
        return Answer(content=listing(page, lambda line: line))

    def verify(call: Call) -> Answer:
        lines = activities.last(call.scope)
        broken = activities.verify(call.scope)
        return Answer(content=Verified(intact=broken is None, lines=lines, broken=broken))

    def events(call: Call) -> Answer:
        asked = call.query(EventParameters)
        if feed.is_full():  # said now: an answer that has begun cannot be refused
            raise Refused(OVERLOADED, "too many listen to this server", retry_after=_COME_BACK)
        behind = position(asked.last_event_id or call.last_event)
        listen = partial(feed.listen, call.scope, behind=behind)
        return Answer(content=Stream(listen=listen, seconds=asked.seconds, media_type="text/event-stream"))

    return [
        _look(
            "/events",
            "What happens, as it happens (server-sent events, or a WebSocket; resume with the last id)",
            events,
            EventParameters,
            Stream,
        ),
        _look("/activity", "What happened, newest first", list_all, ActivityParameters, Listing[Activity]),
        mine(
            "GET",
            "/users/me/activity",
            "What happened to one's own sign-in, newest first",
            own,
            query=ActivityParameters,
            answers=Listing[Activity],
        ),
        _look("/activity/verify", "Whether the trail is what was written", verify, None, Verified),
        Route(
            method="GET",
            path="/activity/export",
            summary="The trail as a file, oldest first",
            access=Permission.ACTIVITY_EXPORT,
            handle=export,
            query=ExportParameters,
            answers=Chunks,
            media=("application/jsonl", "text/csv"),
        ),
    ]


def _look(path: str, summary: str, handle: Callable[[Call], Answer], query: type | None, answers: object) -> Route:
    return reading(path, summary, Permission.ACTIVITY_READ, handle, answers, query)


def position(said: str | None) -> int | None:
    """The number of the line that somebody saw last; None: from now on. Raises InputError."""
    if not said:
        return None
    if not said.isascii() or not said.isdigit() or len(said) > 12:
        raise InputError("Last-Event-ID is no id of an event", field="Last-Event-ID")
    return int(said)
