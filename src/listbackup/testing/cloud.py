"""A stage of the cloud in a test: its settings, its ports over memory, and the events that AWS calls functions with."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from listbackup.backends.identity.builtin import BuiltinIdentity
from listbackup.backends.identity.port import Identity
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.backends.keyring.memory import MemoryKeyring
from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.mail.memory import MemoryMail
from listbackup.backends.objects.memory import MemoryObjects
from listbackup.backends.queue.memory import MemoryQueue
from listbackup.backends.schedule.memory import MemorySchedule
from listbackup.backends.table.memory import MemoryTables
from listbackup.base.clock import Clock, SystemClock
from listbackup.bootstrap.cloud_settings import CloudSettings
from listbackup.services.desk import Desk

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


class MemoryPorts:
    """``bootstrap.aws.Ports`` over memory: everything of a stage that several functions share."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()

    @cached_property
    def tables(self) -> MemoryTables:
        """See the protocol."""
        return MemoryTables(self.clock)

    @cached_property
    def objects(self) -> MemoryObjects:
        """See the protocol."""
        return MemoryObjects(self.clock)

    @cached_property
    def queue(self) -> MemoryQueue:
        """See the protocol."""
        return MemoryQueue(self.clock)

    @cached_property
    def errand_queue(self) -> MemoryQueue:
        """See the protocol."""
        return MemoryQueue(self.clock)

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
