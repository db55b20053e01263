"""This machine as the ground of an installation: a data folder, a folder of keys, and what the settings say of its surroundings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from listbackup.backends.keyring.account_keys import AccountKeys
from listbackup.backends.keyring.file import FileKeyring
from listbackup.base.clock import Clock
from listbackup.bootstrap.folder import Folder
from listbackup.bootstrap.sealing import trail_seal
from listbackup.bootstrap.settings import Settings
from listbackup.services.activity import TrailSeal

if TYPE_CHECKING:
    from listbackup.backends.identity.port import Identity
    from listbackup.backends.identity.settings import IdentitySettings
    from listbackup.backends.keyring.scope import KeyScope
    from listbackup.backends.mail.port import Mail
    from listbackup.backends.table.sqlite import SqliteTables
    from listbackup.bootstrap.control_plane import Place
    from listbackup.services.desk import Desk
    from listbackup.services.system import Copies, Patience, Probe


class Machine:
    """See ``Site``."""

    def __init__(
        self, folder: Folder, settings: Settings, clock: Clock, *, keyring: FileKeyring, key_tables: SqliteTables, keys: AccountKeys
    ) -> None:
        self.folder, self.keyring = folder, keyring
        self._settings, self._clock, self._key_tables, self._keys = settings, clock, key_tables, keys

    @property
    def installation(self) -> str:
        """See the protocol."""
        return self.folder.installation

    @property
    def region(self) -> str:
        """That of the bucket, or this machine."""
        s3 = self.folder.s3
        return "local" if s3 is None else s3.region or "bucket"

    @property
    def cache(self) -> Path:
        """See the protocol."""
        return self.folder.cache

    @property
    def workspace(self) -> Path:
        """See the protocol."""
        return self.folder.workspace

    @property
    def patience(self) -> Patience:
        """See the protocol."""
        from listbackup.services.system import Patience

        return Patience()

    def seal(self) -> TrailSeal:
        """See the protocol."""
        return trail_seal(self.folder, self._keys, self._clock)

    def mail(self) -> Mail:
        """The mail server of the settings, else files in the data folder."""
        from listbackup.backends.mail.outbox import OutboxMail
        from listbackup.backends.mail.smtp import SmtpMail, SmtpSecurity, SmtpServer

        said = self._settings.mail
        if said is None:
            return OutboxMail(self.folder.data / "mail", self._clock)
        server = SmtpServer(
            host=said.host,
            port=said.port,
            security=SmtpSecurity(said.security),
            user=said.user,
            password=said.password,
            sender=said.sender,
        )
        return SmtpMail(server, self._clock)

    def identity(self, desk: Desk, scope: KeyScope, figures: IdentitySettings) -> Identity:
        """The built-in one."""
        from listbackup.backends.identity.builtin import BuiltinIdentity

        return BuiltinIdentity(desk.tables, scope, desk.clock, figures)

    def probes(self, copies: Copies, tidy: Callable[[], object]) -> Sequence[Probe]:
        """See the protocol."""
        from listbackup.bootstrap.probes import probes_of

        return probes_of(self.folder.data, self._settings.mail, copies, tidy)

    def copies(self, desk: Desk) -> Copies:
        """Copies at the place that the settings name."""
        from listbackup.bootstrap.control_plane import place_of

        return self.copies_at(desk, place_of(self.folder, self._settings, self._clock))

    def copies_at(self, desk: Desk, place: Place | None) -> Copies:
        """The same at another place (None: nowhere)."""
        from listbackup.bootstrap.control_plane import MachinePlane
        from listbackup.services.system import Copies, CopyPace

        wanted = self._settings.system_backup
        if place is None:
            return Copies(desk)
        plane = MachinePlane(self.folder, self.keyring, self._key_tables, configuration=self._settings.configuration)
        pace = CopyPace(every=timedelta(minutes=wanted.every_minutes), days=wanted.days)
        return Copies(desk, plane, place.objects, where=place.where, pace=pace)
