"""How the outside is reached from an account: under which rules of egress, how fast, and in the name of which application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from listbackup.base.errors import InputError, ListBackupError, PlatformError, PlatformFault
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import AuthMethod, Connector, Credentials, Ground, Site
from listbackup.connectors.engine.quota import SHARE, QuotaBook
from listbackup.services.connections.credentials import by_sign_in, without_tokens
from listbackup.services.connections.model import Connection
from listbackup.services.desk import Desk
from listbackup.services.integrations import Integrations
from listbackup.services.platforms import Platforms
from listbackup.services.scope import Scope

if TYPE_CHECKING:
    from listbackup.connectors.engine.sign_in import Agreement, SignIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """How sessions may reach out from this installation."""

    allow_loopback: bool = False
    concurrency: int = 16
    quota_share: float = SHARE


class Reach:
    """The way out."""

    def __init__(self, desk: Desk, platforms: Platforms, integrations: Integrations | None, egress: Egress) -> None:
        self._desk, self._platforms, self._integrations, self._egress = desk, platforms, integrations, egress

    def agreement(
        self, scope: Scope, platform: str, values: Mapping[str, str], secrets: Mapping[str, Secret]
    ) -> tuple[SignIn, Credentials, Agreement]:
        """The platform's sign-in page for these values, and our application there; the caller closes it. Raises InputError, NotFound, PlatformError."""
        from listbackup.connectors.engine.sign_in import Agreement

        self.check(scope, platform)
        page, given = by_sign_in(self._platforms.connector(platform), values, secrets)
        whole = self.for_client(scope, platform, page, given)
        agreement = Agreement(page, whole.values, whole.secrets.get("client_secret", Secret("")), self.ground(scope, platform))
        return page, given, agreement

    def revoke(self, scope: Scope, found: Connection, kept: Mapping[str, Secret]) -> bool | None:
        """Whether the platform was told to forget the tokens; None where there are none, or no address to tell it at. What stands in the way of that does not
        stand in the way of forgetting them here."""
        if found.method is not AuthMethod.OAUTH:
            return None
        from listbackup.connectors.engine.sign_in import Agreement

        try:
            page, _ = by_sign_in(self._platforms.connector(found.platform), found.values, without_tokens(kept))
            whole = self.with_application(scope, found, kept)
            agreement = Agreement(page, whole.values, whole.secrets.get("client_secret", Secret("")), self.ground(scope, found.platform))
        except ListBackupError:
            return False
        try:
            return agreement.revoke(kept) if agreement.can_revoke(kept) else None
        finally:
            agreement.close()

    def with_application(self, scope: Scope, found: Connection, secrets: Mapping[str, Secret]) -> Credentials:
        """The connection's credentials with those of the application that was agreed to. Raises PlatformError when it is another one now."""
        given = Credentials(values=found.values, secrets=secrets)
        if found.method is not AuthMethod.OAUTH or found.client_id is None:
            return given
        page, _ = by_sign_in(self._platforms.connector(found.platform), found.values, without_tokens(secrets))
        whole = self.for_client(scope, found.platform, page, given)
        if whole.values.get("client_id") != found.client_id:
            message = "the account has another application at this platform than the one that was agreed to"
            raise PlatformError(message, fault=PlatformFault.NEEDS_REAUTH, hint="connect again, or set the former client id")
        return whole

    def asked_before_sign_in(self, platform: str, values: Mapping[str, str]) -> frozenset[str]:
        """The fields that the platform's sign-in page wants to know first; none where it has no page. Raises NotFound, InputError."""
        from listbackup.connectors.engine.sign_in import SignsIn

        connector = self._platforms.connector(platform)
        page = connector.sign_in(values) if isinstance(connector, SignsIn) else None
        return frozenset(one.name for one in page.asks) if page is not None else frozenset()

    def for_client(self, scope: Scope, platform: str, page: SignIn, given: Credentials) -> Credentials:
        """The credentials with client id and secret: the connection's own, or the application of the account. Raises InputError where there is none."""
        if not page.wants_application:
            return given
        application = self._integrations.find_application(scope, platform) if self._integrations is not None else None
        if application is None:
            hint = "register an application at the platform and give its client id and secret to the integration"
            raise InputError(f"this account has no application at {platform!r}", field="platform", hint=hint)
        secrets = {**given.secrets, "client_secret": application.client_secret}
        return Credentials(values={**given.values, "client_id": application.client_id}, secrets=secrets)

    def check(self, scope: Scope, platform: str) -> None:
        """Raises InputError when the platform may not be connected here, NotFound when there is none."""
        self._platforms.connector(platform)
        if self._integrations is not None:
            self._integrations.check(scope, platform)

    def ground(self, scope: Scope, platform: str) -> Ground:
        """What a session of this platform stands on here."""
        slow = self._integrations.calls_per_second(scope, platform) if self._integrations is not None else None
        egress = self._egress
        return Ground(
            clock=self._desk.clock,
            allow_loopback=egress.allow_loopback,
            concurrency=egress.concurrency,
            calls_per_second=slow,
            quota_share=egress.quota_share,
        )

    def ask(
        self,
        scope: Scope,
        connector: Connector,
        credentials: Credentials,
        keep: Callable[[Mapping[str, Secret]], None],
        quota: QuotaBook | None = None,
    ) -> Site:
        """Who the platform says we are with these credentials; ``keep`` hears of tokens that it rotates. Raises PlatformError."""
        session = connector.open(credentials, replace(self.ground(scope, connector.platform), keep_secrets=keep, quota=quota))
        try:
            return session.test()
        finally:
            session.close()
