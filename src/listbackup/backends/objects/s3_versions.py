"""Versions and Object Lock of an S3 bucket, in compliance mode: nobody shortens it, the account's owner neither.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html and DeletingObjectVersions (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from listbackup.backends.aws_client import Aws, AwsRefused
from listbackup.backends.objects.names import check_name, check_prefix
from listbackup.backends.objects.port import ObjectMissing
from listbackup.backends.objects.versions import ObjectHeld
from listbackup.base.errors import InputError

_MISSING = {"NoSuchKey", "NoSuchVersion", "404", "NotFound", "MethodNotAllowed"}  # the last: the present version is a marker


class S3Versions:
    """The versions of objects below a prefix of one versioned bucket; safe to share between threads."""

    def __init__(self, aws: Aws, bucket: str, *, prefix: str = "") -> None:
        self._aws, self._bucket = aws, bucket
        self._prefix = check_prefix(prefix.strip("/")) + "/" if prefix.strip("/") else ""

    def retain(self, name: str, until: datetime) -> None:
        """See the port."""
        held = self.retained_until(name)
        if held is not None and held > until:
            raise ObjectHeld(f"{name} is held until {held:%Y-%m-%d}, and no hold becomes shorter")
        retention = {"Mode": "COMPLIANCE", "RetainUntilDate": until}
        with self._spoken(name):
            self._ask("hold an object", "put_object_retention", Key=self._key(name), Retention=retention)

    def retained_until(self, name: str) -> datetime | None:
        """See the port."""
        with self._spoken(name):
            try:
                answer = self._ask("look at an object", "get_object_retention", Key=self._key(name))
            except AwsRefused as error:
                if error.code == "NoSuchObjectLockConfiguration":
                    return None
                raise
        until: datetime = answer["Retention"]["RetainUntilDate"].astimezone(UTC)
        return until if until > self._aws.clock.now() else None

    def erase(self, name: str) -> int:
        """See the port. A bucket without versions has one of each."""
        count = 0
        for version in list(self._iter_versions(self._key(name))):
            try:
                self._ask("erase an object", "delete_object", Key=self._key(name), VersionId=version)
            except AwsRefused as error:
                if error.code in ("AccessDenied", "ObjectLocked", "InvalidRequest") and self._is_held(name, version):
                    raise ObjectHeld(f"{name} is held and cannot be erased yet") from error
                raise
            count += 1
        return count

    def _is_held(self, name: str, version: str) -> bool:
        try:
            held = self._ask("look at an object", "get_object_retention", Key=self._key(name), VersionId=version)["Retention"][
                "RetainUntilDate"
            ]
        except AwsRefused:
            return False
        return bool(held > self._aws.clock.now())

    def _iter_versions(self, key: str) -> Iterator[str]:
        more: dict[str, str] = {}
        while True:
            answer = self._ask("list versions", "list_object_versions", Prefix=key, **more)
            found = [*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())]
            yield from (one["VersionId"] for one in found if one["Key"] == key)
            if not answer.get("IsTruncated") or any(one["Key"] > key for one in found):
                return
            more = {"KeyMarker": answer["NextKeyMarker"]}
            if answer.get("NextVersionIdMarker"):
                more["VersionIdMarker"] = answer["NextVersionIdMarker"]

    def _key(self, name: str) -> str:
        return self._prefix + check_name(name)

    def _ask(self, what: str, operation: str, **fields: Any) -> Any:  # botocore makes its clients' types at run time
        call: Callable[..., Any] = getattr(self._aws.client("s3"), operation)
        return self._aws.ask(lambda: call(Bucket=self._bucket, **fields), what)

    @contextmanager
    def _spoken(self, name: str) -> Iterator[None]:
        try:
            yield
        except AwsRefused as error:
            if error.code in _MISSING:
                raise ObjectMissing(f"there is no object {name}") from error
            if error.code in ("InvalidRequest", "ObjectLockConfigurationNotFoundError"):
                raise InputError(
                    f"the bucket {self._bucket} cannot hold objects",
                    hint="Object Lock is switched on when a bucket is made",
                    field="bucket",
                ) from error
            raise
