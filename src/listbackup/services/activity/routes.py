"""What the audit trail offers over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec
from pydantic import Field

from listbackup.base.errors import InputError
from listbackup.http.paging import Listing, PageParameters, Parameters, listing
from listbackup.http.permission import Permission
from listbackup.services.activity.model import Activity, ChainBreak
from listbackup.services.activity.service import Activities
from listbackup.services.routing import Answer, Call, Route, Stream
from listbackup.services.scope import Scope

_Text = Annotated[str, Field(max_length=200)]


class ActivityParameters(PageParameters):
    """Which lines; a page may hold fewer than asked for and still have a next."""

    subject: _Text | None = None
    action: _Text | None = None
    actor: _Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Whether the trail is what was written, and where it is not."""

    intact: bool
    broken: ChainBreak | None


class EventParameters(Parameters):
    """For how long [s]; who wants more comes back with ``Last-Event-ID``, and is asked anew who they are."""

    seconds: Annotated[int, Field(ge=1, le=300)] = 300


def routes(activities: Activities) -> Sequence[Route]:
    """The account's trail."""

    def list_all(call: Call) -> Answer:
        asked = call.query(ActivityParameters)
        page = activities.list(
            call.scope, subject=asked.subject, action=asked.action, actor=asked.actor, limit=asked.limit, cursor=asked.cursor
        )
        return Answer(content=listing(page, lambda line: line))

    def verify(call: Call) -> Answer:
        broken = activities.verify(call.scope)
        return Answer(content=Verified(intact=broken is None, broken=broken))

    def events(call: Call) -> Answer:
        behind = _position(call.last_event, activities.last(call.scope))
        seconds = call.query(EventParameters).seconds
        return Answer(
            content=Stream(poll=_Listener(activities, call.scope, behind), polls=seconds, every_seconds=1, media_type="text/event-stream")
        )

    return [
        Route(
            method="GET",
            path="/events",
            summary="What happens, as it happens (server-sent events; resume with Last-Event-ID)",
            access=Permission.ACTIVITY_READ,
            handle=events,
            query=EventParameters,
            answers=Stream,
        ),
        Route(
            method="GET",
            path="/activity",
            summary="What happened, newest first",
            access=Permission.ACTIVITY_READ,
            handle=list_all,
            query=ActivityParameters,
            answers=Listing[Activity],
        ),
        Route(
            method="GET",
            path="/activity/verify",
            summary="Whether the trail is what was written",
            access=Permission.ACTIVITY_READ,
            handle=verify,
            answers=Verified,
        ),
    ]


class _Listener:
    """What was written since the last look, as server-sent events; a comment when it was nothing, so that a dead connection shows."""

    def __init__(self, activities: Activities, scope: Scope, behind: int) -> None:
        self._activities, self._scope, self._behind = activities, scope, behind

    def __call__(self) -> bytes:
        lines = self._activities.after(self._scope, self._behind)
        if not lines:
            return b": nothing new\n\n"
        self._behind = lines[-1].seq
        return b"".join(_event(line) for line in lines)


def _event(line: Activity) -> bytes:
    """Source: HTML Living Standard, "Server-sent events"."""
    name = line.action.removeprefix("account:").replace(":", ".")
    return f"id: {line.seq}\nevent: {name}\ndata: ".encode() + msgspec.json.encode(line) + b"\n\n"


def _position(said: str | None, newest: int) -> int:
    if said is None:
        return newest
    if not said.isascii() or not said.isdigit() or len(said) > 12:
        raise InputError("Last-Event-ID is no id of an event", field="Last-Event-ID")
    return int(said)
