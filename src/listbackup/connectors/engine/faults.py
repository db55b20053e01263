"""What can be wrong with a platform's answer, by machine-readable reason."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from listbackup.base.errors import PlatformError, PlatformFault


class Reason(StrEnum):
    """Why a reading is not complete; the ``reason`` of a ``Problem``."""

    TRUNCATED_BODY = "truncated_body"  # fewer bytes than announced, or a compressed body without its end
    BAD_ENCODING = "bad_encoding"  # does not decompress, or something follows its end
    TOO_LARGE = "limit_body"  # more than a page may hold
    TOO_DEEP = "limit_depth"
    BAD_HEADERS = "limit_headers"
    UNASKED_PART = "unasked_part"  # 206 though no range was asked for
    UNASKED_NOT_MODIFIED = "unasked_not_modified"  # 304 though nothing conditional was asked
    STALE_ANSWER = "stale_answer"  # a cache answered, with something old
    NOT_JSON = "not_json"  # a login page, an error page, nothing at all
    ERROR_OBJECT = "error_object"  # status 200 around an error
    MISSING_RECORDS = "missing_records"  # the list is not where it should be
    MISSING_KEY = "missing_key"
    SCHEMA_DRIFT = "schema_drift"  # the key has another type than before
    PAGE_LOOP = "page_loop"  # a page token that came before, or the same page again
    EMPTY_PAGE = "empty_page"  # no records, and yet a next page
    NO_TERMINATOR = "no_terminator"  # an answer that does not say whether there is more
    PAGE_SHRUNK = "page_shrunk"  # a page in the middle holds fewer records than the others
    TOTAL_MISMATCH = "total_mismatch"
    REPEATED_RECORDS = "repeated_records"  # on more than one page
    CHANGED_MEANWHILE = "changed_meanwhile"  # the listing moved under our hands, again and again
    CHILD_COUNT = "child_count_mismatch"  # the parent says that there are more or fewer
    FOREIGN_HOST = "foreign_host"  # the next page is said to be on another host
    BAD_TOKEN = "bad_page_token"  # noqa: S105  not text, or no URL
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    DELETIONS_UNREAD = "deletions_unread"  # the records came, the platform's word on deletions did not


# the platform's answers cannot be used; later ones may be
LAPSES = frozenset(Reason) - {Reason.FORBIDDEN, Reason.NOT_FOUND, Reason.REFUSED}


class BadAnswer(PlatformError):
    """An answer that cannot be believed. Asked again by the retry loop; if it stays, the reading is not complete."""

    def __init__(self, reason: Reason, message: str, *, hint: str | None = None, status: int | None = None, again: bool = True) -> None:
        super().__init__(message, fault=PlatformFault.BAD_ANSWER, hint=hint, status=status)
        self.reason = reason
        self._again = again

    @property
    def retryable(self) -> bool:
        """Whether the same request may be answered better; a loop of page tokens is not."""
        return self._again


class Unsent(PlatformError):
    """The platform could not be reached, and nothing was sent: sending again repeats nothing."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, fault=PlatformFault.UNREACHABLE, hint=hint)


def denied(message: str, *, hint: str | None = None) -> PlatformError:
    """An address that we may not speak to."""
    return PlatformError(message, fault=PlatformFault.EGRESS_DENIED, hint=hint)


def unreachable(message: str, *, hint: str | None = None, status: int | None = None, wait: timedelta | None = None) -> PlatformError:
    """A platform that does not answer, or not now."""
    return PlatformError(message, fault=PlatformFault.UNREACHABLE, hint=hint, status=status, retry_after=wait)


def reason_of(error: PlatformError) -> Reason | None:
    """The reason that makes a stream's reading incomplete, or None for what ends the whole session."""
    if isinstance(error, BadAnswer):
        return error.reason
    return _REASONS.get(error.fault)


_REASONS = {
    PlatformFault.BAD_ANSWER: Reason.NOT_JSON,
    PlatformFault.FORBIDDEN: Reason.FORBIDDEN,
    PlatformFault.GONE: Reason.NOT_FOUND,
    PlatformFault.REFUSED: Reason.REFUSED,
}
