"""What sources offer over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.connectors.engine.connector import Site, StreamInfo
from listbackup.http.paging import Listing, PageParameters, listing
from listbackup.http.permission import Permission
from listbackup.services.routing import Answer, Call, Route, changing, reading
from listbackup.services.sources.group_routes import group_routes
from listbackup.services.sources.groups import SourceGroups
from listbackup.services.sources.model import Source, Trashed
from listbackup.services.sources.schema import ChangedSource, NewSource, SourceParameters, TakenBack, filters_of
from listbackup.services.sources.service import Sources

_ONE = "/sources/{source:src}"


def routes(sources: Sources, groups: SourceGroups) -> Sequence[Route]:
    """The account's sources. What the platform is asked, it is asked while the caller waits."""
    return [*_kept(sources, groups), *_asking(sources), *_trash(sources), *group_routes(groups)]


def _kept(sources: Sources, groups: SourceGroups) -> Sequence[Route]:
    def create(call: Call) -> Answer:
        asked = call.body(NewSource)
        made = sources.create(
            call.scope,
            connection=asked.connection,
            name=asked.name,
            streams=asked.streams,
            filters=filters_of(asked.filters),
            full_every=asked.full_every,
            tags=asked.tags,
        )
        return Answer(content=made, version=made.version, location=f"/v2/sources/{made.id}")

    def list_all(call: Call) -> Answer:
        asked = call.query(SourceParameters)
        members = frozenset(groups.get(call.scope, asked.group).sources) if asked.group is not None else None
        through = sources.connection_of(call.scope, asked.connection) if asked.connection is not None else None
        found = sources.list(
            call.scope, limit=asked.limit, cursor=asked.cursor, keep=lambda one: _is_asked_for(one, asked, members, through)
        )
        return Answer(content=listing(found, lambda one: one))

    def get(call: Call) -> Answer:
        found = sources.get(call.scope, call.path["source"])
        return Answer(content=found, version=found.version)

    def change(call: Call) -> Answer:
        asked = call.body(ChangedSource)
        new = sources.change(
            call.scope,
            call.path["source"],
            name=asked.name,
            streams=asked.streams,
            all_streams=asked.all_streams,
            filters=filters_of(asked.filters) if asked.filters is not None else None,
            full_every=asked.full_every,
            tags=asked.tags,
            version=call.version,
        )
        return Answer(content=new, version=new.version)

    def delete(call: Call) -> Answer:
        sources.delete(call.scope, call.path["source"])
        return Answer()

    read, write, pages = Permission.SOURCES_READ, Permission.SOURCES_MANAGE, Listing[Source]
    return [
        reading("/sources", "The sources", read, list_all, pages, SourceParameters),
        changing(
            "POST",
            "/sources",
            "Choose what is backed up",
            write,
            create,
            body=NewSource,
            answers=Source,
            status=201,
            repeatable=True,
            problems=(502,),
        ),
        reading(_ONE, "A source", read, get, Source, versioned=True),
        changing("PATCH", _ONE, "Change a source", write, change, body=ChangedSource, answers=Source, versioned=True, problems=(502,)),
        changing("DELETE", _ONE, "Put a source and its snapshots into the trash for 7 days", write, delete, status=204, step_up=True),
    ]


def _is_asked_for(one: Source, asked: SourceParameters, members: frozenset[str] | None, through: str | None) -> bool:
    return (
        (asked.tag is None or asked.tag in one.tags)
        and (members is None or one.id in members)
        and (through is None or one.connection == through)
        and (asked.q is None or asked.q.casefold() in one.name.casefold())
    )


def _trash(sources: Sources) -> Sequence[Route]:
    def trash(call: Call) -> Answer:
        page = call.query(PageParameters)
        return Answer(content=listing(sources.trash(call.scope, limit=page.limit, cursor=page.cursor), lambda one: one))

    def take_back(call: Call) -> Answer:
        asked = call.body(TakenBack)
        again = sources.take_back(call.scope, call.path["source"], name=asked.name, connection=asked.connection)
        return Answer(content=again, version=again.version, location=f"/v2/sources/{again.id}")

    read, write = Permission.SOURCES_READ, Permission.SOURCES_MANAGE
    return [
        reading("/trash/sources", "Sources that were deleted and can be taken back", read, trash, Listing[Trashed], PageParameters),
        changing("POST", f"{_ONE}/restore", "Take a source out of the trash", write, take_back, body=TakenBack, answers=Source),
    ]


def _asking(sources: Sources) -> Sequence[Route]:
    def discover(call: Call) -> Answer:
        return Answer(content=Listing(items=sources.discover(call.scope, call.path["source"])))

    def chosen(call: Call) -> Answer:
        return Answer(content=Listing(items=sources.chosen(call.scope, call.path["source"])))

    def test(call: Call) -> Answer:
        return Answer(content=sources.test(call.scope, call.path["source"]))

    read, write, infos = Permission.SOURCES_READ, Permission.SOURCES_MANAGE, Listing[StreamInfo]
    return [
        changing("POST", f"{_ONE}/discover", "Every stream that the platform shows now", write, discover, answers=infos, problems=(502,)),
        reading(f"{_ONE}/streams", "The streams that a run would read now", read, chosen, infos, problems=(409, 502)),
        changing("POST", f"{_ONE}/test", "Ask the platform who we are", write, test, answers=Site, problems=(502,)),
    ]
