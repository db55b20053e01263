"""A stage of the cloud in a test: its settings, its ports over memory, and the events that AWS calls functions with."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from listbackup.api.lambda_http import HttpFunction
from listbackup.backends.identity.builtin import BuiltinIdentity
from listbackup.backends.identity.port import Identity
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.backends.keyring.memory import MemoryKeyring
from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.mail.memory import MemoryMail
from listbackup.backends.objects.memory import MemoryObjects
from listbackup.backends.queue.memory import MemoryQueue
from listbackup.backends.queue.port import Message
from listbackup.backends.schedule.memory import MemorySchedule
from listbackup.backends.table.memory import MemoryTables
from listbackup.base.clock import Clock, SystemClock
from listbackup.bootstrap.aws import open_cloud, open_errands
from listbackup.bootstrap.cloud_settings import CloudSettings
from listbackup.bootstrap.system import System
from listbackup.connectors.engine.connector import Connector
from listbackup.http.permission import Bundle
from listbackup.services.data import QueuedErrands
from listbackup.services.desk import Desk
from listbackup.services.platforms import Platforms
from listbackup.worker.functions import Publish, RunErrands, Tick, Work

PUBLIC = "https://backup.example.org"
GATEWAY = "a1b2c3.execute-api.eu-central-1.amazonaws.com"
INSTALLATION = "ins_01j0000000000000000000000"


def cloud_settings(scratch: Path, **said: str) -> CloudSettings:
    """The settings of a function of the stage ``test``, with these variables besides."""
    environ = {
        "STAGE": "test",
        "AWS_REGION": "eu-central-1",
        "LISTBACKUP_INSTALLATION": INSTALLATION,
        "PUBLIC_URL": PUBLIC,
        "IDENTITY": "builtin",
        "MAIL_FROM": "backup@example.org",
        "RUN_QUEUE_URL": "https://queues.example/runs.fifo",
        "RUN_DEAD_QUEUE_URL": "https://queues.example/runs-dead.fifo",
        "ERRAND_QUEUE_URL": "https://queues.example/errands.fifo",
        "EVENT_BUS": "listbackup-test",
        **said,
    }
    return CloudSettings.read(environ, scratch=scratch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What a function is told of its call; ``remaining_ms`` is how long it may take."""

    aws_request_id: str = "11111111-2222-4333-8444-555555555555"
    function_name: str = "listbackup-test"
    memory_limit_in_mb: str = "512"
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:listbackup-test"
    remaining_ms: int = 900_000

    def get_remaining_time_in_millis(self) -> int:
        """How much of it is left [ms]."""
        return self.remaining_ms


class EventfulQueue(MemoryQueue):
    """A queue in memory whose messages are handed to functions as SQS hands them."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._given: dict[str, Message] = {}

    def event(self, *, most: int = 1) -> dict[str, Any] | None:
        """What a function is called with for the next messages; None when there is none."""
        received = self.receive(limit=most, lease=timedelta(minutes=90))
        self._given.update({one.id: one for one in received})
        records = [{"messageId": one.id, "receiptHandle": one.receipt, "attributes": {"MessageGroupId": one.group}} for one in received]
        return {"Records": records} if records else None

    def adopt(self, record: Mapping[str, Any], *, lease: timedelta) -> Message | None:
        """See ``worker.functions.Adopting``."""
        return self._given.get(str(record["messageId"]))

    def settle(self, event: Mapping[str, Any], report: Mapping[str, Any]) -> list[str]:
        """What SQS does with a function's answer: deletes what was not reported; gives back the ids of what stays."""
        stay = [str(one["itemIdentifier"]) for one in report["batchItemFailures"]]
        for record in event["Records"]:
            if record["messageId"] not in stay:
                self.ack(self._given[record["messageId"]].receipt)
        return stay

    def drain(self, function: Callable[[Mapping[str, Any], Any], Mapping[str, Any]], call: Invocation | None = None) -> int:
        """Calls the function until nothing is on the queue; how many times."""
        calls = 0
        while (event := self.event()) is not None:
            calls += 1
            if self.settle(event, function(event, call or Invocation())):
                return calls
        return calls


class MemoryPorts:
    """``bootstrap.aws.Ports`` over memory: everything of a stage that several functions share."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()

    @cached_property
    def tables(self) -> MemoryTables:
        """See the protocol."""
        return MemoryTables(self.clock)

    @property
    def forgetful(self) -> MemoryTables:
        """See the protocol."""
        return self.tables

    @cached_property
    def objects(self) -> MemoryObjects:
        """See the protocol."""
        return MemoryObjects(self.clock)

    @cached_property
    def queue(self) -> EventfulQueue:
        """See the protocol."""
        return EventfulQueue(self.clock)

    @cached_property
    def errand_queue(self) -> EventfulQueue:
        """See the protocol."""
        return EventfulQueue(self.clock)

    @cached_property
    def schedule(self) -> MemorySchedule:
        """See the protocol."""
        return MemorySchedule()

    @cached_property
    def keyring(self) -> MemoryKeyring:
        """See the protocol."""
        return MemoryKeyring()

    @cached_property
    def mail(self) -> MemoryMail:
        """See the protocol."""
        return MemoryMail()

    def identity(self, desk: Desk, scope: KeyScope, figures: IdentitySettings) -> Identity:
        """See the protocol."""
        return BuiltinIdentity(desk.tables, scope, desk.clock, figures)

    def close(self) -> None:
        """See the protocol."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer of an HTTP function."""

    status: int
    headers: Mapping[str, str]
    raw: bytes = field(repr=False)
    cookies: tuple[str, ...] = ()

    @property
    def json(self) -> Any:
        """Its JSON."""
        return json.loads(self.raw)


def http_event(
    method: str,
    path: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    *,
    source: str = "203.0.113.9",
    host: str = GATEWAY,
) -> dict[str, Any]:
    """A request as API Gateway hands it to a function (payload format 2.0)."""
    raw = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {
        "host": host,
        "x-forwarded-for": source,
        **({"content-type": "application/json"} if body is not None else {}),
        **(headers or {}),
    }
    parts = urlsplit(path)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} {parts.path}",
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "headers": {name.lower(): value for name, value in sent.items() if name.lower() != "cookie"},
        "cookies": [value for name, value in sent.items() if name.lower() == "cookie"],
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3",
            "domainName": host,
            "http": {"method": method, "path": parts.path, "protocol": "HTTP/1.1", "sourceIp": source, "userAgent": "test"},
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": f"{method} {parts.path}",
            "stage": "$default",
            "time": "21/Nov/2026:19:00:00 +0000",
            "timeEpoch": 1795287600000,
        },
        "isBase64Encoded": raw is not None,
    }
    return event if raw is None else {**event, "body": base64.b64encode(raw).decode()}


def answered(said: Mapping[str, Any]) -> Answered:
    """What a function answered, as a caller sees it."""
    raw = said.get("body") or ""
    decoded = base64.b64decode(raw) if said.get("isBase64Encoded") else str(raw).encode()
    headers = {name.lower(): str(value) for name, value in (said.get("headers") or {}).items()}
    return Answered(int(said["statusCode"]), headers, decoded, tuple(said.get("cookies") or ()))


class MemoryStage:
    """All functions of a stage over one memory; each has a system of its own, as each is a process of its own."""

    def __init__(self, scratch: Path, connectors: Sequence[Connector], clock: Clock | None = None, **said: str) -> None:
        self.clock = clock or SystemClock()
        self.ports = MemoryPorts(self.clock)
        self._scratch, self._connectors, self._said = scratch, connectors, said
        self._http: dict[str, HttpFunction] = {}
        self.system = self.open(delivers=True)
        self.system.accounts.ensure_default(actor="deploy")
        self.scope = self.system.enter("test")
        self.key = self.system.api_keys.create(self.scope, name="owner", permissions=tuple(Bundle)).text.reveal()
        self.system.tell_all()

    def settings(self, **said: str) -> CloudSettings:
        """The settings of a function of this stage."""
        return cloud_settings(self._scratch, **self._said, **said)

    def open(self, *, delivers: bool = False) -> System:
        """A system as one function has it."""
        system = open_cloud(self.settings(), clock=self.clock, ports=self.ports, delivers=delivers)
        system.platforms = Platforms(self._connectors)
        return system

    @property
    def errands(self) -> QueuedErrands:
        """Errands as messages."""
        return open_errands(self.settings(), clock=self.clock, ports=self.ports)

    def http(self, service: str) -> HttpFunction:
        """The function of this service."""
        if service not in self._http:
            self._http[service] = HttpFunction(self.open(), self.errands, self.settings(LISTBACKUP_SERVICE=service))
        return self._http[service]

    def work(self) -> Work:
        """A fresh process of the worker's function."""
        return Work(system=self.open(), queue=self.ports.queue)

    def run_errand(self) -> RunErrands:
        """A fresh process of the errands' function."""
        return RunErrands(system=self.open(), errands=self.errands, queue=self.ports.errand_queue)

    def tick(self) -> Mapping[str, Any]:
        """One call of the tick's function, by a fresh process."""
        return Tick(system=self.open(delivers=True), errands=self.errands)({}, Invocation())

    def publish(self) -> Mapping[str, Any]:
        """One call of the publisher's function, by a fresh process."""
        return Publish(system=self.open(delivers=True))({}, Invocation())

    def ask(self, service: str, method: str, path: str, body: object = None, *, key: str | None = None, **headers: str) -> Answered:
        """The answer of a service's function; ``key`` empty: to nobody in particular."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        bearer = self.key if key is None else key
        event = http_event(method, f"/v2{path}", body, {**({"authorization": f"Bearer {bearer}"} if bearer else {}), **sent})
        return answered(self.http(service)(event, Invocation()))
