"""Objects in any S3-compatible bucket, by botocore.

Create-once is ``If-None-Match: *``, judged by the bucket. When the first answer to a put is lost, a second try meets the first one's object and raises
ObjectExists: ``RetryingObjects`` compares the bytes and takes it for the success it was. A server that ignores the header would overwrite silently;
``prove_create_once`` finds out, and whoever sets up a bucket calls it.

What is written is sent with a checksum of ours: SHA-256 to AWS, which keeps it beside the object and gives it back, Content-MD5 to others, who all know that one.
A body above 16 MiB that comes in chunks, or above 64 MiB in one piece, goes up in parts of 16 MiB. Memory: the part that is sent, and the next one as it gathers.
In a versioned bucket ``delete`` hides an object and keeps its bytes until the bucket's lifecycle takes old versions; ``S3Versions.erase`` takes them at once.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from listbackup.backends.objects.names import check_name, check_prefix, check_range
from listbackup.backends.objects.port import ObjectExists, ObjectInfo, ObjectMissing
from listbackup.backends.objects.s3_client import Checksum, S3Settings, open_client
from listbackup.base.errors import BackendError, InputError

__all__ = ["S3Objects", "S3Settings"]

_PART_BYTES = 16 << 20  # all the same but the last, as Cloudflare R2 wants them; 10,000 of them are 160 GB
_WHOLE_BYTES = 64 << 20  # of bytes that are in memory anyway: fewer requests


class S3Objects:
    """Objects below a prefix of one bucket; safe to share between threads. The caller closes it."""

    def __init__(self, settings: S3Settings, *, client: Callable[[], Any] | None = None) -> None:
        """``client`` is asked for the connection when something is first asked of the bucket; without it, it is opened now."""
        self._bucket = settings.bucket
        self._prefix = check_prefix(settings.prefix.strip("/")) + "/" if settings.prefix.strip("/") else ""
        self._endpoint = settings.endpoint_url or "AWS S3"
        self._open = client
        if client is None:
            self._client = open_client(settings)
        self._checksum = settings.checksum_kind
        self._bucket_seen = False

    @cached_property
    def _client(self) -> Any:
        assert self._open is not None
        return self._open()

    def put(self, name: str, data: bytes | Iterable[bytes]) -> None:
        """See the port. What goes up in parts and breaks off leaves no object, and its parts are given back."""
        check_name(name)
        if isinstance(data, bytes) and len(data) <= _WHOLE_BYTES:
            self._put_whole(name, data, IfNoneMatch="*")
            return
        parts = _slices(data) if isinstance(data, bytes) else _parts(data)
        part, is_last = next(parts)
        if is_last:
            self._put_whole(name, part, IfNoneMatch="*")
            return
        with self.upload(name) as upload:
            while True:
                upload.send(part)
                del part  # before the next one gathers
                if is_last:
                    return
                part, is_last = next(parts)

    def replace(self, name: str, data: bytes) -> None:
        """See the port."""
        self._put_whole(check_name(name), data)

    def get(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """See the port."""
        check_range(start, length)
        if length == 0:
            self._require(name)
            return b""
        last = "" if length is None else str(start + length - 1)
        data, begins, _ = self._read(name, f"bytes={start}-{last}" if start or last else None)
        behind = start - begins  # a server that does not know ranges sends everything
        return data[behind:] if length is None else data[behind : behind + length]

    def get_tail(self, name: str, length: int) -> tuple[bytes, int]:
        """See the port."""
        check_range(0, length)
        if length == 0:
            return b"", self._require(name).size_bytes
        data, _, size = self._read(name, f"bytes=-{length}")
        return data[-length:], size

    def find(self, name: str) -> ObjectInfo | None:
        """See the port."""
        check_name(name)
        try:
            with self._spoken("look at", name):
                head = self._client.head_object(Bucket=self._bucket, Key=self._prefix + name)
        except ObjectMissing:
            self._require_bucket()
            return None
        return ObjectInfo(name=name, size_bytes=head["ContentLength"], modified_at=_second(head["LastModified"]))

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See the port."""
        check_prefix(prefix)
        return self._listing(prefix)

    def delete(self, name: str) -> None:
        """See the port."""
        check_name(name)
        with self._spoken("delete", name):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    def prove_create_once(self) -> None:
        """Puts one small object twice and deletes it. Raises InputError when the second put was let through: such a bucket cannot keep copies safely."""
        name = f"create-once-{secrets.token_hex(8)}"
        self.put(name, b"1")
        try:
            self.put(name, b"2")
        except ObjectExists:
            return
        finally:
            self.delete(name)
        raise InputError(
            f"{self._endpoint} overwrites objects that it was told not to (it ignores If-None-Match)",
            hint="use a server that keeps conditional puts: AWS S3, or a current MinIO, Ceph, R2 or Garage",
            field="endpoint_url",
        )

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    # Writing.

    def _put_whole(self, name: str, data: bytes, **conditions: str) -> None:
        with self._spoken("write", name):
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=data, **self._sum(data), **conditions)

    @contextmanager
    def upload(self, name: str) -> Iterator[Upload]:
        """An upload in parts that is an object when the block ends, and nothing when it breaks off. Raises ObjectExists, BackendError."""
        place = {"Bucket": self._bucket, "Key": self._prefix + check_name(name)}
        kind = {"ChecksumAlgorithm": "SHA256"} if self._checksum is Checksum.SHA256 else {}
        with self._spoken("write", name):
            place["UploadId"] = self._client.create_multipart_upload(**place, **kind)["UploadId"]
        upload = Upload(lambda number, part: self._send_part(name, place, number, part))
        try:
            yield upload
            with self._spoken("write", name):
                self._client.complete_multipart_upload(**place, MultipartUpload={"Parts": upload.done}, IfNoneMatch="*")
        except BaseException:
            self._give_back(place)
            raise

    def _send_part(self, name: str, place: Mapping[str, str], number: int, part: bytes) -> Mapping[str, str | int]:
        checksum = self._sum(part)
        with self._spoken("write", name):
            answer = self._client.upload_part(**place, PartNumber=number, Body=part, **checksum)
        kept = checksum if self._checksum is Checksum.SHA256 else {}
        return {"PartNumber": number, "ETag": str(answer["ETag"]), **kept}

    def _give_back(self, place: Mapping[str, str]) -> None:
        """Parts that cannot be given back now cost money, not safety: the bucket's lifecycle rule for unfinished uploads takes them."""
        try:
            with self._spoken("give back the parts of", place["Key"]):
                self._client.abort_multipart_upload(**place)
        except (BackendError, InputError):
            return

    def _sum(self, data: bytes) -> Mapping[str, str]:
        if self._checksum is Checksum.SHA256:
            return {"ChecksumSHA256": base64.b64encode(hashlib.sha256(data).digest()).decode()}
        return {"ContentMD5": base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()}

    # Reading.

    def _read(self, name: str, asked: str | None) -> tuple[bytes, int, int]:
        """(bytes, where they begin, size of the whole object)."""
        from botocore.exceptions import ClientError

        from listbackup.backends.objects.s3_errors import is_range_error

        check_name(name)
        with self._spoken("read", name):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name, **self._asked(asked))
            except ClientError as error:
                if not is_range_error(error):
                    raise
                answer = None
            data = answer["Body"].read() if answer else b""
        if answer is None:  # the range lies behind the end
            size = self._require(name).size_bytes
            return b"", size, size
        begins, size = _content_range(answer.get("ContentRange"), len(data))
        if len(data) != answer["ContentLength"]:
            raise BackendError(f"the answer to reading {name} was cut short", retryable=True)
        return data, begins, size

    def _asked(self, span: str | None) -> Mapping[str, str]:
        """A whole object of AWS's is compared with the checksum that it was written with; botocore does that when it is given one."""
        if span:
            return {"Range": span}
        return {"ChecksumMode": "ENABLED"} if self._checksum is Checksum.SHA256 else {}

    def _require(self, name: str) -> ObjectInfo:
        info = self.find(name)
        if info is None:
            raise ObjectMissing(f"there is no object {name}")
        return info

    def _require_bucket(self) -> None:
        """A bucket that is missing and an object that is missing get the same answer to HEAD: tell them apart, once."""
        if not self._bucket_seen:
            next(self._listing(""), None)
            self._bucket_seen = True

    def _listing(self, prefix: str) -> Iterator[ObjectInfo]:
        token: str | None = None
        before = ""
        while True:
            more = {"ContinuationToken": token} if token else {}
            with self._spoken("list", prefix or "everything"):
                answer = self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._prefix + prefix, **more)
            for line in answer.get("Contents", ()):
                name = str(line["Key"])[len(self._prefix) :]
                if name <= before:
                    raise BackendError(
                        f"{self._endpoint} lists {name} behind {before}",
                        hint="the bucket must list in order of name (S3 directory buckets do not)",
                    )
                before = name
                yield ObjectInfo(name=name, size_bytes=line["Size"], modified_at=_second(line["LastModified"]))
            if not answer.get("IsTruncated"):
                return
            following = answer.get("NextContinuationToken")
            if not following or following == token:
                raise BackendError(f"{self._endpoint} broke off a listing without saying where it goes on", retryable=True)
            token = following

    def _spoken(self, action: str, name: str) -> AbstractContextManager[None]:
        from listbackup.backends.objects.s3_errors import spoken

        return spoken(action, name, bucket=self._bucket, endpoint=self._endpoint)


class Upload:
    """The parts of one upload, numbered as they are sent: all of them of one size but the last, none below 5 MiB but the last."""

    def __init__(self, send: Callable[[int, bytes], Mapping[str, str | int]]) -> None:
        self._send = send
        self.done: list[Mapping[str, str | int]] = []

    def send(self, part: bytes) -> None:
        """The next part is in the bucket when it returns; one that was refused may be sent again."""
        self.done.append(self._send(len(self.done) + 1, part))


def _parts(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The same bytes in parts of ``_PART_BYTES`` and what is left, at least one; True with the last."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) > _PART_BYTES:
            yield _taken(held), False
    yield bytes(held), True


def _taken(held: bytearray) -> bytes:
    with memoryview(held) as seen:
        part = bytes(seen[:_PART_BYTES])
    del held[:_PART_BYTES]
    return part


def _slices(data: bytes) -> Iterator[tuple[bytes, bool]]:
    """As ``_parts``, of bytes in one piece: one part at a time is copied."""
    for start in range(0, len(data), _PART_BYTES):
        yield data[start : start + _PART_BYTES], start + _PART_BYTES >= len(data)


def _second(at: datetime) -> datetime:
    """A header tells whole seconds; some servers list finer ones."""
    return at.astimezone(UTC).replace(microsecond=0)


def _content_range(header: str | None, length: int) -> tuple[int, int]:
    """(first byte, whole size) of ``bytes 5-9/10``; a server that sent everything says nothing."""
    if header is None:
        return 0, length
    span, _, size = header.removeprefix("bytes ").partition("/")
    return int(span.partition("-")[0]), int(size)
