"""Connections: an account's credentials for one site of a platform."""

from listbackup.services.connections.model import Connection, ConnectionState
from listbackup.services.connections.service import Connections, Egress
from listbackup.services.connections.table import CONNECTION_SECRETS, CONNECTIONS

__all__ = ["CONNECTIONS", "CONNECTION_SECRETS", "Connection", "ConnectionState", "Connections", "Egress"]
