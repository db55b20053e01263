"""How a platform wants to be spoken to, as declared facts. Values are templates over the connection's config: ``{api_key}``."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct


class NoAuth(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="none", tag_field="kind"):
    """Nothing is sent."""


class ApiKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="api_key", tag_field="kind"):
    """A key in a header or in the query."""

    name: str
    value: str = "{api_key}"
    place: Literal["header", "query"] = "header"


class Basic(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="basic", tag_field="kind"):
    """HTTP Basic."""

    username: str = "{username}"
    password: str = "{password}"  # noqa: S105  a template, not a password


class Bearer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="bearer", tag_field="kind"):
    """``Authorization: Bearer TOKEN``; ``scheme`` for platforms that call it otherwise."""

    token: str = "{token}"  # noqa: S105
    scheme: str = "Bearer"


class Headers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="headers", tag_field="kind"):
    """Any headers with secrets in them."""

    headers: dict[str, str]


class OAuth2(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="oauth2", tag_field="kind"):
    """OAuth 2: an access token renewed by a refresh token, which may be rotated; or by client credentials where there is no refresh token.

    The connection's secrets ``access_token``, ``refresh_token`` and ``access_expires_at`` are kept up to date before each first use.
    With ``authorize_url`` people connect through the platform's own sign-in page; client id and secret are then the account's application (``integrations``)
    unless the platform's config asks for them. Addresses may be relative to the base URL.
    """

    token_url: str
    authorize_url: str | None = None  # the page where a person agrees
    revoke_url: str | None = None  # RFC 7009
    issuer: str | None = (
        None  # what ``iss`` of the way back must say (RFC 9207); without it the way back has the platform's name in its path
    )
    authorize_params: dict[str, str] = {}  # more parameters of the page: access_type=offline
    pkce: bool = True  # RFC 7636, S256; off only where the platform refuses it
    grant: Literal["refresh_token", "client_credentials"] = "refresh_token"
    client_id: str = "{client_id}"
    client_secret: str = "{client_secret}"  # noqa: S105
    client_auth: Literal["body", "basic"] = "body"
    scope: str | None = None
    params: dict[str, str] = {}  # more fields of the token request
    scheme: str = "Bearer"
    header: str = "Authorization"
    lifetime_seconds: Annotated[int, Meta(ge=1)] = 3600  # where the answer does not say


class SignedJwt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="jwt", tag_field="kind"):
    """A short-lived JWT signed with HMAC, as Ghost's Admin API wants it: ``key`` is ``ID:SECRET``, the secret in hex."""

    key: str = "{admin_key}"
    algorithm: Literal["HS256", "HS384", "HS512"] = "HS256"
    audience: str | None = None
    issuer: str | None = None
    claims: dict[str, str] = {}
    lifetime_seconds: Annotated[int, Meta(ge=10, le=3600)] = 300
    secret_encoding: Literal["hex", "base64", "text"] = "hex"  # noqa: S105
    scheme: str = "Bearer"


Auth = NoAuth | ApiKey | Basic | Bearer | Headers | OAuth2 | SignedJwt
