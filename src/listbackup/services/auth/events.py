"""What the trail is told of people and their sessions. Never an address, a code or a token."""

from __future__ import annotations

from listbackup.backends.identity.port import Passkey, Person, Session
from listbackup.services.desk import Fact


def person_fact(happened: str, user: str, **about: str | int | bool | None) -> Fact:
    """``person.registered``, ``.email_verified``, ``.email_changed``, ``.password_changed``, ``.password_reset``, ``.reset_asked``, ``.mfa_enabled``, ``.mfa_removed``,
    ``.recovery_codes_renewed``, ``.sessions_ended``, ``.disabled``, ``.enabled``."""
    return Fact(name=f"person.{happened}", subject=user, about=about)


def session_fact(happened: str, session: Session) -> Fact:
    """``session.opened``, ``.ended``, ``.proved``, ``.reuse_detected``."""
    by = "+".join(factor.value for factor in session.by)
    about = {"kind": session.kind.value, "by": by, "address": session.address, "agent": session.agent}
    return Fact(name=f"session.{happened}", subject=session.id, about=about)


def passkey_fact(happened: str, person: Person, passkey: Passkey) -> Fact:
    """``passkey.added``, ``.removed``, ``.suspicious``."""
    return Fact(name=f"passkey.{happened}", subject=person.id, about={"passkey": passkey.id[:32], "name": passkey.name})
