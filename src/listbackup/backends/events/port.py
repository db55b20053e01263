"""The events port: facts, published from an outbox, heard at least once.

Contract
- ``outbox_write`` gives the table write that records an event; the service puts it into the same transaction as the change it tells of.
- ``drain`` delivers recorded events to every subscriber in the order of their sequence and then forgets them; a crash between delivers again.
  A subscriber recognises a repetition by ``Event.id``.
- The sequence is the instant of the event and then the order in which one process recorded them; between processes it is as good as their clocks.
- What a subscriber raises goes through to whoever drains; the event stays and is delivered again, and those behind it wait.
- Whoever drains delivers to the subscribers of its own process: every process subscribes the same. A subscriber may record events; they come later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from listbackup.backends.table.port import Table, Write


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact: ``name`` is ``subject.happened`` (``run.succeeded``), ``body`` small and JSON-able."""

    id: str
    name: str
    account: str
    at: datetime
    body: Mapping[str, str | int | bool | None]


class Events(Protocol):
    """The bus."""

    def outbox_write(self, event: Event) -> tuple[Table, Write]:
        """The write that records the event, for the caller's own transaction."""
        ...

    def subscribe(self, name: str, hear: Callable[[Event], None]) -> None:
        """Call ``hear`` for every event whose name equals ``name`` or begins with it and a dot; ``*`` hears all."""
        ...

    def drain(self, *, limit: int = 100) -> int:
        """Deliver up to ``limit`` recorded events; how many were delivered."""
        ...
