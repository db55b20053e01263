"""Whether declared facts make sense together: what types alone cannot say. Used on every connector by the conformance tests and on every REST file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from listbackup.base.errors import InputError
from listbackup.connectors.engine.facts import Api, DeletionFeed, FlaggedDeletion, OneRecord, StreamFacts, TrashDeletion, Write
from listbackup.connectors.engine.facts_auth import Auth, NoAuth, OAuth2
from listbackup.connectors.engine.facts_paging import NoPaging
from listbackup.connectors.engine.keys import PARENT, KeyReader
from listbackup.connectors.engine.listing import places_of
from listbackup.connectors.engine.page import Slicer
from listbackup.connectors.engine.paginators import paginator
from listbackup.connectors.engine.places import header_of
from listbackup.connectors.engine.template import holes

Where = tuple[str | int, ...]


class Trouble(msgspec.Struct, frozen=True):
    """Something in the facts that cannot work: where, what, and what to do."""

    where: Where
    message: str
    hint: str


def troubles(api: Api) -> list[Trouble]:
    """Everything that is wrong, in the order of the facts."""
    found: list[Trouble] = []
    asked = {ask.name: ask for ask in api.config}
    found += _names(("base_url",), api.base_url, asked)
    found += _auth(api.auth, asked)
    if api.oauth is not None:
        found += [Trouble(("oauth", *one.where[1:]), one.message, one.hint) for one in _auth(api.oauth, asked)]
        if api.oauth.authorize_url is None:
            found.append(Trouble(("oauth",), "there is no page to sign in at", "give authorize_url"))
    for name, text in api.headers.items():
        found += _names(("headers", name), text, asked)
    if not api.streams:
        found.append(Trouble(("streams",), "there are no streams", "list at least one"))
    seen: set[str] = set()
    for number, stream in enumerate(api.streams):
        if stream.name in seen:
            found.append(Trouble(("streams", number, "name"), f"there are two streams named {stream.name!r}", "give each its own name"))
        seen.add(stream.name)
    by_name = {stream.name: stream for stream in api.streams}
    for number, stream in enumerate(api.streams):
        found += [
            Trouble(("streams", number, *one.where), one.message, one.hint) for one in _stream(stream, by_name, set(asked), api.error)
        ]
    return found


def _auth(auth: Auth, asked: Mapping[str, Any]) -> Iterator[Trouble]:
    signs_in = isinstance(auth, OAuth2) and auth.authorize_url is not None
    for name, text in _texts(auth):
        yield from _names(("auth", name), text, {**asked, **dict.fromkeys(("client_id", "client_secret"))} if signs_in else asked)
        if isinstance(auth, OAuth2) and name not in ("client_secret",):
            continue
        for hole in _holes(text):
            secret = name not in ("username", "client_id", "audience", "issuer")
            if hole in asked and secret and not asked[hole].secret and not isinstance(auth, NoAuth):
                yield Trouble(
                    ("auth", name), f"{hole!r} is a credential and is not marked as secret", f"write secret: true at {hole} in config"
                )


def _stream(stream: StreamFacts, streams: Mapping[str, StreamFacts], asked: set[str], error: str | None) -> Iterator[Trouble]:
    names = asked | {name for one in _line(stream, streams) if one.parent for name in one.parent.fields}
    yield from _templates(stream, names)
    yield from _family(stream, streams)
    yield from _paging(stream)
    yield from _sync(stream)
    yield from _shape(stream, error)
    for field, target in stream.references.items():
        if target not in streams:
            yield Trouble(("references", field), f"there is no stream {target!r}", "name one of: " + ", ".join(streams))
    for number, file in enumerate(stream.attachments):
        if (file.url is None) == (file.link is None):
            yield Trouble(("attachments", number), "a file has either url or link", "url: a path in the record; link: a template")
    if stream.append_only and stream.deletions is not None:
        yield Trouble(("deletions",), "a stream that is append-only has no deletions", "take one of the two out")
    if stream.single and not isinstance(stream.paging, NoPaging):
        yield Trouble(("paging",), "a stream that is one record has no pages", "take one of the two out")


def _sync(stream: StreamFacts) -> Iterator[Trouble]:
    if stream.sync is None:
        return
    for name in ("parent", "slices", "changed"):
        if getattr(stream, name) is not None and not (name == "changed" and not _asks_since(stream)):
            yield Trouble(("sync",), f"changes are told by a token, and {name} asks for them in another way", f"take sync or {name} out")
    if stream.deletions is not None and not isinstance(stream.deletions, FlaggedDeletion):
        yield Trouble(("deletions",), "with a token deletions come in the listing itself", "say by which field: kind: flag")
    if stream.sync.where == "body" and stream.method != "POST":
        yield Trouble(("sync", "where"), "a GET has no body to put the token into", "write method: POST, or where: query")


def _asks_since(stream: StreamFacts) -> bool:
    return stream.changed is not None and bool(stream.changed.params or stream.changed.headers or stream.changed.body)


def _templates(stream: StreamFacts, names: set[str]) -> Iterator[Trouble]:
    keys = {part for path in stream.key for part in (path, path.removeprefix(PARENT))}
    yield from _names(("path",), stream.path, names)
    yield from _all_names(("params",), stream.params, names)
    yield from _all_names(("headers",), stream.headers, names)
    yield from _all_names(("body",), stream.body, names)
    if stream.changed:
        for part in ("params", "headers", "body"):
            yield from _all_names(("changed", part), getattr(stream.changed, part), names | {"since"})
        told = [stream.changed.params, stream.changed.headers, stream.changed.body]
        if any(told) and "since" not in {hole for part in told for hole in _deep_holes(part)}:
            yield Trouble(("changed",), "the filter does not say since when", "use {since} in its params, headers or body")
    if stream.slices:
        yield from _all_names(("slices", "params"), stream.slices.params, names | {"since", "until"})
        yield from _names(("slices", "start"), stream.slices.start, names)
    match stream.deletions:
        case DeletionFeed() as feed:
            yield from _names(("deletions", "path"), feed.path, names)
            yield from _all_names(("deletions", "params"), feed.params, names | {"since"})
        case TrashDeletion() | FlaggedDeletion() as other:
            yield from _all_names(("deletions", "params"), other.params, names | {"since"})
        case None:
            pass
    if stream.one:
        yield from _one(("one",), stream.one, names | keys)
    for verb in ("create", "update", "delete"):
        write: Write | None = getattr(stream.restore, verb)
        if write:
            known = names | keys if verb != "create" else names
            yield from _names(("restore", verb, "path"), write.path, known, record=True)
            yield from _all_names(("restore", verb, "params"), write.params, known, record=True)
    for number, file in enumerate(stream.attachments):
        if file.link:
            yield from _names(("attachments", number, "link"), file.link, names | keys, record=True)


def _one(where: Where, one: OneRecord, names: set[str]) -> Iterator[Trouble]:
    yield from _names((*where, "path"), one.path, names)
    yield from _all_names((*where, "params"), one.params, names)


def _family(stream: StreamFacts, streams: Mapping[str, StreamFacts]) -> Iterator[Trouble]:
    line = _line(stream, streams)
    own = {name for one in line if one.parent for name in one.parent.fields}
    for number, path in enumerate(stream.key):
        if path.startswith(PARENT) and path.removeprefix(PARENT) not in own:
            yield Trouble(
                ("key", number), f"{path!r} is not a placeholder of the parent", "name one of parent.fields: " + (", ".join(own) or "none")
            )
    if stream.parent is None:
        return
    parent = streams.get(stream.parent.stream)
    if parent is None:
        yield Trouble(("parent", "stream"), f"there is no stream {stream.parent.stream!r}", "name one of: " + ", ".join(streams))
    elif line[-1].parent is not None and line[-1].parent.stream in streams:
        yield Trouble(("parent", "stream"), f"{stream.name} descends from itself", "the first of a line of parents is listed by itself")
    for one in line[1:]:
        for name in stream.parent.fields:
            if one.parent is not None and name in one.parent.fields:
                yield Trouble(("parent", "fields", name), f"{name!r} is a placeholder of {one.name} already", "give it another name")
    for placeholder in stream.parent.fields:
        if placeholder not in _holes(stream.path) and not any(placeholder in _deep_holes(part) for part in (stream.params, stream.body)):
            yield Trouble(("parent", "fields", placeholder), f"{{{placeholder}}} is not used", "use it in path, params or body")


def _line(stream: StreamFacts, streams: Mapping[str, StreamFacts]) -> Sequence[StreamFacts]:
    """The stream, its parent, the parent of that, and so on, each once."""
    line = [stream]
    while line[-1].parent is not None:
        above = streams.get(line[-1].parent.stream)
        if above is None or above in line:
            break
        line.append(above)
    return line


def _paging(stream: StreamFacts) -> Iterator[Trouble]:
    paging = stream.paging
    if getattr(paging, "where", "query") == "body" and stream.method != "POST":
        yield Trouble(("paging", "where"), "a GET has no body to put the page into", "write method: POST, or where: query")
    places = [place for place in (*paginator(paging).places, stream.total) if place]
    if not stream.records and not stream.single:
        for place in places:
            if header_of(place) is None:
                yield Trouble(
                    ("records",),
                    f"the answer is a list at the top, so there is nothing at {place!r}",
                    "say where the list is (records: data), or name a header (header:X-Total)",
                )
    if stream.records in places:
        yield Trouble(
            ("records",), f"records, paging and total do not fit into one answer: {stream.records!r} is named twice", "use different paths"
        )


def _shape(stream: StreamFacts, error: str | None) -> Iterator[Trouble]:
    try:
        KeyReader(stream)
    except (ValueError, TypeError, IndexError) as problem:
        yield Trouble(("key",), f"key, changed, created and deletions do not fit into one record: {problem}", "use different paths")
    try:
        Slicer(stream, places_of(stream, paginator(stream.paging)), error)
    except (ValueError, TypeError, IndexError) as problem:
        yield Trouble(("records",), f"records, paging and total do not fit into one answer: {problem}", "use different paths")


def _texts(value: msgspec.Struct) -> Iterator[tuple[str, str]]:
    for name in value.__struct_fields__:
        inside = getattr(value, name)
        if isinstance(inside, str):
            yield name, inside
        elif isinstance(inside, dict):
            yield from ((name, text) for text in inside.values() if isinstance(text, str))


def _all_names(where: Where, value: object, known: Iterable[str], *, record: bool = False) -> Iterator[Trouble]:
    if isinstance(value, str):
        yield from _names(where, value, known, record=record)
    elif isinstance(value, Mapping):
        for name, inside in value.items():
            yield from _all_names((*where, str(name)), inside, known, record=record)
    elif isinstance(value, list | tuple):
        for number, inside in enumerate(value):
            yield from _all_names((*where, number), inside, known, record=record)


def _names(where: Where, template: str, known: Iterable[str], *, record: bool = False) -> list[Trouble]:
    try:
        used = holes(template)
    except InputError as error:
        return [Trouble(where, error.message, error.hint or "")]
    unknown = [name for name in used if name not in known and not (record and name.startswith(("record.", "file.")))]
    names = ", ".join(sorted(known)) or "none"
    return [Trouble(where, f"nothing is called {{{name}}} here", f"known: {names}; or ask for it in config") for name in unknown]


def _holes(template: str) -> list[str]:
    try:
        return holes(template)
    except InputError:
        return []


def _deep_holes(value: object) -> Sequence[str]:
    found: list[str] = []
    _walk(value, lambda text: found.extend(_holes(text)))
    return found


def _walk(value: object, visit: Callable[[str], None]) -> None:
    if isinstance(value, str):
        visit(value)
    elif isinstance(value, Mapping):
        for inside in value.values():
            _walk(inside, visit)
    elif isinstance(value, list | tuple):
        for inside in value:
            _walk(inside, visit)
