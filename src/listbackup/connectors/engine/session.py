"""A session on declared facts: test, discover, read, fetch, write back. Platforms subclass it where they are odd."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from listbackup.base.decode import from_json
from listbackup.base.errors import NotFound, PlatformError, PlatformFault
from listbackup.connectors.engine.client import Client
from listbackup.connectors.engine.connector import (
    Capability,
    ConfigField,
    Credentials,
    Ground,
    Mode,
    Site,
    StreamInfo,
    StreamNature,
    Written,
)
from listbackup.connectors.engine.egress import Resolver, system_resolver
from listbackup.connectors.engine.facts import Api, DeletionFeed, FlaggedDeletion, Parent, StreamFacts, TrashDeletion
from listbackup.connectors.engine.facts_auth import OAuth2
from listbackup.connectors.engine.faults import Reason
from listbackup.connectors.engine.listing import Crew
from listbackup.connectors.engine.places import find
from listbackup.connectors.engine.quota import QuotaLeft
from listbackup.connectors.engine.reading import Ground as ReadingGround
from listbackup.connectors.engine.reading import ListingRead, can_filter
from listbackup.connectors.engine.record import AttachmentRef, Json, Key, KeyPart, StreamReading
from listbackup.connectors.engine.template import holes
from listbackup.connectors.engine.transport import Ask, Transport

if TYPE_CHECKING:
    from listbackup.connectors.engine.sign_in import SignIn
    from listbackup.connectors.engine.writes import Writes


_CHECK_ADDRESS = "check the address: it may be that of a page for people, or the site may be down for maintenance"


class ApiSession:
    """One connection, open."""

    def __init__(self, api: Api, credentials: Credentials, ground: Ground, *, resolver: Resolver = system_resolver) -> None:
        self.api, self._ground = api, ground
        self._client = Client(ground.clock, allow_loopback=ground.allow_loopback, resolver=resolver)
        self.transport = Transport(api, credentials, ground, self._client)
        self._crew = Crew(self.transport, min(ground.concurrency, api.limits.concurrency))
        self._streams = {stream.name: stream for stream in api.streams}

    def test(self) -> Site:
        """Ask the platform who we are. Raises PlatformError (needs_reauth, unreachable …)."""
        url = str(self.transport.base)
        if self.api.site is None:
            self._demand_answer(self.api.streams[0].name)
            return Site(name=self.transport.base.origin.host, url=url)
        answer = self.transport.ask(Ask(path=self.api.site.path))
        if not _is_json(answer.body):
            raise PlatformError(
                f"{self.transport.base.origin.host} does not answer {self.api.site.path} with JSON",
                fault=PlatformFault.BAD_ANSWER,
                hint=_CHECK_ADDRESS,
            )
        name, account = _text(answer.body, self.api.site.name), _text(answer.body, self.api.site.account)
        return Site(name=name or self.transport.base.origin.host, url=url, account=account)

    def _demand_answer(self, stream: str) -> None:
        """Raises PlatformError where the stream's first page cannot be read; that others may not read it says nothing of the address."""
        reading = self.read(stream, Mode.FULL)
        if next(iter(reading), None) is not None:
            return
        problem = next((one for one in reading.outcome.problems if one.reason != Reason.FORBIDDEN), None)
        if problem is not None:
            raise PlatformError(problem.message, fault=PlatformFault.BAD_ANSWER, hint=_CHECK_ADDRESS)

    def discover(self) -> Sequence[StreamInfo]:
        """The streams that this connection can see."""
        return [stream_info(stream) for stream in self.api.streams]

    def facts(self, stream: str) -> StreamFacts:
        """A stream's facts. Raises NotFound with the names that are near."""
        found = self._streams.get(stream)
        if found is None:
            import difflib

            near = difflib.get_close_matches(stream, self._streams, n=3, cutoff=0.5) or sorted(self._streams)
            raise NotFound(f"there is no stream {stream!r}", hint="one of: " + ", ".join(near))
        return found

    def read(
        self, stream: str, mode: Mode, *, cursor: Mapping[str, Json] | None = None, resume: Mapping[str, Json] | None = None
    ) -> StreamReading:
        """Start reading a stream; nothing is asked before it is iterated."""
        facts = self.facts(stream)
        find_files = (lambda key, raw: self.attachments(facts, key, raw)) if self.has_attachments(facts) else None
        ground = ReadingGround(transport=self.transport, crew=self._crew, error=self.api.error, attachments=find_files)
        if facts.parent is not None:
            from listbackup.connectors.engine.children import ChildrenRead  # most streams are plain listings

            parent = self.facts(facts.parent.stream)
            above: list[StreamFacts] = []
            while (further := (above[-1] if above else parent).parent) is not None:
                above.append(self.facts(further.stream))
            count_of = self._count_of(parent, facts.parent)
            return ChildrenRead(ground, facts, mode, cursor, resume, parent=parent, count_of=count_of, above=above)
        if facts.slices is not None and not (mode is Mode.INCREMENTAL and cursor and can_filter(facts)):
            from listbackup.connectors.engine.parts import SlicesRead

            return SlicesRead(ground, facts, mode, cursor, resume)
        if facts.sync is not None:
            from listbackup.connectors.engine.sync import SyncRead

            return SyncRead(ground, facts, mode, cursor, resume)
        return ListingRead(ground, facts, mode, cursor, resume)

    def _count_of(self, parent: StreamFacts, declared: Parent) -> Callable[[Mapping[str, KeyPart]], int | None] | None:
        """How many children a parent says that it has now; None when it is gone itself."""
        if parent.one is None or declared.count is None:
            return None
        by_path = {path: name for name, path in declared.fields.items()}
        if not all(path in by_path for path in parent.key):
            return None

        def count(values: Mapping[str, KeyPart]) -> int | None:
            raw = self.fetch(parent.name, tuple(values[by_path[path]] for path in parent.key))
            told = find(raw, declared.count or "") if raw is not None else None
            return from_json(told, int) if told is not None else None

        return count

    @cached_property
    def _writes(self) -> Writes:
        from listbackup.connectors.engine.writes import Writes  # a backup reads

        return Writes(self.transport)

    def has_attachments(self, facts: StreamFacts) -> bool:
        """Whether records of this stream may name files."""
        return bool(facts.attachments)

    def attachments(self, facts: StreamFacts, key: Key, raw: bytes) -> Sequence[AttachmentRef]:
        """The files that a record names."""
        from listbackup.connectors.engine.attachments import attachments  # most streams have none

        return attachments(facts, key, raw, self.transport.values, self.transport.named)

    def fetch_attachment(self, ref: AttachmentRef) -> Iterable[bytes]:
        """The attachment's bytes in chunks. Raises PlatformError (gone, forbidden …) before or between chunks."""
        from listbackup.connectors.engine.attachments import fetch

        return fetch(self.transport, self._client, ref)

    def fetch(self, stream: str, key: Key) -> bytes | None:
        """The record as it is on the platform now, or None when it is gone. Raises InputError where one record cannot be asked for."""
        return self._writes.fetch(self.facts(stream), key)

    def look(self, stream: str, key: Key) -> bytes | None:
        """As ``fetch``, but also a record that lies in the platform's trash and can still be looked at."""
        return self._writes.look(self.facts(stream), key)

    def create(self, stream: str, raw: bytes, *, idempotency_key: str) -> Written:
        """Write a record that is not on the platform; its key may be new."""
        return self._writes.create(self.facts(stream), raw, idempotency_key=idempotency_key)

    def update(self, stream: str, key: Key, raw: bytes) -> Written:
        """Bring an existing record to this content."""
        return self._writes.update(self.facts(stream), key, raw)

    def delete(self, stream: str, key: Key) -> None:
        """Remove a record; no error when it is gone."""
        self._writes.delete(self.facts(stream), key)

    @property
    def calls(self) -> int:
        """Requests sent so far."""
        return self.transport.calls

    def quota_left(self) -> QuotaLeft | None:
        """What is left of our share of the tightest known quota, or None where none is known. Asks the platform nothing."""
        return self.transport.allowance.left()

    def close(self) -> None:
        """Close connections and threads; idempotent."""
        self.transport.close()
        self._crew.close()
        self._client.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsConnector:
    """A platform made of facts, with the session class for what is odd about it."""

    api: Api
    session: type[ApiSession] = ApiSession

    @property
    def platform(self) -> str:
        """The platform's name in commands and ids."""
        return self.api.platform

    @property
    def label(self) -> str:
        """The platform's name for people."""
        return self.api.label or self.api.platform

    @property
    def config(self) -> Sequence[ConfigField]:
        """What to ask for."""
        asked = [
            ConfigField(
                name=ask.name,
                label=ask.label or ask.name.replace("_", " "),
                secret=ask.secret,
                required=ask.required and ask.default is None,
                default=ask.default,
                help=ask.help,
            )
            for ask in self.api.config
        ]
        from listbackup.connectors.engine.sign_in import TOKENS  # people sign in, a backup does not

        known = {ask.name for ask in self.api.config}
        kept = TOKENS if isinstance(self.api.auth, OAuth2) else ()
        asked += [ConfigField(name=name, label=name.replace("_", " "), secret=True, required=False) for name in kept if name not in known]
        return asked

    def sign_in(self, values: Mapping[str, str]) -> SignIn | None:
        """The platform's sign-in page, if it has one; what is asked for first is what its addresses and parameters need."""
        facts = self.api.oauth or (self.api.auth if isinstance(self.api.auth, OAuth2) else None)
        if facts is None or facts.authorize_url is None:
            return None
        from listbackup.connectors.engine.sign_in import TOKENS, SignIn

        secret = {name for text in _texts(self.api.auth) for name in holes(text)} if self.api.oauth is not None else set()
        asks = tuple(one for one in self.config if one.name not in {*TOKENS, *secret})
        return SignIn(api=self.api, facts=facts, asks=asks)

    def describe(self) -> Sequence[StreamNature]:
        """The streams that the platform offers."""
        return [
            StreamNature(info=stream_info(one), incremental=can_filter(one) or one.sync is not None, deletions=_deletions(one))
            for one in self.api.streams
        ]

    def open(self, credentials: Credentials, ground: Ground) -> ApiSession:
        """A session; sends nothing yet. Raises InputError for a configuration that cannot work."""
        return self.session(self.api, credentials, ground)


def stream_info(facts: StreamFacts) -> StreamInfo:
    """What people are told of a stream."""
    restore = facts.restore
    return StreamInfo(
        name=facts.name,
        label=facts.label or facts.name.replace("_", " ").replace("-", " ").capitalize(),
        key=facts.key,
        cursor=facts.changed.field if facts.changed else None,
        syncs=facts.sync is not None,
        parent=facts.parent.stream if facts.parent else None,
        attachments=bool(facts.attachments),
        append_only=facts.append_only,
        volatile=facts.volatile,
        restore=Capability(
            create=restore.create is not None,
            update=restore.update is not None,
            delete=restore.delete is not None,
            keeps_id=restore.keeps_id,
            knows_repetitions=restore.create is not None and restore.create.idempotency_header is not None,
            files=restore.files,
            side_effects=restore.side_effects,
        ),
        references=facts.references,
    )


def _deletions(facts: StreamFacts) -> str:
    match facts.deletions:
        case DeletionFeed():
            return "feed"
        case FlaggedDeletion():
            return "flag"
        case TrashDeletion():
            return "trash"
        case None:
            return "never" if facts.append_only else "listing"


def _texts(auth: object) -> list[str]:
    return [text for text in msgspec.structs.asdict(auth).values() if isinstance(text, str)] if isinstance(auth, msgspec.Struct) else []


def _is_json(body: bytes) -> bool:
    try:
        from_json(body, msgspec.Raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return True


def _text(body: bytes, path: str | None) -> str | None:
    if path is None:
        return None
    try:
        raw = find(body, path)
        return None if raw is None else str(from_json(raw, str | int))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
