"""The cloud as the ground of an installation: AWS under every port, composed here and nowhere else.

Every adapter and every client is made when it is first needed: a function pays for what it uses. What is in memory belongs to one process of a function and is
kept between its calls; ``/tmp`` is its scratch, and gone with it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from listbackup.backends.events.outbox import OutboxEvents
from listbackup.backends.events.port import Event, Events
from listbackup.backends.keyring.account_keys import INSTALLATION, AccountKeys
from listbackup.backends.table.port import Table, Tables, Write
from listbackup.base.clock import Clock, SystemClock
from listbackup.base.errors import InputError
from listbackup.base.log import JsonLines
from listbackup.bootstrap.cloud_settings import CloudSettings, IdentityKind
from listbackup.bootstrap.system import System
from listbackup.services.activity import TrailSeal
from listbackup.services.desk import Desk

if TYPE_CHECKING:
    from listbackup.backends.aws_client import Aws
    from listbackup.backends.events.eventbridge import EventBridgeBus
    from listbackup.backends.identity.port import Identity
    from listbackup.backends.identity.settings import IdentitySettings
    from listbackup.backends.keyring.port import Keyring
    from listbackup.backends.keyring.scope import KeyScope
    from listbackup.backends.mail.port import Mail
    from listbackup.backends.objects.handouts import Handout
    from listbackup.backends.objects.port import Objects
    from listbackup.backends.queue.port import Queue
    from listbackup.backends.queue.sqs import SqsQueue
    from listbackup.backends.schedule.port import Schedule
    from listbackup.bootstrap.tenancy import Forgetful
    from listbackup.services.data import QueuedErrands
    from listbackup.services.system import Copies, Patience, Probe

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Ports(Protocol):
    """What stands under a system of the cloud: AWS, or memory in tests. Each is made when it is first asked for."""

    @property
    def tables(self) -> Tables: ...
    @property
    def forgetful(self) -> Forgetful: ...
    @property
    def objects(self) -> Objects: ...
    @property
    def queue(self) -> Queue: ...
    @property
    def errand_queue(self) -> Queue: ...
    @property
    def schedule(self) -> Schedule: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def mail(self) -> Mail: ...
    def identity(self, desk: Desk, scope: KeyScope, figures: IdentitySettings) -> Identity: ...
    def close(self) -> None: ...


class Recorder:
    """Events that this process records and another delivers: the function ``publish`` hears of them by the outbox's stream (docs/decisions/0321)."""

    def __init__(self, events: OutboxEvents) -> None:
        self._events = events

    def outbox_write(self, event: Event) -> tuple[Table, Write]:
        """See the port."""
        return self._events.outbox_write(event)

    def subscribe(self, name: str, hear: Callable[[Event], None]) -> None:
        """Nobody hears anything in this process."""

    def drain(self, *, limit: int = 100) -> int:
        """Nothing is delivered in this process."""
        return 0


class CloudSite:
    """See ``Site``."""

    def __init__(self, settings: CloudSettings, ports: Ports, keys: AccountKeys) -> None:
        self._settings, self._ports, self._keys = settings, ports, keys

    @property
    def installation(self) -> str:
        """See the protocol."""
        return self._settings.installation

    @property
    def region(self) -> str:
        """See the protocol."""
        return self._settings.region

    @property
    def cache(self) -> Path:
        """In the function's scratch: as long as its process."""
        return self._settings.scratch / "cache"

    @property
    def workspace(self) -> Path:
        """In the function's scratch."""
        return self._settings.scratch / "exports"

    @property
    def patience(self) -> Patience:
        """A tick comes every minute, and is as punctual as EventBridge; workers come when there is work."""
        from listbackup.services.system import Patience

        return Patience(scheduler=timedelta(minutes=3), workers=None)

    def seal(self) -> TrailSeal:
        """Sealed from the first line on: no installation in the cloud is older than the seal."""
        return TrailSeal(key=lambda: self._seal_key, since=lambda: _BEGINNING)

    def mail(self) -> Mail:
        """See the protocol."""
        return self._ports.mail

    def identity(self, desk: Desk, scope: KeyScope, figures: IdentitySettings) -> Identity:
        """See the protocol."""
        return self._ports.identity(desk, scope, figures)

    def probes(self, copies: Copies, tidy: Callable[[], object]) -> Sequence[Probe]:
        """AWS watches its own machines: only the housekeeping is ours."""
        from listbackup.services.system import Probe

        return [Probe(name="housekeeping", ask=tidy, essential=False, every_seconds=60)]

    def copies(self, desk: Desk) -> Copies:
        """Taken by AWS: every table as of any second of the last 35 days, and by its backup plan beyond that."""
        from listbackup.services.system import Copies

        return Copies(desk, elsewhere="DynamoDB point-in-time recovery (35 days), and the AWS Backup plan of the deployment")

    @cached_property
    def _seal_key(self) -> bytes:
        self._keys.create(INSTALLATION)
        return self._keys.for_account(INSTALLATION).id_key


class CloudGround:
    """See ``Ground``. ``delivers``: events are heard in this process, because everybody who hears some is in it."""

    def __init__(self, settings: CloudSettings, ports: Ports, clock: Clock, *, delivers: bool) -> None:
        self._ports = ports
        self.clock = clock
        self.tables = ports.forgetful
        outbox = OutboxEvents(ports.tables)
        events: Events = outbox if delivers else Recorder(outbox)
        self.desk = Desk(ports.tables, events, clock)
        self.keys = AccountKeys(ports.tables, _LateKeyring(ports), clock)
        self.site = CloudSite(settings, ports, self.keys)

    @cached_property
    def objects(self) -> Objects:
        """Packs and attachments, behind the retry loop, counted."""
        from listbackup.backends.objects.metered import MeteredObjects

        return MeteredObjects(self._ports.objects)

    @property
    def queue(self) -> Queue:
        """Runs."""
        return self._ports.queue

    @property
    def schedule(self) -> Schedule:
        """What is due."""
        return self._ports.schedule

    def close(self) -> None:
        """Give connections back."""
        self._ports.close()


class AwsPorts:
    """The adapters of one stage."""

    def __init__(self, settings: CloudSettings, clock: Clock, aws: Aws | None = None) -> None:
        from listbackup.backends.aws_client import Aws

        self._settings, self._clock = settings, clock
        self.aws = aws or Aws(settings.region, settings.endpoint)

    @cached_property
    def tables(self) -> Tables:
        """DynamoDB."""
        from listbackup.backends.table.dynamodb import DynamodbTables

        return DynamodbTables(self.aws, self._settings.table_prefix, self._clock)

    @property
    def forgetful(self) -> Forgetful:
        """DynamoDB with every table that an account's rows may be in; asked for when an account ends."""
        return _Forgetting(self.aws, self._settings.table_prefix, self._clock)

    @cached_property
    def objects(self) -> Objects:
        """S3, behind the retry loop."""
        from listbackup.backends.objects.retrying import RetryingObjects
        from listbackup.backends.objects.s3 import S3Objects, S3Settings

        where = S3Settings(bucket=self._settings.bucket, region=self._settings.region, endpoint_url=self._settings.endpoint)
        return RetryingObjects(S3Objects(where, client=lambda: self.aws.client("s3")), self._clock)

    def hand_out(self, filename: str) -> Handout:
        """Where bytes go that a browser fetches as a file of this name."""
        from listbackup.backends.objects.handouts import Handout
        from listbackup.backends.objects.s3 import S3Objects, S3Settings
        from listbackup.backends.objects.s3_links import S3Links

        said = self._settings
        where = S3Settings(bucket=said.handout_bucket, region=said.region, endpoint_url=said.endpoint)
        objects = S3Objects(where, client=lambda: self.aws.client("s3"))
        return Handout(objects, S3Links(said.handout_bucket, lambda: self.aws.client("s3")), self._clock, filename)

    @cached_property
    def queue(self) -> SqsQueue:
        """Runs, on SQS."""
        return self._open_queue(self._settings.run_queue, self._settings.run_dead_queue)

    @cached_property
    def errand_queue(self) -> SqsQueue:
        """Errands, on SQS."""
        return self._open_queue(self._settings.errand_queue, self._settings.errand_dead_queue)

    @cached_property
    def schedule(self) -> Schedule:
        """Rows of a table."""
        from listbackup.backends.schedule.tabled import TabledSchedule

        return TabledSchedule(self.tables, self._clock)

    @cached_property
    def keyring(self) -> Keyring:
        """KMS."""
        from listbackup.backends.keyring.kms import KmsKeyring

        return KmsKeyring(self.aws, self._settings.key, installation=self._settings.installation)

    @cached_property
    def bus(self) -> EventBridgeBus:
        """What happened, for listeners outside."""
        from listbackup.backends.events.eventbridge import EventBridgeBus

        return EventBridgeBus(self.aws, self._settings.event_bus)

    @cached_property
    def mail(self) -> Mail:
        """SES."""
        from listbackup.backends.mail.ses import SesMail

        return SesMail(self.aws, self._settings.mail_from)

    def identity(self, desk: Desk, scope: KeyScope, figures: IdentitySettings) -> Identity:
        """A user pool, or our own tables."""
        if self._settings.identity is IdentityKind.BUILTIN:
            from listbackup.backends.identity.builtin import BuiltinIdentity

            return BuiltinIdentity(desk.tables, scope, desk.clock, figures)
        from listbackup.backends.identity.cognito import CognitoIdentity
        from listbackup.backends.identity.cognito_users import UserPool
        from listbackup.backends.identity.opaque import derived

        said, key = self._settings, derived(scope, "pool")
        pool = UserPool(self.aws, pool=said.user_pool, client=said.user_pool_client, key=key, clock=self._clock)
        return CognitoIdentity(pool, desk.tables, scope, desk.clock, figures)

    def close(self) -> None:
        """Close every connection."""
        self.aws.close()

    def _open_queue(self, url: str, dead_url: str) -> SqsQueue:
        from listbackup.backends.queue.sqs import SqsQueue

        if not url:
            raise InputError(
                "this function was given no address of the queue it needs", hint="the deployment sets it: docs/design/cloud.md"
            )
        return SqsQueue(self.aws, url, dead_url, self._clock)


class _Forgetting:
    """See ``bootstrap.tenancy.Forgetful``. Every declaration is loaded for it, which takes longer than a request may."""

    def __init__(self, aws: Aws, prefix: str, clock: Clock) -> None:
        self._aws, self._prefix, self._clock = aws, prefix, clock

    def forget(self, owner: str, *, spare: str = "") -> int:
        """See the protocol."""
        from listbackup.backends.table.dynamodb import DynamodbTables
        from listbackup.bootstrap.declared import account_tables

        return DynamodbTables(self._aws, self._prefix, self._clock, declared=account_tables()).forget(owner, spare=spare)


class _LateKeyring:
    """The keyring, made at the first key: most questions about an account need none."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def wrap(self, account: str, key: bytes) -> bytes:
        """See the port."""
        return self._ports.keyring.wrap(account, key)

    def unwrap(self, account: str, wrapped: bytes) -> bytes:
        """See the port."""
        return self._ports.keyring.unwrap(account, wrapped)

    def current(self) -> str:
        """See the port."""
        return self._ports.keyring.current()

    def wrapped_with(self, wrapped: bytes) -> str:
        """See the port."""
        return self._ports.keyring.wrapped_with(wrapped)

    def rotate(self) -> str:
        """See the port."""
        return self._ports.keyring.rotate()

    def list_roots(self) -> Sequence[str]:
        """See the port."""
        return self._ports.keyring.list_roots()

    def retire(self, root: str) -> None:
        """See the port."""
        self._ports.keyring.retire(root)


def open_cloud(settings: CloudSettings, *, clock: Clock | None = None, ports: Ports | None = None, delivers: bool = False) -> System:
    """The installation of this stage; nothing is asked of AWS before somebody asks for it."""
    time = clock or SystemClock()
    open_lines(settings.settings.log_level)
    return System(CloudGround(settings, ports or AwsPorts(settings, time), time, delivers=delivers), settings.settings)


def open_errands(settings: CloudSettings, *, clock: Clock | None = None, ports: Ports | None = None) -> QueuedErrands:
    """Errands that the function ``run_errand`` carries out."""
    from listbackup.services.data import QueuedErrands

    time = clock or SystemClock()
    under = ports or AwsPorts(settings, time)
    return QueuedErrands(lambda: under.errand_queue, under.tables, time)


def open_lines(level: str) -> None:
    """Log lines as one JSON object each on standard output, where the function's log takes them. Called again it changes nothing but the level."""
    logger = logging.getLogger("listbackup")
    logger.setLevel(level.upper())
    logger.propagate = False
    if not any(isinstance(one.formatter, JsonLines) for one in logger.handlers):
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(JsonLines())
        logger.addHandler(handler)
