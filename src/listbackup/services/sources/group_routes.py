"""What source groups offer over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.http.paging import Listing, PageParameters, listing
from listbackup.http.permission import Permission
from listbackup.services.routing import Answer, Call, Route, changing, reading
from listbackup.services.sources.groups import SourceGroups
from listbackup.services.sources.model import SourceGroup
from listbackup.services.sources.schema import ChangedGroup, NewGroup

_ALL, _ONE = "/source-groups", "/source-groups/{group:grp}"


def group_routes(groups: SourceGroups) -> Sequence[Route]:
    """The account's source groups."""

    def create(call: Call) -> Answer:
        asked = call.body(NewGroup)
        made = groups.create(call.scope, name=asked.name, sources=asked.sources)
        return Answer(content=made, version=made.version, location=f"/v2{_ALL}/{made.id}")

    def list_all(call: Call) -> Answer:
        page = call.query(PageParameters)
        return Answer(content=listing(groups.list(call.scope, limit=page.limit, cursor=page.cursor), lambda one: one))

    def get(call: Call) -> Answer:
        found = groups.get(call.scope, call.path["group"])
        return Answer(content=found, version=found.version)

    def change(call: Call) -> Answer:
        asked = call.body(ChangedGroup)
        new = groups.change(call.scope, call.path["group"], name=asked.name, sources=asked.sources, version=call.version)
        return Answer(content=new, version=new.version)

    def delete(call: Call) -> Answer:
        groups.delete(call.scope, call.path["group"])
        return Answer()

    read, write, one = Permission.SOURCES_READ, Permission.SOURCES_MANAGE, SourceGroup
    return [
        reading(_ALL, "The source groups", read, list_all, Listing[SourceGroup], PageParameters),
        changing("POST", _ALL, "Group sources", write, create, body=NewGroup, answers=one, status=201, repeatable=True),
        reading(_ONE, "A source group", read, get, one, versioned=True),
        changing("PATCH", _ONE, "Change a source group", write, change, body=ChangedGroup, answers=one, versioned=True),
        changing("DELETE", _ONE, "Forget a source group; its sources stay", write, delete, status=204),
    ]
