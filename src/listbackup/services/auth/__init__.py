"""Auth: registration, sign-in, sessions, passwords and second factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from listbackup.base.loading import when_named

if TYPE_CHECKING:
    from listbackup.backends.identity.port import EmailNotVerified
    from listbackup.http.caller import StepUpNeeded
    from listbackup.services.auth.acts import own_scope
    from listbackup.services.auth.factors import Factors
    from listbackup.services.auth.ground import AuthGround
    from listbackup.services.auth.model import SecondStep, SignedIn
    from listbackup.services.auth.passwords import Passwords
    from listbackup.services.auth.service import Auth
else:
    __getattr__ = when_named(  # loaded when they are named: who reads a trail needs a person's scope and nothing of how people sign in
        __name__,
        {
            "listbackup.backends.identity.port": ("EmailNotVerified",),
            "listbackup.http.caller": ("StepUpNeeded",),
            ".acts": ("own_scope",),
            ".factors": ("Factors",),
            ".ground": ("AuthGround",),
            ".model": ("SecondStep", "SignedIn"),
            ".passwords": ("Passwords",),
            ".service": ("Auth",),
        },
    )

__all__ = ["Auth", "AuthGround", "EmailNotVerified", "Factors", "Passwords", "SecondStep", "SignedIn", "StepUpNeeded", "own_scope"]
