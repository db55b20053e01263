"""A platform that outlives its caller: it lives in the parent, and a child reaches it over a socket, one request and one answer at a time."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from listbackup.base.decode import from_msgpack
from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.connectors.engine.connector import Credentials, Ground, Mode, Session, Site, StreamInfo, Written
from listbackup.connectors.engine.record import AttachmentRef, Batch, Json, Key, Outcome, StreamReading
from listbackup.testing.clock import ManualClock
from listbackup.testing.platform import FakeConnector, FakePlatform, FakeSession

MESSAGE_BYTES = 256 * 1024


class Ask(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request."""

    verb: str
    stream: str
    key: tuple[str | int, ...] = ()
    raw: bytes = b""
    idempotency_key: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of it: an error, or records (one, or those of a listing)."""

    error: str | None = None
    fault: str = PlatformFault.REFUSED.value
    status: int | None = None
    records: tuple[tuple[tuple[str | int, ...], bytes], ...] = ()


def pair() -> tuple[socket.socket, socket.socket]:
    """(the platform's end, the caller's end); each message arrives whole or not at all."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MESSAGE_BYTES)
    return ends


class Desk:
    """The platform's end: hears one caller, answers from the platform, and decides what becomes of a request whose caller has died."""

    def __init__(self, world: FakePlatform, end: socket.socket) -> None:
        self._end = end
        self._session = FakeSession(world, Ground(clock=ManualClock()))
        self.served = 0

    def fileno(self) -> int:
        """So that it can be polled."""
        return self._end.fileno()

    def serve(self) -> None:
        """Take the next request and answer it."""
        message = self._end.recv(MESSAGE_BYTES)
        if message:
            self.served += 1
            self._end.send(msgspec.msgpack.encode(self._answer(from_msgpack(message, Ask))))

    def bury(self, dice: random.Random) -> None:
        """The caller is dead: what it had sent was heard, or was lost on the way."""
        self._end.setblocking(False)
        message = b""
        with contextlib.suppress(BlockingIOError, ConnectionResetError):  # nothing on the way
            message = self._end.recv(MESSAGE_BYTES)
        if message and dice.random() < 0.5:
            self._answer(from_msgpack(message, Ask))
        self._end.close()

    def _answer(self, ask: Ask) -> Answer:
        try:
            return Answer(records=tuple(self._carry_out(ask)))
        except PlatformError as error:
            return Answer(error=error.message, fault=error.fault.value, status=error.status)

    def _carry_out(self, ask: Ask) -> Iterator[tuple[Key, bytes]]:
        match ask.verb:
            case "fetch":
                raw = self._session.fetch(ask.stream, ask.key)
                yield from [(ask.key, raw)] if raw is not None else []
            case "list":
                for batch in self._session.read(ask.stream, Mode.FULL):
                    yield from zip(batch.keys, batch.raws, strict=True)
            case "create":
                made = self._session.create(ask.stream, ask.raw, idempotency_key=ask.idempotency_key)
                yield made.key, made.raw
            case "update":
                made = self._session.update(ask.stream, ask.key, ask.raw)
                yield made.key, made.raw
            case "delete":
                self._session.delete(ask.stream, ask.key)
            case other:
                raise AssertionError(other)


class FarConnector(FakeConnector):
    """Connects to the platform behind the socket; what the streams are is known, what is in them is asked for."""

    def __init__(self, world: FakePlatform, end: socket.socket) -> None:
        self._infos = [stream.info for stream in world.streams.values()]
        self._end = end

    def open(self, credentials: Credentials, ground: Ground) -> Session:
        """See ``Connector``."""
        return FarSession(self._infos, self._end)


class FarSession:
    """See ``Session``."""

    def __init__(self, infos: Sequence[StreamInfo], end: socket.socket) -> None:
        self._infos, self._end, self._calls = infos, end, 0

    @property
    def calls(self) -> int:
        """See ``Session``."""
        return self._calls

    def close(self) -> None:
        """See ``Session``."""

    def test(self) -> Site:
        """See ``Session``."""
        return Site(name="Far", url="socket")

    def discover(self) -> Sequence[StreamInfo]:
        """See ``Session``."""
        return self._infos

    def read(
        self, stream: str, mode: Mode, *, cursor: Mapping[str, Json] | None = None, resume: Mapping[str, Json] | None = None
    ) -> StreamReading:
        """See ``Session``; always a listing."""
        return FarReading(lambda: self._ask(Ask(verb="list", stream=stream)))

    def fetch_attachment(self, ref: AttachmentRef) -> Iterable[bytes]:
        """See ``Session``."""
        raise PlatformError(f"{ref.url} is gone", fault=PlatformFault.GONE, status=404)

    def fetch(self, stream: str, key: Key) -> bytes | None:
        """See ``Session``."""
        found = self._ask(Ask(verb="fetch", stream=stream, key=key))
        return found[0][1] if found else None

    def create(self, stream: str, raw: bytes, *, idempotency_key: str) -> Written:
        """See ``Session``."""
        return _written(self._ask(Ask(verb="create", stream=stream, raw=raw, idempotency_key=idempotency_key)))

    def update(self, stream: str, key: Key, raw: bytes) -> Written:
        """See ``Session``."""
        return _written(self._ask(Ask(verb="update", stream=stream, key=key, raw=raw)))

    def delete(self, stream: str, key: Key) -> None:
        """See ``Session``."""
        self._ask(Ask(verb="delete", stream=stream, key=key))

    def _ask(self, ask: Ask) -> Sequence[tuple[Key, bytes]]:
        self._calls += 1
        self._end.send(msgspec.msgpack.encode(ask))
        answer = from_msgpack(self._end.recv(MESSAGE_BYTES), Answer)
        if answer.error is not None:
            raise PlatformError(answer.error, fault=PlatformFault(answer.fault), status=answer.status)
        return answer.records


class FarReading:
    """See ``StreamReading``: one batch."""

    def __init__(self, listing: Callable[[], Sequence[tuple[Key, bytes]]]) -> None:
        self._listing = listing

    def __iter__(self) -> Iterator[Batch]:
        records = self._listing()
        raws = [raw for _, raw in records]
        yield Batch(keys=[key for key, _ in records], raws=raws, resume={}, received_bytes=sum(map(len, raws)))

    @property
    def outcome(self) -> Outcome:
        """See ``StreamReading``."""
        return Outcome(complete=True, listing=True, cursor=None)

    def close(self) -> None:
        """See ``StreamReading``."""


def _written(records: Sequence[tuple[Key, bytes]]) -> Written:
    [(key, raw)] = records
    return Written(key=key, raw=raw)
