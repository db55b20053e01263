"""Connections: an account's credentials for one site of a platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from listbackup.base.loading import when_named
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
else:
    __getattr__ = when_named(  # loaded when somebody signs in at a platform
        __name__, {".consent": ("Begun", "BroughtBack", "Came", "Consents", "Declined", "WayBackBroken")}
    )

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
