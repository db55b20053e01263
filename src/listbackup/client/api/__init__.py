"""Every part of the API as an attribute, loaded when it is first named. Made by tools/write_client.py (``make openapi``); do not edit."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from listbackup.client.session import Session

if TYPE_CHECKING:
    from listbackup.client.api.accounts import AccountsApi
    from listbackup.client.api.activity import ActivityApi
    from listbackup.client.api.api_keys import ApiKeysApi
    from listbackup.client.api.auth import AuthApi
    from listbackup.client.api.connections import ConnectionsApi
    from listbackup.client.api.data import DataApi
    from listbackup.client.api.downloads import DownloadsApi
    from listbackup.client.api.erasures import ErasuresApi
    from listbackup.client.api.exports import ExportsApi
    from listbackup.client.api.files import FilesApi
    from listbackup.client.api.integrations import IntegrationsApi
    from listbackup.client.api.invitations import InvitationsApi
    from listbackup.client.api.jobs import JobsApi
    from listbackup.client.api.platforms import PlatformsApi
    from listbackup.client.api.restores import RestoresApi
    from listbackup.client.api.roles import RolesApi
    from listbackup.client.api.runs import RunsApi
    from listbackup.client.api.sources import SourcesApi
    from listbackup.client.api.system import SystemApi
    from listbackup.client.api.teams import TeamsApi
    from listbackup.client.api.users import UsersApi


class Api:
    """The parts of the API."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def accounts(self) -> AccountsApi:
        """The operations of ``accounts``."""
        from listbackup.client.api.accounts import AccountsApi

        return AccountsApi(self._session)

    @cached_property
    def activity(self) -> ActivityApi:
        """The operations of ``activity``."""
        from listbackup.client.api.activity import ActivityApi

        return ActivityApi(self._session)

    @cached_property
    def api_keys(self) -> ApiKeysApi:
        """The operations of ``api_keys``."""
        from listbackup.client.api.api_keys import ApiKeysApi

        return ApiKeysApi(self._session)

    @cached_property
    def auth(self) -> AuthApi:
        """The operations of ``auth``."""
        from listbackup.client.api.auth import AuthApi

        return AuthApi(self._session)

    @cached_property
    def connections(self) -> ConnectionsApi:
        """The operations of ``connections``."""
        from listbackup.client.api.connections import ConnectionsApi

        return ConnectionsApi(self._session)

    @cached_property
    def data(self) -> DataApi:
        """The operations of ``data``."""
        from listbackup.client.api.data import DataApi

        return DataApi(self._session)

    @cached_property
    def downloads(self) -> DownloadsApi:
        """The operations of ``downloads``."""
        from listbackup.client.api.downloads import DownloadsApi

        return DownloadsApi(self._session)

    @cached_property
    def erasures(self) -> ErasuresApi:
        """The operations of ``erasures``."""
        from listbackup.client.api.erasures import ErasuresApi

        return ErasuresApi(self._session)

    @cached_property
    def exports(self) -> ExportsApi:
        """The operations of ``exports``."""
        from listbackup.client.api.exports import ExportsApi

        return ExportsApi(self._session)

    @cached_property
    def files(self) -> FilesApi:
        """The operations of ``files``."""
        from listbackup.client.api.files import FilesApi

        return FilesApi(self._session)

    @cached_property
    def integrations(self) -> IntegrationsApi:
        """The operations of ``integrations``."""
        from listbackup.client.api.integrations import IntegrationsApi

        return IntegrationsApi(self._session)

    @cached_property
    def invitations(self) -> InvitationsApi:
        """The operations of ``invitations``."""
        from listbackup.client.api.invitations import InvitationsApi

        return InvitationsApi(self._session)

    @cached_property
    def jobs(self) -> JobsApi:
        """The operations of ``jobs``."""
        from listbackup.client.api.jobs import JobsApi

        return JobsApi(self._session)

    @cached_property
    def platforms(self) -> PlatformsApi:
        """The operations of ``platforms``."""
        from listbackup.client.api.platforms import PlatformsApi

        return PlatformsApi(self._session)

    @cached_property
    def restores(self) -> RestoresApi:
        """The operations of ``restores``."""
        from listbackup.client.api.restores import RestoresApi

        return RestoresApi(self._session)

    @cached_property
    def roles(self) -> RolesApi:
        """The operations of ``roles``."""
        from listbackup.client.api.roles import RolesApi

        return RolesApi(self._session)

    @cached_property
    def runs(self) -> RunsApi:
        """The operations of ``runs``."""
        from listbackup.client.api.runs import RunsApi

        return RunsApi(self._session)

    @cached_property
    def sources(self) -> SourcesApi:
        """The operations of ``sources``."""
        from listbackup.client.api.sources import SourcesApi

        return SourcesApi(self._session)

    @cached_property
    def system(self) -> SystemApi:
        """The operations of ``system``."""
        from listbackup.client.api.system import SystemApi

        return SystemApi(self._session)

    @cached_property
    def teams(self) -> TeamsApi:
        """The operations of ``teams``."""
        from listbackup.client.api.teams import TeamsApi

        return TeamsApi(self._session)

    @cached_property
    def users(self) -> UsersApi:
        """The operations of ``users``."""
        from listbackup.client.api.users import UsersApi

        return UsersApi(self._session)
