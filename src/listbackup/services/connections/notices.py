"""The letters that connections send: a connection that needs a person says so to the owners."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from listbackup.services.connections.model import Connection
from listbackup.services.rows import Writes
from listbackup.services.scope import Scope

if TYPE_CHECKING:
    from listbackup.services.post import Post

Owners = Callable[[str], Sequence[str]]  # account -> the addresses of its owners


class Notices(Protocol):
    """Who is told."""

    def needs_reauth(self, scope: Scope, connection: Connection) -> Writes:
        """The writes that tell of a connection that the platform no longer accepts."""
        ...


class Letters:
    """Letters to the owners of the account, posted in the transaction that they tell of."""

    def __init__(self, post: Post, owners: Owners, *, web_url: str | None = None) -> None:
        self._post, self._owners, self._web_url = post, owners, web_url

    def needs_reauth(self, scope: Scope, connection: Connection) -> Writes:
        """See the protocol."""
        where = (
            f"{self._web_url.rstrip('/')}/a/{scope.account}/connections/{connection.id}" if self._web_url else f"connection {connection.id}"
        )
        text = (
            f"The connection “{connection.name}” can no longer be used: {connection.message or 'the platform refuses the credentials'}.\n\n"
            f"Nothing is backed up through it until somebody connects it again:\n{where}\n\nCopies that were made stay where they are.\n"
        )
        subject = f"ListBackup: “{connection.name}” needs to be connected again"
        return [write for to in self._owners(scope.account) for write in self._post.write(to=to, subject=subject, text=text)]
