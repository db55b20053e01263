"""Connections as they come over the wire. They go out as they are: a connection holds no secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from listbackup.base.secret import Secret
from listbackup.http.paging import Body, Name

Values = Annotated[dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=100_000)]], Field(max_length=50)]


class NewConnection(Body):
    """Credentials for one site of a platform, tested before they are kept."""

    platform: Annotated[str, Field(min_length=1, max_length=100, examples=["wordpress"])]
    name: Name
    values: Values = Field(default={})
    secrets: Values = Field(default={}, repr=False)
    test: bool = True


class ChangedConnection(Body):
    """What is to change."""

    name: Name


class Rotation(Body):
    """New credentials; what is not given stays as it was."""

    values: Values = Field(default={})
    secrets: Values = Field(default={}, repr=False)


def hidden(secrets: Mapping[str, str]) -> dict[str, Secret]:
    """The secrets, where nothing prints them."""
    return {name: Secret(value) for name, value in secrets.items()}
