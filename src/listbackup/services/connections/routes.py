"""What connections offer over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.http.paging import Listing, PageParameters, listing
from listbackup.http.permission import Permission
from listbackup.services.connections.consent_routes import consent_routes
from listbackup.services.connections.model import Connection
from listbackup.services.connections.schema import ChangedConnection, DeleteParameters, NewConnection, Rotation, hidden
from listbackup.services.connections.service import Connections
from listbackup.services.routing import Answer, Call, Route, changing, reading

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
        reading("/connections", "The connections", read, list_all, Listing[Connection], PageParameters),
        changing(
            "POST",
            "/connections",
            "Connect a site of a platform",
            write,
            create,
            body=NewConnection,
            answers=one,
            status=201,
            repeatable=True,
            problems=(502,),
        ),
        reading(_ONE, "A connection", read, get, one, versioned=True),
        changing("PATCH", _ONE, "Rename a connection", write, change, body=ChangedConnection, answers=one, versioned=True),
        changing(
            "DELETE",
            _ONE,
            "Forget a connection and its secrets, here and at the platform",
            write,
            delete,
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
        changing("POST", f"{_ONE}/test", "Ask the platform who we are", write, test, answers=one, problems=(502,)),
        changing(
            "POST",
            f"{_ONE}/rotate",
            "Give new credentials, tested before the old ones go",
            write,
            rotate,
            body=Rotation,
            answers=one,
            problems=(502,),
        ),
    ]


def _shown(connection: Connection) -> Answer:
    return Answer(content=connection, version=connection.version)


__all__ = ["consent_routes", "routes"]
