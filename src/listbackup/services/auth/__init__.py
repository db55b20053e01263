"""Auth: registration, sign-in, sessions, passwords and second factors."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from listbackup.backends.identity.port import EmailNotVerified
    from listbackup.http.caller import StepUpNeeded
    from listbackup.services.auth.acts import own_scope
    from listbackup.services.auth.factors import Factors
    from listbackup.services.auth.ground import AuthGround
    from listbackup.services.auth.model import SecondStep, SignedIn
    from listbackup.services.auth.passwords import Passwords
    from listbackup.services.auth.service import Auth

_HOMES = {  # loaded when they are named: who reads a trail needs a person's scope and nothing of how people sign in
    "listbackup.backends.identity.port": ("EmailNotVerified",),
    "listbackup.http.caller": ("StepUpNeeded",),
    "listbackup.services.auth.acts": ("own_scope",),
    "listbackup.services.auth.factors": ("Factors",),
    "listbackup.services.auth.ground": ("AuthGround",),
    "listbackup.services.auth.model": ("SecondStep", "SignedIn"),
    "listbackup.services.auth.passwords": ("Passwords",),
    "listbackup.services.auth.service": ("Auth",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"{__name__} has no {name}")
    return getattr(importlib.import_module(_HOME[name]), name)


__all__ = ["Auth", "AuthGround", "EmailNotVerified", "Factors", "Passwords", "SecondStep", "SignedIn", "StepUpNeeded", "own_scope"]
