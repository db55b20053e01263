"""What the audit trail offers over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from listbackup.http.caller import Access
from listbackup.http.paging import Listing, PageParameters, listing
from listbackup.services.activity.model import Activity, ChainBreak
from listbackup.services.activity.service import Activities
from listbackup.services.routing import Answer, Call, Route

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

    return [
        Route(
            method="GET",
            path="/activity",
            summary="What happened, newest first",
            access=Access.READ,
            handle=list_all,
            query=ActivityParameters,
            answers=Listing[Activity],
        ),
        Route(
            method="GET",
            path="/activity/verify",
            summary="Whether the trail is what was written",
            access=Access.READ,
            handle=verify,
            answers=Verified,
        ),
    ]
