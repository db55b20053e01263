"""Server-sent events as an iterator that comes back where it left. Source: HTML Living Standard, "Server-sent events"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from msgspec import Struct

from listbackup.base.clock import Clock
from listbackup.base.decode import from_json
from listbackup.client.problems import Problem, Unreachable
from listbackup.client.transport import Answered

T = TypeVar("T")
Open = Callable[[str | None], Answered]
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, TRIES = 0.5, 15.0, 8


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened. A heartbeat has neither name nor data: the server says that it is there."""

    id: str | None
    name: str
    data: str

    @property
    def is_heartbeat(self) -> bool:
        """Whether nothing happened."""
        return not self.data and not self.name

    def read(self, kind: type[T]) -> T:
        """What the event says, as this model. Raises msgspec.DecodeError."""
        return from_json(self.data, kind, strict=False)


class Events:
    """What happens, as it happens, until ``close``. When the server ends the stream or the line breaks, it is asked again for what came after ``last_id``.

    Raises Unreachable when eight attempts in a row gave nothing, and the Problem with which the server refuses.
    """

    def __init__(self, ask: Open, clock: Clock, *, last_id: str | None = None, heartbeats: bool = False) -> None:
        self._ask, self._clock, self._heartbeats = ask, clock, heartbeats
        self.last_id = last_id
        self._answered: Answered | None = None
        self._closed = False
        self._heard = False  # anything, since the stream was last opened

    def __iter__(self) -> Iterator[Event]:
        failures = 0
        while not self._closed:
            try:
                for event in self._once():
                    failures = 0
                    if self._heartbeats or not event.is_heartbeat:
                        yield event
                if not self._heard:
                    raise Unreachable("the server ends the stream of events as soon as it begins", hint="does a proxy stand before it?")
            except (Unreachable, Problem) as error:
                failures += 1
                passes = isinstance(error, Unreachable) or error.status in (429, 502, 503, 504)
                if self._closed:
                    return
                if not passes or failures >= TRIES:
                    raise
                self._clock.sleep(min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (failures - 1)))

    def close(self) -> None:
        """Listen no more."""
        self._closed = True
        if self._answered is not None:
            self._answered.close()

    def _once(self) -> Iterator[Event]:
        self._heard = False
        self._answered = self._ask(self.last_id)
        name, data = "", []
        while line := self._answered.line():
            self._heard = True
            text = line.decode(errors="replace").rstrip("\r\n")
            if text.startswith(":"):
                yield Event(id=self.last_id, name="", data="")
            elif text:
                field, _, value = text.partition(":")
                value = value.removeprefix(" ")
                if field == "data":
                    data.append(value)
                elif field == "event":
                    name = value
                elif field == "id" and "\0" not in value:
                    self.last_id = value
            else:
                if data:
                    yield Event(id=self.last_id, name=name or "message", data="\n".join(data))
                name, data = "", []
