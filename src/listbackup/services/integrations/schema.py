"""Integrations as they come over the wire. They go out as they are: an integration holds no secret."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from listbackup.base.secret import Secret
from listbackup.http.paging import Body

_Text = Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"^[\x21-\x7e]+$")]


class IntegrationIn(Body):
    """What the account says of a platform itself. A field that is left out leaves what lies above to say it."""

    enabled: bool | None = None
    client_id: Annotated[_Text | None, Field(description="Of an application that is registered at the platform.")] = None
    client_secret: Annotated[_Text | None, Field(description="Left out, the one that is kept for this client id stays.", repr=False)] = None
    calls_per_second: Annotated[float | None, Field(gt=0, le=10_000, description="For each connection, at most.")] = None

    def secret(self) -> Secret | None:
        """The application's secret, where nothing prints it."""
        return Secret(self.client_secret) if self.client_secret is not None else None
