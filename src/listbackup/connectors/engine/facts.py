"""What a platform is, as declared facts: one ``Api`` with its streams. Connectors write them in Python, the REST connector reads them from YAML.

Conventions, the same everywhere:

* A **path** into JSON is dotted: ``data.items``; ``""`` is the whole answer. A **place** is a path, or ``header:NAME`` for a header of the answer.
* A **template** is text with names in braces: ``/v1/contacts/{id}``. Names are the fields of ``config`` (``{site}``), a stream's parent placeholders,
  ``{since}`` / ``{until}`` in changed-since filters and time slices, and the record's key fields in ``one`` and ``restore``. ``{{`` and ``}}`` are braces.
* Params whose template value becomes empty are left out.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from listbackup.connectors.engine.facts_auth import Auth, NoAuth, OAuth2
from listbackup.connectors.engine.facts_paging import NoPaging, Paging, Where

Param = str | int | float | bool
Body = dict[str, Any]  # JSON that is sent
Name = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", description="lower-case letters, digits, dashes, underscores")]
Per = Literal["hour", "day", "month"]
InstantFormat = Annotated[
    Literal["iso", "iso_seconds", "iso_naive", "space", "date", "unix", "unix_ms", "http"],
    Meta(
        description="how an instant is written in a request: iso 2026-01-31T09:30:00.000Z, iso_seconds 2026-01-31T09:30:00Z, "
        "iso_naive 2026-01-31T09:30:00 (UTC), space 2026-01-31 09:30:00 (UTC), date 2026-01-31, unix seconds, unix_ms, http RFC 7231"
    ),
]


KeyAs = Annotated[
    Literal["same", "text", "mixed"],
    Meta(
        description="a key that is a number here and text there: same, the run says so and is partial; text, numbers are read as their digits, "
        'so that 1 and "1" are one record; mixed, as they are sent, so that 1 and "1" are two'
    ),
]


class Ask(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value that a person gives to connect."""

    name: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,62}$")]
    label: str = ""
    secret: bool = False
    required: bool = True
    default: str | None = None
    help: str = ""


class Quota(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many calls the platform grants a connection in a long window. Runs and restores take a share of it (usually 70 %) and leave the rest to others."""

    calls: Annotated[int, Meta(ge=1)]
    per: Per


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How fast and how often the platform lets itself be asked, per connection. What is not declared is learnt."""

    per_second: Annotated[float, Meta(gt=0)] | None = None
    burst: Annotated[int, Meta(ge=1)] = 1
    concurrency: Annotated[int, Meta(ge=1, le=256)] = 16
    quotas: tuple[Quota, ...] = ()


class SiteFacts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How ``test`` finds out who we are: a GET, and where the answer names the site."""

    path: str
    name: str | None = None
    account: str | None = None


class EndAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An error answer that means "there are no more pages": this status and, if given, this code at this path."""

    status: int
    at: str = "code"
    code: str | None = None


class Changed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Incremental reading: which field says when a record changed, and how a listing is asked for what changed since.

    Without ``params``, ``headers`` and ``body`` nothing can be asked: the field is only shown to people.
    """

    field: str
    params: dict[str, Param] = {}
    headers: dict[str, str] = {}
    body: Body = {}
    format: InstantFormat = "iso"
    lookback_seconds: Annotated[int, Meta(ge=0)] = 120
    total: bool = True  # the total of an incremental listing counts the changed records only (as it should)


class Sync(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes by token: the last page of a listing names one, and a listing asked for with it holds what changed since, deletions included.

    Deletions show as a flag (``deletions: {kind: flag}``). A token that the platform does not accept any more is answered by listing everything.
    """

    token: str  # place of the token on the last page
    param: str | None = None  # what it is asked with; None: the token is the whole URL to ask
    where: Where = "query"
    params: dict[str, Param] = {}  # sent with a token only
    expired: tuple[EndAnswer, ...] = (EndAnswer(status=410),)


class Slices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A listing asked for by windows of time, half-open [since, until), read in parallel and joined in order."""

    params: dict[str, Param]
    start: str  # where the first window begins: ISO date or instant, or a template
    days: Annotated[float, Meta(gt=0)] = 30.0
    format: InstantFormat = "iso"


class Parent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A child stream: for each record of ``stream`` the path is filled with these fields of the parent, and read.

    ``fields`` maps placeholder -> path in the parent. A child's key may name a placeholder as ``parent.PLACEHOLDER``. The parent may be a child itself: its
    placeholders, and those of all streams above it, can be used here too.
    """

    stream: str
    fields: dict[str, str]
    count: str | None = None  # the parent's field that says how many children it has: compared with what came
    skip_empty: bool = False  # do not even ask where ``count`` says 0
    changed_with_parent: bool = False  # a child's change changes the parent too: incremental runs read changed parents only


class AttachmentFacts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that a record names. Paths are in the record; ``*`` in ``at`` stands for every element of a list."""

    url: str | None = None  # path of the URL, below ``at``
    link: str | None = None  # or a template for it, from the record's key fields and config: /v1/documents/{id}/content
    at: str = ""  # the object (or objects) that the other paths begin at
    name: str | None = None
    content_type: str | None = None
    size: str | None = None
    version: str | None = None


class FlaggedDeletion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="flag", tag_field="kind"):
    """Soft deletion: the record stays in the listing and this field says that it is gone.

    Gone is: one of ``values``; without ``values`` anything but false, null, 0 and the empty text.
    """

    field: str
    values: tuple[str | int | bool, ...] = ()
    params: dict[str, Param] = {}  # what makes the listing show them
    evidence: Literal["vendor_tombstone", "merged"] = "vendor_tombstone"


class TrashDeletion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="trash", tag_field="kind"):
    """A listing of what lies in the trash: the stream's own listing with other params, read after it."""

    params: dict[str, Param] = {}
    path: str | None = None
    changed: bool = True  # in incremental runs it is asked with the stream's changed-since filter


class DeletionFeed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="feed", tag_field="kind"):
    """An endpoint that lists deletions since an instant; asked in incremental runs, after the records."""

    path: str
    records: str
    key: tuple[str, ...]
    at: str | None = None  # when it was deleted, for the next ``{since}``
    params: dict[str, Param] = {}  # with ``{since}``
    format: InstantFormat = "iso"
    paging: Paging = field(default_factory=NoPaging)
    total: str | None = None
    only: dict[str, str | int | bool] = {}  # entries whose fields have these values


Deletions = FlaggedDeletion | TrashDeletion | DeletionFeed


class OneRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one record is asked for: the path, and where in the answer it stands (``posts.0``)."""

    path: str
    params: dict[str, Param] = {}
    record: str = ""


class Write(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a record is written back: the fields that may be sent, wrapped as the platform wants them."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"]
    path: str
    params: dict[str, Param] = {}
    headers: dict[str, str] = {}
    wrap: str = ""  # where in the body the record goes: ``posts.0`` makes {"posts": [record]}
    encoding: Literal["json", "form"] = "json"
    only: tuple[str, ...] = ()  # top-level fields that are sent; empty: all
    omit: tuple[str, ...] = ()  # top-level fields that are not sent (what the platform manages itself)
    rename: dict[str, str] = {}  # field as read -> field as sent
    unwrap: dict[str, str] = {}  # field -> path below it that is sent instead: WordPress ``title`` -> ``raw``
    record: str | None = ""  # where in the answer the record stands; None: ask for it again
    idempotency_header: str | None = None
    if_match: bool = False  # sent with the ETag of the last look at the record: the platform refuses (412) what changed since


class Restore(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What restore can do with a stream."""

    create: Write | None = None
    update: Write | None = None
    delete: Write | None = None
    keeps_id: bool = False
    files: bool = False  # attachments go back too: the platform's session is a ``TakesFiles``
    side_effects: tuple[str, ...] = ()


class StreamFacts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stream: how it is listed, what its records are called, how changes and deletions show, how it is written back."""

    name: Name
    path: str
    label: str = ""
    method: Literal["GET", "POST"] = "GET"
    params: dict[str, Param] = {}
    headers: dict[str, str] = {}
    body: Body = {}
    records: str = ""
    item: str = ""  # where inside each listed item the record stands (GraphQL: ``node``)
    single: bool = False  # the answer is one record, not a list
    key: tuple[str, ...] = ("id",)  # empty: the stream has no key
    key_as: KeyAs = "same"
    paging: Paging = field(default_factory=NoPaging)
    total: str | None = None  # place of the number of records in the whole listing
    left_out_when_empty: bool = False  # an empty listing has no ``records`` at all, but a total of 0
    end: tuple[EndAnswer, ...] = ()
    changed: Changed | None = None
    sync: Sync | None = None
    created: str | None = None  # field that says when a record was made; with it, deletions during page-number reading are noticed
    slices: Slices | None = None
    parent: Parent | None = None
    attachments: tuple[AttachmentFacts, ...] = ()
    deletions: Deletions | None = None
    volatile: tuple[tuple[str, ...], ...] = ()
    append_only: bool = False
    repeats: bool = False  # it is usual here that one record comes on more than one page
    references: dict[str, str] = {}
    one: OneRecord | None = None
    restore: Restore = field(default_factory=Restore)


class Api(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A platform."""

    platform: Name
    label: str = ""
    base_url: str  # template; may end in a query (``/index.php?rest_route=/wp/v2``), paths are appended to it
    config: tuple[Ask, ...] = ()
    auth: Auth = field(default_factory=NoAuth)
    oauth: OAuth2 | None = None  # beside ``auth``: people may also connect through the platform's sign-in page
    headers: dict[str, str] = {}
    hosts: tuple[str, ...] = ()  # other hosts that may see the credentials
    limits: Limits = field(default_factory=Limits)
    site: SiteFacts | None = None
    error: str | None = None  # path of an error object that this platform sends with status 200
    streams: tuple[StreamFacts, ...]
