"""How a listing is cut into pages, as declared facts. ``where`` says whether page, size and token go into the query or into the JSON body."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Size = Annotated[int, Meta(ge=1, le=100_000)]
Where = Literal["query", "body"]


class NoPaging(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="none", tag_field="kind"):
    """Everything in one answer."""


class PageNumber(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="page", tag_field="kind"):
    """Pages by number. Ends by ``pages``, by the stream's total, or at an empty page (or one of the stream's ``end`` answers)."""

    param: str = "page"
    first: int = 1
    size_param: str | None = "per_page"
    size: Size = 100
    pages: str | None = None  # place of the number of pages
    more: str | None = None  # place of a truth value: there is another page
    where: Where = "query"


class Offset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="offset", tag_field="kind"):
    """Pages by how many records to skip. Ends by the stream's total, or at an empty page."""

    param: str = "offset"
    first: int = 0  # 1 where the platform counts from one (QuickBooks STARTPOSITION)
    size_param: str | None = "limit"
    size: Size = 100
    more: str | None = None
    where: Where = "query"


class Cursor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="cursor", tag_field="kind"):
    """Each page names the token of the next. Ends when the token is null or empty, or ``more`` is false."""

    token: str  # place of the next token
    param: str
    size_param: str | None = None
    size: Size = 100
    more: str | None = None
    left_out_at_end: bool = False  # the last page leaves the token out altogether (otherwise that is an unfinished answer)
    empty_pages: bool = False  # empty pages in the middle are usual here
    where: Where = "query"


class LinkHeader(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="link", tag_field="kind"):
    """``Link: <…>; rel="next"`` (RFC 8288). Ends where no such link is."""

    rel: str = "next"
    size_param: str | None = None
    size: Size = 100
    empty_pages: bool = False


class NextUrl(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="next_url", tag_field="kind"):
    """Each page names the URL of the next, absolute or relative, on the same host. Ends when it is null or empty."""

    url: str  # place
    size_param: str | None = None
    size: Size = 100
    left_out_at_end: bool = False
    empty_pages: bool = False


class Keyset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="keyset", tag_field="kind"):
    """Sorted by a field, each page asks for what comes after the last value. Ends at an empty page, or where ``more`` is false."""

    field: str  # in the record; unique, or the platform's filter must be exclusive
    param: str
    params: dict[str, str | int | bool] = {}  # what makes the platform sort by it
    size_param: str | None = "limit"
    size: Size = 100
    more: str | None = None
    where: Where = "query"


Paging = NoPaging | PageNumber | Offset | Cursor | LinkHeader | NextUrl | Keyset
