"""What snapshots offer over HTTP: looked at, compared, searched, held, verified; and what retention would do."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.services.data.comparing_routes import comparing_routes
from listbackup.services.data.errands import Errander
from listbackup.services.data.expiring_routes import expiring_routes
from listbackup.services.data.keeping_routes import keeping_routes
from listbackup.services.data.looking_routes import looking_routes
from listbackup.services.data.restore_routes import restore_routes
from listbackup.services.data.service import Data
from listbackup.services.data.upkeep import Upkeep
from listbackup.services.routing import Route


def routes(data: Data, upkeep: Upkeep, errands: Errander) -> Sequence[Route]:
    """The account's snapshots."""
    return [*looking_routes(data), *comparing_routes(data), *keeping_routes(data, upkeep, errands), *expiring_routes(data, upkeep, errands)]


__all__ = ["restore_routes", "routes"]
