"""What accounts offer over HTTP, room by room."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.services.accounts.branch_routes import branch_routes
from listbackup.services.accounts.entry_routes import end_routes, invitation_routes, key_routes
from listbackup.services.accounts.holding_routes import holding_routes
from listbackup.services.accounts.people_routes import member_routes, role_routes, team_routes
from listbackup.services.accounts.tenancy import Tenancy
from listbackup.services.accounts.tree_routes import tree_routes
from listbackup.services.routing import Route


def routes(tenancy: Tenancy) -> Sequence[tuple[str, Sequence[Route]]]:
    """The operations under the names of their chapters."""
    return (
        ("users", member_routes(tenancy)),
        ("accounts", [*tree_routes(tenancy), *branch_routes(tenancy), *holding_routes(tenancy), *end_routes(tenancy)]),
        ("invitations", invitation_routes(tenancy)),
        ("roles", role_routes(tenancy)),
        ("teams", team_routes(tenancy)),
        ("api-keys", key_routes(tenancy)),
    )
