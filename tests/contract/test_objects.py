"""Every objects adapter and decorator keeps the port's promises."""

from __future__ import annotations

import contextlib
import itertools
import random
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from listbackup.backends.objects.files import FilesObjects
from listbackup.backends.objects.memory import MemoryObjects
from listbackup.backends.objects.metered import MeteredObjects
from listbackup.backends.objects.port import ObjectExists, Objects
from listbackup.backends.objects.retrying import RetryingObjects
from listbackup.backends.objects.s3 import S3Objects, S3Settings
from listbackup.base.retry import RetryPolicy
from listbackup.base.secret import Secret
from listbackup.testing.clock import ManualClock
from listbackup.testing.faults import Fault, Faults, FaultyObjects
from listbackup.testing.suites.objects_suite import ObjectsSuite

_buckets = itertools.count()


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_endpoint: str) -> S3Settings:
    """A new bucket on a server of this machine's own."""
    name = f"copies-{next(_buckets)}"
    urllib.request.urlopen(urllib.request.Request(f"{s3_endpoint}/{name}", method="PUT")).close()
    return S3Settings(bucket=name, prefix="some/where", endpoint_url=s3_endpoint, access_key_id="k", secret_access_key=Secret("s"))


class TestMemoryObjects(ObjectsSuite):
    def make(self, tmp_path: Path) -> Objects:
        return MemoryObjects()


class TestFilesObjects(ObjectsSuite):
    def make(self, tmp_path: Path) -> Objects:
        return FilesObjects(tmp_path / "objects")


class TestS3Objects(ObjectsSuite):
    @pytest.fixture(autouse=True)
    def _bucket(self, bucket: S3Settings) -> None:
        self.settings = bucket

    def make(self, tmp_path: Path) -> Objects:
        return S3Objects(self.settings)


class RetryingSuite(ObjectsSuite):
    def test_the_same_bytes_under_a_taken_name_are_refused_too(self, objects: Objects) -> None:
        """Here that cannot always be told from one's own put whose answer was lost; either way the bytes are there."""
        objects.put("a", b"same")
        with contextlib.suppress(ObjectExists):
            objects.put("a", b"same")
        assert objects.get("a") == b"same"


class TestRetryingOverFaultyMemory(RetryingSuite):
    """Half of all calls fail, before or after their effect: whoever stands above notices nothing."""

    def make(self, tmp_path: Path) -> Objects:
        faults = Faults.random(7, 0.5, (Fault.BEFORE, Fault.LOST_ANSWER))
        return RetryingObjects(FaultyObjects(MemoryObjects(), faults), ManualClock(), policy=RetryPolicy(attempts=60), rng=random.Random(7))


class TestRetryingOverFaultyFiles(RetryingSuite):
    def make(self, tmp_path: Path) -> Objects:
        faults = Faults.random(8, 0.3, (Fault.BEFORE, Fault.LOST_ANSWER))
        ground = FaultyObjects(FilesObjects(tmp_path / "objects"), faults)
        return RetryingObjects(ground, ManualClock(), policy=RetryPolicy(attempts=60), rng=random.Random(8))


class TestRetryingMemory(ObjectsSuite):
    def make(self, tmp_path: Path) -> Objects:
        return RetryingObjects(MemoryObjects(), ManualClock())


class TestMeteredMemory(ObjectsSuite):
    def make(self, tmp_path: Path) -> Objects:
        return MeteredObjects(MemoryObjects())


class TestFaultyWithoutFaults(ObjectsSuite):
    def make(self, tmp_path: Path) -> Objects:
        return FaultyObjects(MemoryObjects())
