"""Connections: an account's credentials for one site of a platform."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from listbackup.services.connections.model import Connection, ConnectionState
from listbackup.services.connections.notices import Letters, Notices
from listbackup.services.connections.quota import QuotaShown, show_quota
from listbackup.services.connections.reach import Egress
from listbackup.services.connections.renewal import LEASE, Renewal, forget_renewal
from listbackup.services.connections.service import Connections
from listbackup.services.connections.table import CONNECTION_SECRETS, CONNECTIONS, QUOTAS, RENEWALS, SIGN_INS
from listbackup.services.connections.vault import Vault

if TYPE_CHECKING:
    from listbackup.services.connections.consent import Begun, BroughtBack, Came, Consents, Declined, WayBackBroken

_CONSENT = {"Begun", "BroughtBack", "Came", "Consents", "Declined", "WayBackBroken"}  # loaded when somebody signs in at a platform


def __getattr__(name: str) -> Any:
    if name not in _CONSENT:
        raise AttributeError(f"{__name__} has no {name}")
    return getattr(importlib.import_module(f"{__name__}.consent"), name)


__all__ = [
    "CONNECTIONS",
    "CONNECTION_SECRETS",
    "LEASE",
    "QUOTAS",
    "RENEWALS",
    "SIGN_INS",
    "Begun",
    "BroughtBack",
    "Came",
    "Connection",
    "ConnectionState",
    "Connections",
    "Consents",
    "Declined",
    "Egress",
    "Letters",
    "Notices",
    "QuotaShown",
    "Renewal",
    "Vault",
    "WayBackBroken",
    "forget_renewal",
    "show_quota",
]
