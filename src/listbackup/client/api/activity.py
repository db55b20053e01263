"""``client.activity``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.api.shared import ExportFormat
from listbackup.client.download import Download
from listbackup.client.events import Events
from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session


class Activity(Struct, frozen=True, kw_only=True):
    """Who did what to which thing, when and from where. ``action`` is ``account:source:created``; ``hash`` covers the line and the hash
    before it (hex SHA-256).

    ``origin`` is None for what the scheduler, a worker or the command line did. ``mac`` is the installation's seal of the hash (hex
    HMAC-SHA-256), which nobody else can make; None on lines that an older version wrote.
    """

    seq: int
    event: str
    at: datetime
    actor: str
    action: str
    subject: str
    about: Mapping[str, str | int | bool | None]
    previous: str
    hash: str
    origin: Origin | None = None
    mac: str | None = None


class ChainBreak(Struct, frozen=True, kw_only=True):
    """Where the trail is not what was written."""

    seq: int
    message: str


class Origin(Struct, frozen=True, kw_only=True):
    """The caller's address and what its program calls itself; both are what was said, proven by nothing."""

    address: str | None = None
    agent: str | None = None


class Verified(Struct, frozen=True, kw_only=True):
    """Whether the trail is what was written, how long it is, and the first place where it is not."""

    intact: bool
    lines: int
    broken: ChainBreak | None


class ActivityApi:
    """The operations of ``activity``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def events(self, *, seconds: int | UnsetType = UNSET, last_event_id: str | None = None, heartbeats: bool = False) -> Events:
        """What happens, as it happens (server-sent events, or a WebSocket; resume with the last id)."""
        request = Request(method="GET", path="/v2/events", query={"seconds": seconds})
        return self._session.events(request, last_event_id=last_event_id, heartbeats=heartbeats)

    def export(
        self,
        *,
        subject: str | None | UnsetType = UNSET,
        action: str | None | UnsetType = UNSET,
        actor: str | None | UnsetType = UNSET,
        since: datetime | None | UnsetType = UNSET,
        until: datetime | None | UnsetType = UNSET,
        q: str | None | UnsetType = UNSET,
        format: ExportFormat | UnsetType = UNSET,
    ) -> Download:
        """The trail as a file, oldest first."""
        request = Request(
            method="GET",
            path="/v2/activity/export",
            query={"subject": subject, "action": action, "actor": actor, "since": since, "until": until, "q": q, "format": format},
        )
        return self._session.download(request)

    def list(
        self,
        *,
        cursor: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        subject: str | None | UnsetType = UNSET,
        action: str | None | UnsetType = UNSET,
        actor: str | None | UnsetType = UNSET,
        since: datetime | None | UnsetType = UNSET,
        until: datetime | None | UnsetType = UNSET,
        q: str | None | UnsetType = UNSET,
    ) -> Page[Activity]:
        """What happened, newest first."""
        request = Request(
            method="GET",
            path="/v2/activity",
            query={
                "cursor": cursor,
                "limit": limit,
                "subject": subject,
                "action": action,
                "actor": actor,
                "since": since,
                "until": until,
                "q": q,
            },
        )
        return self._session.ask(Page[Activity], request)

    def iter(
        self,
        *,
        limit: int | UnsetType = UNSET,
        subject: str | None | UnsetType = UNSET,
        action: str | None | UnsetType = UNSET,
        actor: str | None | UnsetType = UNSET,
        since: datetime | None | UnsetType = UNSET,
        until: datetime | None | UnsetType = UNSET,
        q: str | None | UnsetType = UNSET,
    ) -> Iterator[Activity]:
        """Every item of ``list``, page after page."""
        return every(
            lambda cursor: self.list(limit=limit, subject=subject, action=action, actor=actor, since=since, until=until, q=q, cursor=cursor)
        )

    def users_me_activity(
        self,
        *,
        cursor: str | None | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        subject: str | None | UnsetType = UNSET,
        action: str | None | UnsetType = UNSET,
        actor: str | None | UnsetType = UNSET,
        since: datetime | None | UnsetType = UNSET,
        until: datetime | None | UnsetType = UNSET,
        q: str | None | UnsetType = UNSET,
    ) -> Page[Activity]:
        """What happened to one's own sign-in, newest first."""
        request = Request(
            method="GET",
            path="/v2/users/me/activity",
            query={
                "cursor": cursor,
                "limit": limit,
                "subject": subject,
                "action": action,
                "actor": actor,
                "since": since,
                "until": until,
                "q": q,
            },
        )
        return self._session.ask(Page[Activity], request)

    def iter_users_me_activity(
        self,
        *,
        limit: int | UnsetType = UNSET,
        subject: str | None | UnsetType = UNSET,
        action: str | None | UnsetType = UNSET,
        actor: str | None | UnsetType = UNSET,
        since: datetime | None | UnsetType = UNSET,
        until: datetime | None | UnsetType = UNSET,
        q: str | None | UnsetType = UNSET,
    ) -> Iterator[Activity]:
        """Every item of ``users_me_activity``, page after page."""
        return every(
            lambda cursor: self.users_me_activity(
                limit=limit, subject=subject, action=action, actor=actor, since=since, until=until, q=q, cursor=cursor
            )
        )

    def verify(self) -> Verified:
        """Whether the trail is what was written."""
        request = Request(method="GET", path="/v2/activity/verify")
        return self._session.ask(Verified, request)
