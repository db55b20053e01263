"""What the trail is told of integrations."""

from __future__ import annotations

from listbackup.services.desk import Fact
from listbackup.services.integrations.model import Wanted


def integration_fact(happened: str, platform: str, wanted: Wanted, *, secret_changed: bool = False) -> Fact:
    """``integration.changed``, ``.removed``: which application, never its secret."""
    about = {"client_id": wanted.client_id, "enabled": wanted.enabled, "secret_changed": secret_changed}
    return Fact(name=f"integration.{happened}", subject=platform, about=about)
