"""Buckets, opened with the keys that the environment gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from listbackup.bootstrap.settings import S3Settings as BucketSettings
from listbackup.bootstrap.settings import Settings

if TYPE_CHECKING:
    from listbackup.backends.objects.s3 import S3Objects


def open_bucket(where: BucketSettings, settings: Settings) -> S3Objects:
    """The bucket, bare: whoever works with it wraps it into the retry loop. Raises InputError without the extra."""
    from listbackup.backends.objects.s3 import S3Objects
    from listbackup.backends.objects.s3_client import S3Settings

    keys = settings.s3_keys
    bucket = S3Settings(
        bucket=where.bucket,
        prefix=where.prefix,
        endpoint_url=where.endpoint,
        region=where.region,
        access_key_id=keys.access_key_id if keys is not None else None,
        secret_access_key=keys.secret_access_key if keys is not None else None,
    )
    return S3Objects(bucket)
