"""Where a bucket is, and the connection to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from listbackup.base.errors import InputError
from listbackup.base.secret import Secret


class Checksum(StrEnum):
    """What is sent with the bytes of an object, for the bucket to compare."""

    MD5 = "md5"  # every server knows it
    SHA256 = "sha256"  # AWS keeps it with the object


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Settings:
    """Where the bucket is and who asks. Without a key the machine's own credentials are used, as botocore finds them; without an endpoint it is AWS."""

    bucket: str
    prefix: str = ""  # of every object's name, without a / at its ends
    endpoint_url: str | None = None
    region: str | None = None
    access_key_id: str | None = None
    secret_access_key: Secret | None = None
    session_token: Secret | None = None
    connect_timeout: timedelta = timedelta(seconds=10)
    read_timeout: timedelta = timedelta(seconds=60)
    connections: int = 32
    checksum: Checksum | None = None  # None: SHA-256 for AWS, MD5 for a server of one's own

    @property
    def checksum_kind(self) -> Checksum:
        """Which checksum goes with what is written."""
        return self.checksum or (Checksum.MD5 if self.endpoint_url else Checksum.SHA256)


def open_client(settings: S3Settings) -> Any:  # botocore makes its clients' types at run time
    """The botocore client. Raises InputError when botocore is not installed or the endpoint is not an address."""
    try:
        from botocore.config import Config
        from botocore.session import Session
    except ImportError:
        raise InputError(
            "a bucket needs the botocore library, which is not installed", hint="pip install 'listbackup[s3]'", field="objects"
        ) from None
    own = settings.endpoint_url is not None
    config = Config(
        connect_timeout=settings.connect_timeout.total_seconds(),
        read_timeout=settings.read_timeout.total_seconds(),
        max_pool_connections=settings.connections,
        retries={"total_max_attempts": 1, "mode": "standard"},  # the one retry loop is above
        s3={"addressing_style": "path" if own else "auto"},
        request_checksum_calculation="when_required",  # not every compatible server takes the newer trailers; Content-MD5 all do
        response_checksum_validation="when_required",
    )
    try:
        return Session().create_client(
            "s3",
            endpoint_url=settings.endpoint_url,
            region_name=settings.region or ("us-east-1" if own else None),
            aws_access_key_id=settings.access_key_id,
            aws_secret_access_key=_revealed(settings.secret_access_key),
            aws_session_token=_revealed(settings.session_token),
            config=config,
        )
    except ValueError as error:
        raise InputError(
            f"{settings.endpoint_url!r} is not an endpoint's address", hint="as in https://s3.example.org", field="endpoint_url"
        ) from error


def _revealed(secret: Secret | None) -> str | None:
    return secret.reveal() if secret else None
