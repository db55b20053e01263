"""What platforms offer over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.http.paging import Listing, PageParameters, page_of
from listbackup.http.permission import Permission
from listbackup.services.platforms.model import Platform
from listbackup.services.platforms.service import Platforms
from listbackup.services.routing import Answer, Call, Route, reading


def routes(platforms: Platforms) -> Sequence[Route]:
    """What can be connected; the same for every account."""

    def list_all(call: Call) -> Answer:
        return Answer(content=page_of(platforms.list(), lambda one: one.name, call.query(PageParameters)))

    def get(call: Call) -> Answer:
        return Answer(content=platforms.get(call.path["platform"]))

    return [
        reading("/platforms", "Platforms that can be connected", Permission.INTEGRATIONS_READ, list_all, Listing[Platform], PageParameters),
        reading("/platforms/{platform}", "A platform and what it asks for", Permission.INTEGRATIONS_READ, get, Platform),
    ]
