"""What connections offer over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.http.paging import Listing, PageParameters, listing
from listbackup.http.permission import Permission
from listbackup.services.connections.consent_routes import consent_routes
from listbackup.services.connections.model import Connection
from listbackup.services.connections.schema import ChangedConnection, DeleteParameters, NewConnection, Rotation, hidden
from listbackup.services.connections.service import Connections
from listbackup.services.routing import Answer, Call, Route

_ONE = "/connections/{connection:con}"


def routes(connections: Connections) -> Sequence[Route]:
    """The account's connections. Tests ask the platform while the caller waits."""
    return [*_kept(connections), *_credentials(connections)]


def _kept(connections: Connections) -> Sequence[Route]:
    def create(call: Call) -> Answer:
        asked = call.body(NewConnection)
        made = connections.create(
            call.scope, platform=asked.platform, name=asked.name, values=asked.values, secrets=hidden(asked.secrets), test=asked.test
        )
        return Answer(content=made, version=made.version, location=f"/v2/connections/{made.id}")

    def list_all(call: Call) -> Answer:
        page = call.query(PageParameters)
        return Answer(content=listing(connections.list(call.scope, limit=page.limit, cursor=page.cursor), lambda one: one))

    def get(call: Call) -> Answer:
        return _shown(connections.get(call.scope, call.path["connection"]))

    def change(call: Call) -> Answer:
        return _shown(connections.rename(call.scope, call.path["connection"], call.body(ChangedConnection).name, version=call.version))

    def delete(call: Call) -> Answer:
        connections.delete(call.scope, call.path["connection"], force=call.query(DeleteParameters).force)
        return Answer()

    read, write, one = Permission.CONNECTIONS_READ, Permission.CONNECTIONS_MANAGE, Connection
    return [
        Route(
            method="GET",
            path="/connections",
            summary="The connections",
            access=read,
            handle=list_all,
            query=PageParameters,
            answers=Listing[Connection],
        ),
        Route(
            method="POST",
            path="/connections",
            summary="Connect a site of a platform",
            access=write,
            handle=create,
            body=NewConnection,
            answers=one,
            status=201,
            repeatable=True,
            problems=(502,),
        ),
        Route(method="GET", path=_ONE, summary="A connection", access=read, handle=get, answers=one, versioned=True),
        Route(
            method="PATCH",
            path=_ONE,
            summary="Rename a connection",
            access=write,
            handle=change,
            body=ChangedConnection,
            answers=one,
            versioned=True,
        ),
        Route(
            method="DELETE",
            path=_ONE,
            summary="Forget a connection and its secrets, here and at the platform",
            access=write,
            handle=delete,
            query=DeleteParameters,
            status=204,
        ),
    ]


def _credentials(connections: Connections) -> Sequence[Route]:
    def test(call: Call) -> Answer:
        return _shown(connections.test(call.scope, call.path["connection"]))

    def rotate(call: Call) -> Answer:
        asked = call.body(Rotation)
        return _shown(connections.reconnect(call.scope, call.path["connection"], values=asked.values, secrets=hidden(asked.secrets)))

    write, one = Permission.CONNECTIONS_MANAGE, Connection
    return [
        Route(
            method="POST",
            path=f"{_ONE}/test",
            summary="Ask the platform who we are",
            access=write,
            handle=test,
            answers=one,
            problems=(502,),
        ),
        Route(
            method="POST",
            path=f"{_ONE}/rotate",
            summary="Give new credentials, tested before the old ones go",
            access=write,
            handle=rotate,
            body=Rotation,
            answers=one,
            problems=(502,),
        ),
    ]


def _shown(connection: Connection) -> Answer:
    return Answer(content=connection, version=connection.version)


__all__ = ["consent_routes", "routes"]
