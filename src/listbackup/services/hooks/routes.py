"""What hooks offer over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.http.permission import Permission
from listbackup.services.hooks.model import Hook, NewHook
from listbackup.services.hooks.service import Hooks
from listbackup.services.hooks.signing import HEADER
from listbackup.services.routing import Answer, Call, Route, changing, reading

_HOOK = "/connections/{connection:con}/hook"


def routes(hooks: Hooks) -> Sequence[Route]:
    """A connection's hook, and the address that is open to whoever knows its secret."""

    def make(call: Call) -> Answer:
        return Answer(content=hooks.make(call.scope, call.path["connection"]))

    def get(call: Call) -> Answer:
        return Answer(content=hooks.get(call.scope, call.path["connection"]))

    def remove(call: Call) -> Answer:
        hooks.remove(call.scope, call.path["connection"])
        return Answer()

    def hear(call: Call) -> Answer:
        hooks.hear(call.path["connection"], call.raw, call.headers.get(HEADER, ""))
        return Answer()

    manage = Permission.CONNECTIONS_MANAGE
    return [
        changing(
            "POST",
            _HOOK,
            "Let a connection hear from outside, or give its hook another secret; it is in this answer and nowhere else",
            manage,
            make,
            answers=NewHook,
            status=201,
        ),
        reading(_HOOK, "A connection's hook", Permission.CONNECTIONS_READ, get, Hook),
        changing("DELETE", _HOOK, "Hear nothing any more", manage, remove, status=204),
        Route(
            method="POST",
            path="/hooks/{connection:con}",
            summary="Say, signed, that something changed at the platform: a run comes soon",
            access=None,
            handle=hear,
            reads_raw=True,
            status=202,
            problems=(429,),
        ),
    ]
