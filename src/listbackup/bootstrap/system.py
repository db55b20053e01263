"""A system: every service of one installation, wired to one ground, each made when it is first asked for.

Making them late is what lets ``listbackup show`` start in a fraction of a second: reading a record needs neither the code that backs up nor that which restores.
Who makes a system: ``bootstrap/embedded.py`` on a machine, ``bootstrap/aws.py`` in the cloud.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from listbackup.bootstrap.foundation import Foundation
from listbackup.services.scope import Scope

if TYPE_CHECKING:
    from listbackup.bootstrap.control_plane import Place
    from listbackup.bootstrap.identity import Doors
    from listbackup.services.accounts import ApiKeys, Tenancy
    from listbackup.services.activity import Feed
    from listbackup.services.auth import Auth
    from listbackup.services.connections import Connections, Consents
    from listbackup.services.data import Data, Errander, Restores, Upkeep
    from listbackup.services.downloads import Downloads
    from listbackup.services.erasures import Erasures
    from listbackup.services.exports import Exports
    from listbackup.services.files import Files
    from listbackup.services.hooks import Hooks
    from listbackup.services.integrations import Integrations
    from listbackup.services.jobs import Jobs
    from listbackup.services.platforms import Platforms
    from listbackup.services.post import Post
    from listbackup.services.rows import Writes
    from listbackup.services.runs import Runs
    from listbackup.services.sources import Purge, SourceGroups, Sources
    from listbackup.services.stores import Stores
    from listbackup.services.system import Copies, Health, Housekeeping, Installation
    from listbackup.services.users import Registration, Users


class System(Foundation):
    """The services over a ground, each waiting until it is named."""

    @cached_property
    def platforms(self) -> Platforms:
        """What can be connected."""
        from listbackup.bootstrap.catalogue import all_connectors
        from listbackup.services.platforms import Platforms

        return Platforms(all_connectors())

    @cached_property
    def integrations(self) -> Integrations:
        """What may be connected, and in the name of which application."""
        from listbackup.services.integrations import Integrations

        where = self._settings.serve
        url = where.public_url or f"http://127.0.0.1:{where.port}"
        return Integrations(self._ground.desk, self.accounts, self.platforms, self.keys, policy=self.accounts.policies, public_url=url)

    @cached_property
    def consents(self) -> Consents:
        """Sign-ins at platforms that were begun."""
        from listbackup.services.connections import Consents

        return Consents(self._ground.desk, self.connections, self.integrations, self.keys)

    @cached_property
    def hooks(self) -> Hooks:
        """What connections hear from outside."""
        from listbackup.services.hooks import HookRooms, Hooks

        rooms = HookRooms(accounts=self.accounts, connections=self.connections, sources=self.sources, runs=self.runs)
        return Hooks(self._ground.desk, rooms, self.keys, public_url=self.integrations.public_url)

    def _forget_hook(self, connection: str) -> Writes:
        from listbackup.services.hooks import forget_hook

        return forget_hook(self._ground.desk, connection)

    @property
    def connections(self) -> Connections:
        """Credentials."""
        return self._rooms[0]

    @property
    def sources(self) -> Sources:
        """What is backed up."""
        return self._rooms[1]

    @cached_property
    def _rooms(self) -> tuple[Connections, Sources]:
        """Both together, because a source guards its connection against removal."""
        from listbackup.bootstrap.notices import OwnerLetters
        from listbackup.services.connections import Connections, Egress
        from listbackup.services.sources import Sources

        said = self._settings
        egress = Egress(allow_loopback=said.allow_loopback, concurrency=said.concurrency, quota_share=said.quota_percent / 100)
        connections = Connections(
            self._ground.desk,
            self.platforms,
            self.keys,
            egress=egress,
            integrations=self.integrations,
            notices=OwnerLetters(self.accounts, lambda: self._doors),
            limits=self.accounts.limits,
            cache=self.site.cache,
        )
        connections.follow(self._forget_hook)
        return connections, Sources(self._ground.desk, connections, limits=self.accounts.limits)

    @cached_property
    def jobs(self) -> Jobs:
        """When, and what is kept."""
        from listbackup.services.jobs import Jobs

        return Jobs(self._ground.desk, self._ground.schedule, self.sources, floor=self.accounts.policies.floor)

    @cached_property
    def stores(self) -> Stores:
        """The snapshot store of each source."""
        from listbackup.services.stores import Stores

        desk = self._ground.desk
        return Stores(objects=self.objects, tables=desk.tables, keys=self.keys, clock=self.clock, cache_dir=self.site.cache)

    @cached_property
    def runs(self) -> Runs:
        """Executions."""
        from listbackup.services.runs import Limits, Runs

        limits = Limits(per_account=self._settings.runs_per_account, per_connection=self._settings.runs_per_connection)
        return Runs(
            self._ground.desk,
            self.queue,
            connections=self.connections,
            sources=self.sources,
            jobs=self.jobs,
            stores=self.stores,
            limits=limits,
        )

    @cached_property
    def data(self) -> Data:
        """What is kept, read."""
        from listbackup.services.data import Data

        return Data(self._ground.desk, sources=self.sources, stores=self.stores)

    @cached_property
    def downloads(self) -> Downloads:
        """One-time tickets for bytes. What they open is said by the rooms that make them."""
        from listbackup.services.downloads import Downloads

        return Downloads(self._ground.desk, self.accounts)

    @cached_property
    def files(self) -> Files:
        """Attachments as files."""
        from listbackup.services.files import Files

        return Files(self.data, self.downloads)

    @cached_property
    def exports(self) -> Exports:
        """Snapshots as files."""
        from listbackup.services.exports import Exports

        return Exports(
            self._ground.desk,
            data=self.data,
            downloads=self.downloads,
            objects=self.objects,
            keys=self.keys,
            workspace=self.site.workspace,
        )

    @cached_property
    def erasures(self) -> Erasures:
        """What is taken out of every snapshot."""
        from listbackup.services.erasures import Erasures

        return Erasures(self._ground.desk, data=self.data, upkeep=self.upkeep, exports=self.exports, keys=self.keys)

    @cached_property
    def source_groups(self) -> SourceGroups:
        """Sources that are looked at together."""
        from listbackup.services.sources import SourceGroups

        return SourceGroups(self._ground.desk, self.sources)

    @cached_property
    def purge(self) -> Purge:
        """The end of sources that rested in the trash long enough."""
        from listbackup.services.sources import Purge, unbar

        also = (self.jobs.forget_source, self.exports.forget_source, self._forget_restored, partial(unbar, self._ground.desk))
        steady = lambda: self.tenancy.lifecycle.is_steady()  # noqa: E731  asked only when something is due
        return Purge(self._ground.desk, self.stores, floor=self.accounts.policies.floor, is_steady=steady, also=also)

    def _forget_restored(self, scope: Scope, source: str) -> None:
        from listbackup.services.data import forget_restored

        forget_restored(self._ground.desk, scope, source)

    def tenders(self, errands: Errander) -> Sequence[Callable[[Scope], object]]:
        """What looks after an account now and then: each is called with its scope, and leaves long work to the errands."""
        return (self.purge.carry_out, partial(self._tend, errands))

    def _tend(self, errands: Errander, scope: Scope) -> None:
        self.exports.tend(scope, errands)
        self.erasures.tend(scope, errands)

    @cached_property
    def restores(self) -> Restores:
        """What is kept, written back."""
        from listbackup.services.data import Restores

        return Restores(self._ground.desk, connections=self.connections, sources=self.sources, stores=self.stores, keys=self.keys)

    @cached_property
    def upkeep(self) -> Upkeep:
        """What is kept, looked after."""
        from listbackup.services.data import Upkeep

        return Upkeep(self._ground.desk, connections=self.connections, sources=self.sources, jobs=self.jobs, stores=self.stores)

    @cached_property
    def api_keys(self) -> ApiKeys:
        """Credentials of programs."""
        from listbackup.services.accounts import ApiKeys

        return ApiKeys(self._ground.desk, self.accounts)

    @cached_property
    def feed(self) -> Feed:
        """What happens, for whoever listens in this process."""
        from listbackup.services.activity import Feed

        return Feed(self.activities, self.clock, underway=lambda scope: self.runs.underway(scope))  # who reads the trail needs no runs

    @cached_property
    def _doors(self) -> Doors:
        from listbackup.bootstrap.identity import open_doors

        return open_doors(
            self._ground.desk,
            self.keys,
            self.accounts,
            self.site,
            self._settings,
            invited=lambda token: self.tenancy.invitations.address_of(token),
        )

    @property
    def auth(self) -> Auth:
        """Who signs in."""
        return self._doors.auth

    @property
    def users(self) -> Users:
        """What people say of themselves."""
        return self._doors.users

    @property
    def post(self) -> Post:
        """Letters."""
        return self._doors.post

    @property
    def registration(self) -> Registration:
        """How people come to be known."""
        return self._doors.registration

    @cached_property
    def tenancy(self) -> Tenancy:
        """Everything about accounts: the tree, its people, how they come in and how an account ends."""
        from listbackup.bootstrap.guarding import guarding
        from listbackup.bootstrap.tenancy import measuring, wire_tenancy

        doors = self._doors
        return wire_tenancy(
            self._ground.desk,
            self.accounts,
            self.api_keys,
            shredder=self.keys,
            users=doors.users,
            letters=doors.post,
            web_url=doors.auth.issuer,
            measure=measuring(self.sources, self.stores, self.runs),
            guard=guarding(self.sources, self.jobs, self.runs, self.connections, self.clock),
            tables=self._ground.tables,
            objects=self.objects,
            folders=(self.site.workspace,),
            is_open=doors.registration.is_open,
        )

    @cached_property
    def health(self) -> Health:
        """Whether each part answers."""
        from listbackup.bootstrap.probes import letters_go_out
        from listbackup.services.system import Health, Probe

        tables = self._ground.desk.tables
        letters = Probe(name="post", ask=lambda: letters_go_out(tables), essential=False, every_seconds=60)
        return Health(
            self.clock,
            tables=tables,
            objects=self.objects,
            queue=self.queue,
            keys=self.keys,
            account=self.accounts.find_default,
            probes=[*self.site.probes(self.copies, lambda: self.housekeeping.ask()), letters],
            patience=self.site.patience,
        )

    @cached_property
    def installation(self) -> Installation:
        """The installation as a whole; name it early in a process that works: it counts the runs that end."""
        from listbackup.services.system import Installation

        return Installation(self._ground.desk, self.health, self.copies, self.housekeeping)

    @cached_property
    def housekeeping(self) -> Housekeeping:
        """What goes with age."""
        from listbackup.bootstrap.housekeeping import duties_of
        from listbackup.services.system import Housekeeping

        may = lambda: not self.installation.maintenance.is_on() and self.tenancy.lifecycle.is_steady()  # noqa: E731  asked when a round is due
        return Housekeeping(self._ground.desk, duties_of(self._settings.keep, self), is_steady=may)

    @cached_property
    def copies(self) -> Copies:
        """Copies of the control plane, as they are taken here."""
        return self.site.copies(self._ground.desk)

    def copies_at(self, place: Place | None) -> Copies:
        """Copies of a machine's control plane at another place (None: nowhere)."""
        return self.machine.copies_at(self._ground.desk, place)

    def tell_all(self, *, patient: bool = True) -> int:
        """Everything that was recorded, heard by everybody; how many events. Unless ``patient``, raises what keeps somebody from hearing."""
        _ = self.installation  # which hears runs end
        if patient:
            self._ground.desk.deliver()
            return 0
        told = 0
        while heard := self._ground.desk.events.drain():
            told += heard
        return told
