"""What a system stands on: the ports of its ground, the accounts, and the trail that hears every event from the beginning."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from listbackup.backends.keyring.account_keys import AccountKeys
from listbackup.backends.objects.port import Objects
from listbackup.backends.queue.port import Queue
from listbackup.backends.schedule.port import Schedule
from listbackup.base.clock import Clock
from listbackup.base.errors import InputError
from listbackup.bootstrap.settings import Settings
from listbackup.bootstrap.site import Site
from listbackup.services.accounts import Accounts, TreeSettings
from listbackup.services.activity import Activities
from listbackup.services.desk import Desk, Fact
from listbackup.services.scope import Scope

if TYPE_CHECKING:
    from listbackup.backends.events.port import Event
    from listbackup.backends.keyring.file import FileKeyring
    from listbackup.backends.table.port import Tables
    from listbackup.bootstrap.folder import Folder
    from listbackup.bootstrap.machine import Machine
    from listbackup.bootstrap.tenancy import Forgetful


class Ground(Protocol):
    """The ports of one installation, open or opened when they are asked for; ``close`` gives files and connections back."""

    @property
    def site(self) -> Site: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def desk(self) -> Desk: ...
    @property
    def tables(self) -> Forgetful:
        """Those of the desk, for when an account ends."""
        ...

    @property
    def keys(self) -> AccountKeys: ...
    @property
    def objects(self) -> Objects: ...
    @property
    def queue(self) -> Queue: ...
    @property
    def schedule(self) -> Schedule: ...
    def close(self) -> None: ...


class Foundation:
    """What every service is made over."""

    def __init__(self, ground: Ground, settings: Settings) -> None:
        self._ground, self._settings = ground, settings
        self.clock, self.site, self.keys = ground.clock, ground.site, ground.keys
        self.activities = Activities(ground.desk, ground.site.seal())
        self.accounts = Accounts(ground.desk, ground.keys, settings=_tree(ground.site, settings))

    @property
    def objects(self) -> Objects:
        """Where packs and attachments lie."""
        return self._ground.objects

    @property
    def queue(self) -> Queue:
        """Where runs wait."""
        return self._ground.queue

    @property
    def machine(self) -> Machine:
        """The machine that this installation stands on. Raises InputError for one in the cloud."""
        from listbackup.bootstrap.machine import Machine

        if not isinstance(self.site, Machine):
            raise InputError("this installation is in the cloud: it has no data folder and no root keys of its own")
        return self.site

    @property
    def folder(self) -> Folder:
        """Its data folder. Raises InputError for one in the cloud."""
        return self.machine.folder

    @property
    def keyring(self) -> FileKeyring:
        """Its root keys. Raises InputError for one in the cloud: they never leave KMS."""
        return self.machine.keyring

    @property
    def tables(self) -> Tables:
        """The tables of this ground."""
        return self._ground.desk.tables

    def hear_all(self, hear: Callable[[Event], None]) -> None:
        """Call this for every event that this process delivers."""
        self._ground.desk.events.subscribe("*", hear)

    def tell(self, scope: Scope, fact: Fact) -> None:
        """A line of the scope's trail about what was done beside the services."""
        self._ground.desk.commit(scope, [], fact)

    def enter(self, actor: str) -> Scope:
        """The scope of the installation's own account. Raises NotFound before ``init``."""
        return self.accounts.enter(self.accounts.get_default().id, actor=actor)

    def close(self) -> None:
        """Give files and connections back; idempotent."""
        self._ground.close()


def _tree(site: Site, settings: Settings) -> TreeSettings:
    """How accounts nest here, and where their copies lie."""
    return TreeSettings(max_depth=settings.account_depth, fan_out=settings.sub_accounts, regions=(site.region,))
