"""What the trail is told of connections."""

from __future__ import annotations

from listbackup.services.connections.model import Connection
from listbackup.services.desk import Fact


def connection_fact(happened: str, connection: Connection, *, revoked: bool | None = None) -> Fact:
    """``connection.created``, ``.changed``, ``.reconnected``, ``.tested``, ``.needs_reauth``, ``.unreachable``, ``.working``, ``.deleted``."""
    about: dict[str, str | int | bool | None] = {"name": connection.name, "platform": connection.platform, "state": connection.state.value}
    about |= {"method": connection.method.value} | ({"revoked": revoked} if revoked is not None else {})
    return Fact(name=f"connection.{happened}", subject=connection.id, about=about)


def revocation_fact(happened: str, connection: Connection, *, tries: int) -> Fact:
    """``connection.revoked``: the platform was told to forget tokens that were forgotten here before; ``.revocation_given_up``: it would not listen."""
    about: dict[str, str | int | bool | None] = {"name": connection.name, "platform": connection.platform, "tries": tries}
    return Fact(name=f"connection.{happened}", subject=connection.id, about=about)


def secrets_rotated(connection_id: str, version: int) -> Fact:
    """The platform handed out new tokens and they are kept."""
    return Fact(name="connection.secrets_rotated", subject=connection_id, about={"version": version})
