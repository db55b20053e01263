"""What is said when a thing has moved on: by itself, because every service says it and few answer a request."""

from __future__ import annotations

from listbackup.base.errors import Conflict


class VersionGone(Conflict):
    """The thing is not the version that ``If-Match`` named."""
