"""Links signed for S3. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html (read 2026-11-21).

A link made with a role's credentials ends with them, if that is earlier.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from listbackup.backends.aws_client import once
from listbackup.backends.objects.links import UploadLink, check_lasting
from listbackup.backends.objects.names import check_name, check_prefix
from listbackup.base.errors import InputError

_UNSAFE = re.compile(r"[^A-Za-z0-9._ -]")


class S3Links:
    """Links to objects below a prefix of one bucket; ``client`` gives the connection, whose key signs."""

    def __init__(self, bucket: str, client: Callable[[], Any], *, prefix: str = "") -> None:
        self._bucket, self._client = bucket, client
        self._prefix = check_prefix(prefix.strip("/")) + "/" if prefix.strip("/") else ""

    def download(self, name: str, *, lasts: timedelta, filename: str) -> str:
        """See the port. Whatever the bytes are, a browser keeps them and shows nothing."""
        given = {"ResponseContentDisposition": _attachment(filename), "ResponseContentType": "application/octet-stream"}
        return self._signed("get_object", check_lasting(lasts), name, ResponseCacheControl="private, no-store", **given)

    def upload(self, name: str, *, lasts: timedelta, size_bytes: int) -> UploadLink:
        """See the port."""
        if size_bytes < 0:
            raise InputError("a size is not negative", field="size_bytes")
        url = self._signed("put_object", check_lasting(lasts), name, ContentLength=size_bytes, IfNoneMatch="*")
        return UploadLink(url=url, headers={"If-None-Match": "*", "Content-Length": str(size_bytes)})

    def _signed(self, operation: str, seconds: int, name: str, **fields: str | int) -> str:
        place = {"Bucket": self._bucket, "Key": self._prefix + check_name(name)}
        client = self._client()
        signed = once(lambda: client.generate_presigned_url(operation, Params=place | fields, ExpiresIn=seconds), "sign a link")
        return str(signed)


def _attachment(filename: str) -> str:
    """RFC 6266: a name for old browsers, and the true one."""
    return f"attachment; filename=\"{_UNSAFE.sub('_', filename)}\"; filename*=UTF-8''{quote(filename, safe='')}"
