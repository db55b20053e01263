"""A whole control plane over memory, for tests of services, processor and worker."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from listbackup.backends.events.outbox import OutboxEvents
from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.objects.memory import MemoryObjects
from listbackup.backends.objects.port import Objects
from listbackup.backends.queue.memory import MemoryQueue
from listbackup.backends.queue.port import Queue
from listbackup.backends.schedule.memory import MemorySchedule
from listbackup.backends.schedule.port import Schedule
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import Tables
from listbackup.base.clock import Clock
from listbackup.connectors.engine.connector import Connector
from listbackup.services.accounts import Accounts
from listbackup.services.activity import Activities
from listbackup.services.connections import Connections, Consents, Egress, Notices
from listbackup.services.data import Data, Restores, Upkeep, forget_restored
from listbackup.services.desk import Desk
from listbackup.services.downloads import Downloads
from listbackup.services.erasures import Erasures
from listbackup.services.exports import Exports
from listbackup.services.files import Files
from listbackup.services.hooks import HookRooms, Hooks, forget_hook
from listbackup.services.integrations import Integrations
from listbackup.services.jobs import Jobs
from listbackup.services.platforms import Platforms
from listbackup.services.runs import Means, Runs
from listbackup.services.scope import Scope
from listbackup.services.sources import Purge, SourceGroups, Sources, unbar
from listbackup.services.stores import Stores
from listbackup.testing.clock import ManualClock
from listbackup.testing.keys import memory_scope, memory_seal


class MemoryKeys:
    """Keys that depend on the account's name alone."""

    def create(self, account: str) -> None:
        """Every account has keys."""

    def for_account(self, account: str) -> KeyScope:
        """The account's keys."""
        return memory_scope(account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """Every service, and the ground they stand on."""

    clock: Clock
    tables: Tables
    objects: Objects
    queue: Queue
    desk: Desk
    accounts: Accounts
    integrations: Integrations
    connections: Connections
    consents: Consents
    sources: Sources
    jobs: Jobs
    runs: Runs
    hooks: Hooks
    data: Data
    downloads: Downloads
    files: Files
    exports: Exports
    erasures: Erasures
    source_groups: SourceGroups
    purge: Purge
    restores: Restores
    upkeep: Upkeep
    activities: Activities
    stores: Stores
    scope: Scope


def rooms(
    connectors: Iterable[Connector],
    *,
    clock: Clock | None = None,
    tables: Tables | None = None,
    objects: Objects | None = None,
    queue: Queue | None = None,
    schedule: Schedule | None = None,
    means: Means | None = None,
    cache_dir: Path | None = None,
    egress: Egress = Egress(allow_loopback=True),
    public_url: str | None = "http://127.0.0.1:8400",
    notices: Notices | None = None,
) -> Rooms:
    """Services over the given ground; whatever is not given is memory. The scope is the default account's."""
    clock = clock or ManualClock()
    tables = tables or MemoryTables(clock)
    objects = objects or MemoryObjects()
    queue = queue or MemoryQueue(clock)
    keys = MemoryKeys()
    desk = Desk(tables, OutboxEvents(tables), clock)
    activities = Activities(desk, memory_seal())
    accounts = Accounts(desk, keys)
    platforms = Platforms(connectors)
    integrations = Integrations(desk, accounts, platforms, keys, policy=accounts.policies, public_url=public_url)
    connections = Connections(
        desk, platforms, keys, egress=egress, integrations=integrations, notices=notices, limits=accounts.limits, cache=cache_dir
    )
    connections.follow(lambda connection: forget_hook(desk, connection))
    sources = Sources(desk, connections, limits=accounts.limits)
    jobs = Jobs(desk, schedule or MemorySchedule(), sources, floor=accounts.policies.floor)
    stores = Stores(objects=objects, tables=tables, keys=keys, clock=clock, cache_dir=cache_dir)
    data, downloads = Data(desk, sources=sources, stores=stores), Downloads(desk, accounts)
    upkeep = Upkeep(desk, connections=connections, sources=sources, jobs=jobs, stores=stores)
    workspace = (cache_dir or Path(tempfile.gettempdir())) / "listbackup-exports"
    exports = Exports(desk, data=data, downloads=downloads, objects=objects, keys=keys, workspace=workspace)
    runs = Runs(desk, queue, connections=connections, sources=sources, jobs=jobs, stores=stores, means=means)
    return Rooms(
        clock=clock,
        tables=tables,
        objects=objects,
        queue=queue,
        desk=desk,
        accounts=accounts,
        integrations=integrations,
        connections=connections,
        consents=Consents(desk, connections, integrations, keys),
        sources=sources,
        jobs=jobs,
        runs=runs,
        hooks=Hooks(
            desk,
            HookRooms(accounts=accounts, connections=connections, sources=sources, runs=runs),
            keys,
            public_url=public_url,
        ),
        data=data,
        downloads=downloads,
        files=Files(data, downloads),
        exports=exports,
        erasures=Erasures(desk, data=data, upkeep=upkeep, exports=exports, keys=keys),
        source_groups=SourceGroups(desk, sources),
        purge=Purge(
            desk,
            stores,
            floor=accounts.policies.floor,
            also=(jobs.forget_source, exports.forget_source, partial(forget_restored, desk), partial(unbar, desk)),
        ),
        restores=Restores(desk, connections=connections, sources=sources, stores=stores, keys=keys),
        upkeep=upkeep,
        activities=activities,
        stores=stores,
        scope=accounts.enter(accounts.ensure_default(actor="test").id, actor="test"),
    )
