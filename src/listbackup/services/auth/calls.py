"""What the operations of auth have in common."""

from __future__ import annotations

from listbackup.backends.identity.port import Person, Session
from listbackup.services.auth.service import Auth
from listbackup.services.routing import Call


def held(auth: Auth, call: Call) -> tuple[Person, Session]:
    """Who calls, and the session. Only on routes for people."""
    return auth.current(call.caller.user or "", call.caller.session or "")
