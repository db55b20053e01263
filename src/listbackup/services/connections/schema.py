"""Connections as they come over the wire. They go out as they are: a connection holds no secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from listbackup.base.secret import Secret
from listbackup.http.paging import Body, ConnectionRef, Name, Parameters

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


class NewSignIn(Body):
    """What has to be known before a person is sent to the platform's sign-in page."""

    name: Annotated[str | None, Field(min_length=1, max_length=100, description="Of the new connection; else its site's.")] = None
    values: Values = Field(default={})
    secrets: Values = Field(default={}, repr=False)
    redirect: Annotated[
        str | None,
        Field(
            pattern=r"^http://(127\.0\.0\.1|\[::1\]):[1-9][0-9]{0,4}/$",
            description="Of a program that listens on its own machine (RFC 8252): the way back leads there, and it brings what comes to `/oauth/callback`. "
            "Null or left out: the way back leads to this server.",
            examples=["http://127.0.0.1:49152/"],
        ),
    ] = None


class SignInParameters(Parameters):
    """``reconnect`` repairs a connection instead of making one."""

    reconnect: Annotated[ConnectionRef | None, Field(description="Agree once more for this connection.")] = None


class WayBack(BaseModel):
    """What a sign-in page sends back. Platforms add parameters of their own: those are not read."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    state: Annotated[str, Field(max_length=500, description="What the address of the sign-in page held.")] = ""
    code: Annotated[str | None, Field(max_length=8_000, description="What the platform gives tokens for.")] = None
    iss: Annotated[str | None, Field(max_length=2_000, description="RFC 9207.")] = None
    error: Annotated[str | None, Field(max_length=200, description="Why there is no code.")] = None


class DeleteParameters(Parameters):
    """``force`` deletes what sources still use: their runs then fail until they are given another."""

    force: Annotated[bool, Field(description="Also while sources use it; their runs then fail.")] = False


class Rotation(Body):
    """New credentials; what is not given stays as it was."""

    values: Values = Field(default={})
    secrets: Values = Field(default={}, repr=False)


def hidden(secrets: Mapping[str, str]) -> dict[str, Secret]:
    """The secrets, where nothing prints them."""
    return {name: Secret(value) for name, value in secrets.items()}
