"""The ways in which a platform's answer can be untrue, each switchable."""

from __future__ import annotations

from enum import StrEnum


class Lie(StrEnum):
    """What is wrong with an answer. The first group is wrong on the wire, the second in what it says, the third between answers."""

    LONG_CONTENT_LENGTH = "long_content_length"  # announces more bytes than come
    NO_LAST_CHUNK = "no_last_chunk"  # chunked body without its end
    CLOSE_DELIMITED_CUT = "close_delimited_cut"  # no length at all, and half of the body
    GZIP_CUT = "gzip_cut"  # half of the gzip stream, with the length of the half
    GZIP_CUT_CHUNKED = "gzip_cut_chunked"  # half of the gzip stream in valid chunks
    GZIP_BAD_CRC = "gzip_bad_crc"
    GZIP_MULTI_MEMBER = "gzip_multi_member"  # legal, and many clients lose the second member
    DEFLATE_CUT = "deflate_cut"
    TRAILING_JUNK = "trailing_junk"  # bytes after the end of the gzip stream
    UNASKED_206 = "unasked_206"  # a part of the body, and nobody asked for a range

    LOGIN_PAGE = "login_page"  # 200 and HTML
    ERROR_OBJECT = "error_object"  # 200 and {"error": …}
    EMPTY_BODY = "empty_body"  # 200 and nothing
    EMPTY_PAGE = "empty_page"  # no items, and yet a next page
    DUPLICATE_JSON_KEYS = "duplicate_json_keys"  # also: an id above 64 bits, a lone surrogate
    SCHEMA_DRIFT = "schema_drift"  # an item without its id

    REPEATED_CURSOR = "repeated_cursor"  # every page names itself as the next
    CURSOR_CYCLE = "cursor_cycle"  # after three pages back to the first
    FOREIGN_NEXT = "foreign_next"  # the next link names another host
    NO_TERMINATOR = "no_terminator"  # the last page does not say that it is the last; items are missing
    TOTAL_ABOVE = "total_above"  # the total counts items that never come
    TOTAL_BELOW = "total_below"  # the total leaves out items that are there
    ITEM_TWICE = "item_twice"  # one item on two pages, another on none
    ITEM_SKIPPED = "item_skipped"  # an item's sort key changed while we read
    CHANGED_MEANWHILE = "changed_meanwhile"  # items deleted and added while we read
    PAGE_SHRUNK = "page_shrunk"  # fewer items than asked for; page numbers still count in the size asked for
    STALE_CACHE = "stale_cache"  # a listing as it was before, or a 304 that nobody asked for
    EMPTY_INSTEAD_OF_FORBIDDEN = "empty_instead_of_forbidden"  # a child listing that we may not see, answered as an empty one


WIRE = frozenset(
    {
        Lie.LONG_CONTENT_LENGTH,
        Lie.NO_LAST_CHUNK,
        Lie.CLOSE_DELIMITED_CUT,
        Lie.GZIP_CUT,
        Lie.GZIP_CUT_CHUNKED,
        Lie.GZIP_BAD_CRC,
        Lie.GZIP_MULTI_MEMBER,
        Lie.DEFLATE_CUT,
        Lie.TRAILING_JUNK,
        Lie.UNASKED_206,
        Lie.LOGIN_PAGE,
        Lie.EMPTY_BODY,
    }
)
