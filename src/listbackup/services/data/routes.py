"""What snapshots offer over HTTP: looked at, compared, searched, held, verified; what retention would do; and restores. Two rooms: each loads its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from listbackup.services.routing import Route

if TYPE_CHECKING:
    from listbackup.services.data.errands import Errander
    from listbackup.services.data.restores import Restores
    from listbackup.services.data.service import Data
    from listbackup.services.data.upkeep import Upkeep


def routes(data: Data, upkeep: Upkeep, errands: Errander) -> Sequence[Route]:
    """The account's snapshots."""
    from listbackup.services.data.comparing_routes import comparing_routes
    from listbackup.services.data.expiring_routes import expiring_routes
    from listbackup.services.data.keeping_routes import keeping_routes
    from listbackup.services.data.looking_routes import looking_routes

    return [*looking_routes(data), *comparing_routes(data), *keeping_routes(data, upkeep, errands), *expiring_routes(data, upkeep, errands)]


def restore_routes(data: Data, restores: Restores, errands: Errander) -> Sequence[Route]:
    """The account's restores."""
    from listbackup.services.data.restore_routes import restore_routes

    return restore_routes(data, restores, errands)
