"""One act is one transaction with its events; when somebody was faster it is tried again from what is kept now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from listbackup.backends.table.port import ConditionFailed
from listbackup.base.errors import BusyError
from listbackup.base.ids import AccountId, UserId
from listbackup.services.desk import Desk, Fact
from listbackup.services.rows import Writes
from listbackup.services.scope import Scope

R = TypeVar("R")
Act: TypeAlias = tuple[R, Writes, Sequence[Fact]]

_TRIES = 200


def own_scope(user: UserId) -> Scope:
    """A person's own trail: what happens to a sign-in belongs to no account, so it is told under the person's id."""
    return Scope(account=AccountId(user), actor=user)


def own(user: str) -> Callable[[object], Scope]:
    """The trail of a person who is known beforehand."""
    return lambda _: own_scope(UserId(user))


class Acts:
    """Commits acts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def do(self, attempt: Callable[[], Act[R]], scope: Callable[[R], Scope]) -> R:
        """What ``attempt`` came to, once its writes and facts are kept together (``scope`` says in whose trail).

        It is called again when it was overtaken, and raises itself when it cannot be done any more.
        """
        for _ in range(_TRIES):
            result, writes, facts = attempt()
            try:
                self._desk.commit(scope(result), writes, *facts)
            except ConditionFailed:
                continue
            return result
        raise BusyError("too many changes to one person at once", hint="try again")
