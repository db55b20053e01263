"""A bucket that is not as it should be: one sentence each, that names what to do."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from moto.server import ThreadedMotoServer

from listbackup.backends.objects.port import ObjectExists, ObjectMissing
from listbackup.backends.objects.s3 import S3Objects, S3Settings
from listbackup.base.errors import BackendError, InputError, OutOfSpace
from listbackup.base.secret import Secret

MINE = S3Settings(
    bucket="copies",
    access_key_id="key",
    secret_access_key=Secret("wJalrXUtnFEMI"),
    connect_timeout=timedelta(seconds=2),
    read_timeout=timedelta(seconds=2),
)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}/copies", method="PUT")).close()
    yield f"http://{host}:{port}"
    server.stop()


Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def answering() -> Iterator[Callable[[Sequence[Answer]], S3Objects]]:
    """A bucket that gives these answers in turn, the last one for ever."""
    servers: list[ThreadingHTTPServer] = []

    def start(answers: Sequence[Answer]) -> S3Objects:
        left = list(answers)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, body = left.pop(0) if len(left) > 1 else left[0]
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), "Connection": "close", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)
                self.close_connection = True

            do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = answer

            def log_message(self, format: str, *args: object) -> None:
                """Silent."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return S3Objects(replace(MINE, endpoint_url=f"http://127.0.0.1:{server.server_port}"))

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def failure(code: str, status: int) -> Answer:
    return status, {"Content-Type": "application/xml"}, f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode()


def every_call(objects: S3Objects) -> list[Callable[[], object]]:
    return [
        lambda: objects.put("a", b"1"),
        lambda: objects.replace("a", b"1"),
        lambda: objects.get("a"),
        lambda: objects.get("a", 1, 2),
        lambda: objects.get_tail("a", 2),
        lambda: list(objects.list("")),
        lambda: objects.delete("a"),
    ]


def test_a_bucket_that_is_not_there_is_said_by_every_call(endpoint: str) -> None:
    objects = S3Objects(replace(MINE, bucket="nowhere", endpoint_url=endpoint))
    for call in [*every_call(objects), lambda: objects.find("a")]:
        with pytest.raises(InputError, match=f"there is no bucket nowhere at {endpoint}") as caught:
            call()
        assert caught.value.hint == "create it, or correct its name"


def test_an_object_that_is_not_there_is_not_mistaken_for_a_bucket_that_is_not(endpoint: str) -> None:
    objects = S3Objects(replace(MINE, endpoint_url=endpoint))
    assert objects.find("nothing") is None
    with pytest.raises(ObjectMissing):
        objects.get("nothing")


@pytest.mark.parametrize(
    ("code", "status", "kind", "words", "retryable"),
    [
        ("InvalidAccessKeyId", 403, InputError, "refused the access key", None),
        ("SignatureDoesNotMatch", 403, InputError, "refused the access key", None),
        ("ExpiredToken", 400, InputError, "refused the access key", None),
        ("AccessDenied", 403, InputError, "the access key may not", None),
        ("NoSuchBucket", 404, InputError, "there is no bucket copies", None),
        ("AuthorizationHeaderMalformed", 400, InputError, "is in another region", None),
        ("RequestTimeTooSkewed", 403, BackendError, "this machine's clock is wrong", False),
        ("SlowDown", 503, BackendError, "SlowDown", True),
        ("InternalError", 500, BackendError, "InternalError", True),
        ("Whatever", 502, BackendError, "Whatever", True),
        ("Whatever", 429, BackendError, "Whatever", True),
        ("Whatever", 400, BackendError, "Whatever", False),
        ("XMinioStorageFull", 507, OutOfSpace, "is full", False),
        ("QuotaExceeded", 403, OutOfSpace, "is full", False),
    ],
)
def test_what_the_bucket_says_is_translated(
    answering: Callable[[Sequence[Answer]], S3Objects], code: str, status: int, kind: type[Exception], words: str, retryable: bool | None
) -> None:
    for call in every_call(answering([failure(code, status)])):
        with pytest.raises(kind) as caught:
            call()
        assert words in str(caught.value)
        assert getattr(caught.value, "retryable", None) is retryable
        assert "wJalrXUtnFEMI" not in f"{caught.value} {caught.value.__cause__!r}"


def test_a_name_that_was_taken_meanwhile_is_tried_again(answering: Callable[[Sequence[Answer]], S3Objects]) -> None:
    with pytest.raises(ObjectExists):
        answering([failure("PreconditionFailed", 412)]).put("a", b"1")
    with pytest.raises(BackendError) as caught:
        answering([failure("ConditionalRequestConflict", 409)]).put("a", b"1")
    assert caught.value.retryable


def test_an_endpoint_that_nobody_answers_at_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        objects = S3Objects(replace(MINE, endpoint_url=f"http://127.0.0.1:{taken.getsockname()[1]}"))
        with pytest.raises(BackendError, match=r"cannot read a: http://127.0.0.1:\d+ cannot be reached") as caught:
            objects.get("a")
    assert caught.value.retryable
    assert caught.value.hint == "is the endpoint's address right, and is it up?"


def test_an_endpoint_that_never_answers_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        objects = S3Objects(
            replace(MINE, endpoint_url=f"http://127.0.0.1:{silent.getsockname()[1]}", read_timeout=timedelta(milliseconds=300))
        )
        with pytest.raises(BackendError, match="did not answer in time") as caught:
            objects.find("a")
    assert caught.value.retryable


@pytest.mark.parametrize(("setting", "value"), [("endpoint_url", "not an address"), ("bucket", "Not A Bucket")])
def test_a_setting_that_cannot_be_is_said(setting: str, value: str, endpoint: str) -> None:
    with pytest.raises(InputError, match=value) as caught:
        S3Objects(replace(MINE, **{"endpoint_url": endpoint, setting: value})).get("a")  # type: ignore[arg-type]
    assert caught.value.field == setting


def test_an_answer_cut_short_is_noticed(answering: Callable[[Sequence[Answer]], S3Objects]) -> None:
    for call in (lambda o: o.get("a"), lambda o: o.get_tail("a", 20)):
        with pytest.raises(BackendError) as caught:
            call(answering([(200, {"Content-Length": "20", "ETag": '"e"'}, b"0123456789")]))
        assert caught.value.retryable


def test_a_server_that_knows_no_ranges_is_understood(answering: Callable[[Sequence[Answer]], S3Objects]) -> None:
    objects = answering([(200, {"ETag": '"e"'}, b"0123456789")])
    assert objects.get("a", 2, 3) == b"234"
    assert objects.get("a", 7) == b"789"
    assert objects.get("a", 20, 3) == b""
    assert objects.get_tail("a", 4) == (b"6789", 10)


def listing(names: Sequence[str], more: str = "") -> Answer:
    lines = "".join(
        f"<Contents><Key>{name}</Key><Size>1</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>" for name in names
    )
    xml = f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{more}{lines}</ListBucketResult>'
    return 200, {"Content-Type": "application/xml"}, xml.encode()


def test_a_listing_goes_on_over_pages(answering: Callable[[Sequence[Answer]], S3Objects]) -> None:
    more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
    objects = answering([listing(["a", "b"], more), listing(["c"])])
    assert [info.name for info in objects.list("")] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([listing(["a"], "<IsTruncated>true</IsTruncated>")], "without saying where it goes on"),
        (
            [listing([], "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>")],
            "without saying where it goes on",
        ),
        ([listing(["b", "a"])], "lists a behind b"),
        (
            [listing(["a"], "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"), failure("SlowDown", 503)],
            "SlowDown",
        ),
    ],
)
def test_a_listing_that_lies_or_breaks_off_raises(
    answering: Callable[[Sequence[Answer]], S3Objects], answers: Sequence[Answer], words: str
) -> None:
    with pytest.raises(BackendError, match=words):
        list(answering(answers).list(""))


def test_parts_of_a_put_that_breaks_off_are_given_back(endpoint: str) -> None:
    def source() -> Iterator[bytes]:
        yield bytes(40 << 20)
        raise RuntimeError("the source broke")

    objects = S3Objects(replace(MINE, endpoint_url=endpoint))
    with pytest.raises(RuntimeError):
        objects.put("broken", source())
    assert b"<Upload>" not in urllib.request.urlopen(f"{endpoint}/copies?uploads").read()
    assert objects.find("broken") is None


def test_a_bucket_that_ignores_the_condition_is_found_out(endpoint: str, answering: Callable[[Sequence[Answer]], S3Objects]) -> None:
    good = S3Objects(replace(MINE, endpoint_url=endpoint))
    good.prove_create_once()
    assert list(good.list("create-once")) == []
    with pytest.raises(InputError, match="overwrites objects that it was told not to"):
        answering([(200, {"ETag": '"e"'}, b"")]).prove_create_once()


def test_without_botocore_the_remedy_is_named() -> None:
    script = "import sys; sys.modules['botocore'] = None\nfrom listbackup.backends.objects.s3 import *\nS3Objects(S3Settings(bucket='b'))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "InputError: a bucket needs the botocore library" in done.stderr
    script = script.replace(
        "S3Objects(S3Settings(bucket='b'))", "try: S3Objects(S3Settings(bucket='b'))\nexcept Exception as e: print(e.hint)"
    )
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        == "pip install 'listbackup[s3]'\n"
    )
