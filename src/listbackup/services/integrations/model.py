"""What an integration is: what holds for one platform in one account. The application's secret is never part of it."""

from __future__ import annotations

from dataclasses import dataclass

from listbackup.base.ids import AccountId
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import AuthMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an account says of a platform itself; a field of None says nothing, and leaves what lies above to say it."""

    enabled: bool | None = None
    client_id: str | None = None
    calls_per_second: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """What holds for a platform in an account. ``own`` is what the account says itself; the rest comes from the accounts above, the nearest first."""

    platform: str
    label: str
    available: bool  # enabled, and allowed by the account's policy
    enabled: bool
    allowed: bool
    methods: tuple[AuthMethod, ...]
    client_id: str | None
    has_client_secret: bool
    application_of: AccountId | None  # the account whose application it is; over HTTP None too where it is above what the caller reaches
    calls_per_second: float | None
    redirect_uri: str | None  # what to register at the platform
    own: Wanted
    version: int  # of what the account says itself; 0: nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An OAuth application, opened for a request in its name."""

    client_id: str
    client_secret: Secret
    account: AccountId  # whose it is
