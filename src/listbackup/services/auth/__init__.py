"""Auth: registration, sign-in, sessions, passwords and second factors."""

from listbackup.backends.identity.port import EmailNotVerified
from listbackup.http.caller import StepUpNeeded
from listbackup.services.auth.acts import own_scope
from listbackup.services.auth.factors import Factors
from listbackup.services.auth.ground import AuthGround
from listbackup.services.auth.model import SecondStep, SignedIn
from listbackup.services.auth.passwords import Passwords
from listbackup.services.auth.service import Auth

__all__ = ["Auth", "AuthGround", "EmailNotVerified", "Factors", "Passwords", "SecondStep", "SignedIn", "StepUpNeeded", "own_scope"]
