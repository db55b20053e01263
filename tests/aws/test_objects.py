"""The objects port on S3 with AWS's own ways: checksums kept, versions, holds, links, parts."""

from __future__ import annotations

import base64
import hashlib
import itertools
import tracemalloc
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listbackup.backends.aws_client import Aws
from listbackup.backends.objects.links import LONGEST_LINK
from listbackup.backends.objects.port import ObjectExists, ObjectMissing, Objects
from listbackup.backends.objects.s3 import S3Objects, S3Settings
from listbackup.backends.objects.s3_client import Checksum
from listbackup.backends.objects.s3_links import S3Links
from listbackup.backends.objects.s3_versions import S3Versions
from listbackup.backends.objects.versions import ObjectHeld
from listbackup.base.clock import SystemClock
from listbackup.base.errors import InputError, ListBackupError
from listbackup.base.ids import new_id
from listbackup.testing.account import IN_ACCOUNT, PREFIX
from listbackup.testing.suites.objects_suite import ObjectsSuite

_numbers = itertools.count()
MIB = 1 << 20
SOON = timedelta(seconds=60)


class Buckets:
    """Buckets that are emptied and deleted at the end."""

    def __init__(self, aws: Aws) -> None:
        self.aws, self.made = aws, []
        self.client: Any = aws.client("s3")

    def bucket(self, *, versioned: bool = False, lockable: bool = False) -> str:
        name = f"{PREFIX}-{new_id('o', 0)[-10:].lower()}-{next(_numbers)}"
        here = {} if self.aws.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self.aws.region}}
        self.client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lockable, **here)
        if versioned and not lockable:
            self.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        self.made.append(name)
        return name

    def objects(self, bucket: str, **settings: Any) -> S3Objects:
        where = S3Settings(bucket=bucket, prefix="some/where", endpoint_url=self.aws.endpoint, checksum=Checksum.SHA256, **settings)
        return S3Objects(where, client=lambda: self.client)

    def remove(self) -> None:
        for name in self.made:
            for page in self.client.get_paginator("list_object_versions").paginate(Bucket=name):
                for one in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
                    self.client.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])
            self.client.delete_bucket(Bucket=name)


@pytest.fixture
def buckets(aws: Aws) -> Iterator[Buckets]:
    made = Buckets(aws)
    yield made
    if IN_ACCOUNT:  # the emulator forgets everything
        made.remove()


class TestS3OnAws(ObjectsSuite):
    @pytest.fixture(autouse=True)
    def _ground(self, buckets: Buckets) -> None:
        self.buckets = buckets

    def make(self, tmp_path: Path) -> Objects:
        return self.buckets.objects(self.buckets.bucket())


class TestVersionedS3OnAws(TestS3OnAws):
    def make(self, tmp_path: Path) -> Objects:
        return self.buckets.objects(self.buckets.bucket(versioned=True))

    @pytest.mark.long
    def test_a_listing_may_be_long(self, objects: Objects) -> None:
        super().test_a_listing_may_be_long(objects)


@pytest.fixture
def bucket(buckets: Buckets) -> str:
    return buckets.bucket(versioned=True)


@pytest.fixture
def objects(buckets: Buckets, bucket: str) -> S3Objects:
    return buckets.objects(bucket)


# Parts, checksums, memory.


def chunks(count: int, size: int = MIB) -> Iterator[bytes]:
    return (bytes([number % 251]) * size for number in range(count))


@pytest.mark.parametrize("whole", [True, False])
def test_a_large_body_goes_up_in_parts_with_checksums_that_the_bucket_keeps(
    buckets: Buckets, bucket: str, objects: S3Objects, whole: bool
) -> None:
    expected = b"".join(chunks(65))
    objects.put("big", expected if whole else chunks(65))
    assert objects.get("big") == expected
    head = buckets.client.head_object(Bucket=bucket, Key="some/where/big", ChecksumMode="ENABLED")
    parts = [hashlib.sha256(expected[start : start + 16 * MIB]).digest() for start in range(0, len(expected), 16 * MIB)]
    assert head["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(b"".join(parts)).digest()).decode() + f"-{len(parts)}"
    with pytest.raises(ObjectExists):
        objects.put("big", chunks(20))
    assert objects.get("big", 0, 5) == expected[:5]


@pytest.mark.parametrize("size", [0, 1, 16 * MIB - 1, 16 * MIB, 16 * MIB + 1, 32 * MIB])
def test_the_seams_between_parts_lose_nothing(objects: S3Objects, size: int) -> None:
    body = hashlib.sha256(b"seed").digest() * (size // 32 + 1)
    objects.put("a", iter([body[:size]]))
    assert objects.get_tail("a", 40) == (body[:size][-40:] if size else b"", size)


def test_a_small_body_has_its_checksum_and_a_damaged_one_is_refused(buckets: Buckets, bucket: str, objects: S3Objects, aws: Aws) -> None:
    objects.put("a", b"0123")
    head = buckets.client.head_object(Bucket=bucket, Key="some/where/a", ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(b"0123").digest()).decode()
    with pytest.raises(buckets.client.exceptions.ClientError, match=r"BadDigest|checksum"):
        buckets.client.put_object(Bucket=bucket, Key="b", Body=b"0124", ChecksumSHA256=head["ChecksumSHA256"])


@pytest.mark.parametrize("at", [0, 20, 40])
def test_an_upload_that_breaks_off_leaves_neither_object_nor_parts(buckets: Buckets, bucket: str, objects: S3Objects, at: int) -> None:
    def source() -> Iterator[bytes]:
        for number, chunk in enumerate(chunks(50)):
            if number == at:
                raise RuntimeError("the source broke")
            yield chunk

    with pytest.raises(RuntimeError, match="the source broke"):
        objects.put("a", source())
    assert objects.find("a") is None
    assert buckets.client.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []


def test_an_upload_holds_few_parts_in_memory(objects: S3Objects, aws: Aws) -> None:
    """Whatever the size: the part that is sent, the one that gathers, and what the connection copies. Measured: 37 MiB for 160."""
    aws.client("s3")
    tracemalloc.start()
    try:
        objects.put("big", chunks(160))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    print(f"peak of an upload of 160 MiB: {peak / MIB:.0f} MiB")
    assert peak < 70 * MIB


# Versions and holds.


def test_a_deleted_object_is_hidden_until_it_is_erased(buckets: Buckets, aws: Aws, bucket: str, objects: S3Objects) -> None:
    versions = S3Versions(aws, bucket, prefix="some/where")
    objects.put("a", b"1")
    objects.put("ab", b"keep")
    objects.replace("a", b"2")
    objects.delete("a")
    assert (objects.find("a"), [info.name for info in objects.list("")]) == (None, ["ab"])
    kept = buckets.client.list_object_versions(Bucket=bucket, Prefix="some/where/a")
    assert (len([one for one in kept["Versions"] if one["Key"].endswith("/a")]), len(kept["DeleteMarkers"])) == (2, 1)
    assert (versions.erase("a"), versions.erase("a")) == (3, 0)
    assert "DeleteMarkers" not in buckets.client.list_object_versions(Bucket=bucket)
    assert objects.get("ab") == b"keep"
    objects.put("a", b"3")
    assert objects.get("a") == b"3"


def test_a_held_object_is_not_erased_and_its_hold_only_grows(buckets: Buckets, aws: Aws) -> None:
    if IN_ACCOUNT:
        pytest.skip("a compliance hold in an account keeps the bucket, and costs, for a day")
    name = buckets.bucket(lockable=True)
    objects, versions = buckets.objects(name), S3Versions(aws, name, prefix="some/where")
    objects.put("a", b"1")
    assert versions.retained_until("a") is None
    until = (SystemClock().now() + timedelta(days=2)).replace(microsecond=0)
    versions.retain("a", until)
    assert versions.retained_until("a") == until
    for attempt in (lambda: versions.retain("a", until - timedelta(days=1)), lambda: versions.erase("a")):
        with pytest.raises(ObjectHeld):
            attempt()
    versions.retain("a", until + timedelta(days=1))
    assert versions.retained_until("a") == until + timedelta(days=1)
    objects.delete("a")  # hides it, and takes nothing
    with pytest.raises(ObjectHeld):
        versions.erase("a")
    assert len(buckets.client.list_object_versions(Bucket=name)["Versions"]) == 1


def test_what_is_not_there_or_cannot_be_held_is_told(aws: Aws, bucket: str, objects: S3Objects) -> None:
    versions = S3Versions(aws, bucket, prefix="some/where")
    with pytest.raises((ObjectMissing, InputError)):
        versions.retain("a", SystemClock().now() + SOON)
    objects.put("a", b"1")
    with pytest.raises(InputError):
        versions.retain("a", SystemClock().now() + SOON)
    assert versions.erase("nothing") == 0


# Links.


@pytest.fixture
def links(aws: Aws, bucket: str) -> S3Links:
    return S3Links(bucket, lambda: aws.client("s3"), prefix="some/where")


def ask(url: str, *, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, bytes, dict[str, str]]:
    request = urllib.request.Request(url, data=body, headers=headers or {}, method="GET" if body is None else "PUT")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, b"", {}


def test_a_download_link_gives_the_object_as_an_attachment(objects: S3Objects, links: S3Links) -> None:
    objects.put("a/b", b"<script>")
    status, body, headers = ask(links.download("a/b", lasts=SOON, filename='über "x".html'))
    given = {name.lower(): value for name, value in headers.items()}
    assert (status, body) == (200, b"<script>")
    assert given["content-type"] == "application/octet-stream"
    assert given["content-disposition"] == "attachment; filename=\"_ber _x_.html\"; filename*=UTF-8''%C3%BCber%20%22x%22.html"
    assert ask(links.download("a/nothing", lasts=SOON, filename="x"))[0] == 404


def test_a_link_is_good_for_its_object_its_act_and_its_time(objects: S3Objects, links: S3Links) -> None:
    objects.put("a", b"1")
    objects.put("b", b"2")
    link = links.download("a", lasts=timedelta(seconds=1), filename="x")
    assert ask(link)[0] == 200
    assert ask(link.replace("/some/where/a?", "/some/where/b?"))[0] == 403
    assert ask(link.replace("attachment", "inline"))[0] == 403
    assert ask(link, body=b"3")[0] == 403
    SystemClock().sleep(2.2)
    assert ask(link)[0] == 403
    for lasts in (timedelta(), LONGEST_LINK + timedelta(seconds=1)):
        with pytest.raises(InputError):
            links.download("a", lasts=lasts, filename="x")
    with pytest.raises(InputError):
        links.download("../a", lasts=SOON, filename="x")


def test_an_upload_link_takes_one_object_of_its_size_once(objects: S3Objects, links: S3Links) -> None:
    link = links.upload("a", lasts=SOON, size_bytes=3)
    headers = dict(link.headers)
    assert ask(link.url, body=b"123", headers={})[0] == 403  # without what was signed
    assert ask(link.url, body=b"1234", headers={**headers, "Content-Length": "4"})[0] == 403
    assert ask(link.url, body=b"123", headers=headers)[0] == 200
    assert objects.get("a") == b"123"
    assert ask(link.url, body=b"456", headers=headers)[0] == 412
    assert objects.get("a") == b"123"
    with pytest.raises(ListBackupError):
        links.upload("a", lasts=SOON, size_bytes=-1)
