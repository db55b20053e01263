"""What the trail is told of users. Never an address."""

from __future__ import annotations

from listbackup.services.desk import Fact


def user_fact(happened: str, user: str, **about: str | int | bool | None) -> Fact:
    """``user.changed``, ``.settings_changed``, ``.email_change_asked``, ``.email_changed``."""
    return Fact(name=f"user.{happened}", subject=user, about=about)
