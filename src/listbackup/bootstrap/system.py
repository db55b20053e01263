"""A system: every service of one installation, wired to one ground. Who makes one: ``bootstrap/embedded.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from listbackup.backends.keyring.account_keys import AccountKeys
from listbackup.backends.keyring.file import FileKeyring
from listbackup.backends.objects.port import Objects
from listbackup.backends.queue.port import Queue
from listbackup.base.clock import Clock
from listbackup.bootstrap.folder import Folder
from listbackup.services.accounts import Accounts
from listbackup.services.activity import Activities
from listbackup.services.connections import Connections
from listbackup.services.data import Data, Restores, Upkeep
from listbackup.services.jobs import Jobs
from listbackup.services.platforms import Platforms
from listbackup.services.runs import Runs
from listbackup.services.scope import Scope
from listbackup.services.sources import Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The services, and the few pieces of ground that the command line and the worker hold in their own hands."""

    clock: Clock
    folder: Folder
    keyring: FileKeyring
    keys: AccountKeys
    objects: Objects
    queue: Queue
    accounts: Accounts
    platforms: Platforms
    connections: Connections
    sources: Sources
    jobs: Jobs
    runs: Runs
    data: Data
    restores: Restores
    upkeep: Upkeep
    activities: Activities
    on_close: Callable[[], None]

    def enter(self, actor: str) -> Scope:
        """The scope of the installation's own account. Raises NotFound before ``init``."""
        return self.accounts.enter(self.accounts.get_default().id, actor=actor)

    def close(self) -> None:
        """Give files and connections back; idempotent."""
        self.on_close()
