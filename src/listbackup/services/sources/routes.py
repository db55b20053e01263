"""What sources offer over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.connectors.engine.connector import Site, StreamInfo
from listbackup.http.paging import Listing, PageParameters, listing
from listbackup.http.permission import Permission
from listbackup.services.routing import Answer, Call, Route
from listbackup.services.sources.model import Source
from listbackup.services.sources.schema import ChangedSource, NewSource, filters_of
from listbackup.services.sources.service import Sources

_ONE = "/sources/{source:src}"


def routes(sources: Sources) -> Sequence[Route]:
    """The account's sources. What the platform is asked, it is asked while the caller waits."""
    return [*_kept(sources), *_asking(sources)]


def _kept(sources: Sources) -> Sequence[Route]:
    def create(call: Call) -> Answer:
        asked = call.body(NewSource)
        made = sources.create(
            call.scope,
            connection=asked.connection,
            name=asked.name,
            streams=asked.streams,
            filters=filters_of(asked.filters),
            full_every=asked.full_every,
        )
        return Answer(content=made, version=made.version, location=f"/v2/sources/{made.id}")

    def list_all(call: Call) -> Answer:
        page = call.query(PageParameters)
        return Answer(content=listing(sources.list(call.scope, limit=page.limit, cursor=page.cursor), lambda one: one))

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
            version=call.version,
        )
        return Answer(content=new, version=new.version)

    def delete(call: Call) -> Answer:
        sources.delete(call.scope, call.path["source"])
        return Answer()

    read, write, pages = Permission.SOURCES_READ, Permission.SOURCES_MANAGE, Listing[Source]
    return [
        Route(method="GET", path="/sources", summary="The sources", access=read, handle=list_all, query=PageParameters, answers=pages),
        Route(
            method="POST",
            path="/sources",
            summary="Choose what is backed up",
            access=write,
            handle=create,
            body=NewSource,
            answers=Source,
            status=201,
            repeatable=True,
            problems=(502,),
        ),
        Route(method="GET", path=_ONE, summary="A source", access=read, handle=get, answers=Source, versioned=True),
        Route(
            method="PATCH",
            path=_ONE,
            summary="Change a source",
            access=write,
            handle=change,
            body=ChangedSource,
            answers=Source,
            versioned=True,
            problems=(502,),
        ),
        Route(method="DELETE", path=_ONE, summary="Forget a source; its snapshots stay", access=write, handle=delete, status=204),
    ]


def _asking(sources: Sources) -> Sequence[Route]:
    def discover(call: Call) -> Answer:
        return Answer(content=Listing(items=sources.discover(call.scope, call.path["source"])))

    def chosen(call: Call) -> Answer:
        return Answer(content=Listing(items=sources.chosen(call.scope, call.path["source"])))

    def test(call: Call) -> Answer:
        return Answer(content=sources.test(call.scope, call.path["source"]))

    read, write = Permission.SOURCES_READ, Permission.SOURCES_MANAGE
    return [
        Route(
            method="POST",
            path=f"{_ONE}/discover",
            summary="Every stream that the platform shows now",
            access=write,
            handle=discover,
            answers=Listing[StreamInfo],
            problems=(502,),
        ),
        Route(
            method="GET",
            path=f"{_ONE}/streams",
            summary="The streams that a run would read now",
            access=read,
            handle=chosen,
            answers=Listing[StreamInfo],
            problems=(409, 502),
        ),
        Route(
            method="POST",
            path=f"{_ONE}/test",
            summary="Ask the platform who we are",
            access=write,
            handle=test,
            answers=Site,
            problems=(502,),
        ),
    ]
