"""The way to AWS: clients made once, refusals in our own words, one retry loop."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from botocore import exceptions as boto

from listbackup.backends.aws_client import Aws, AwsRefused, ask, once, translated
from listbackup.base.errors import BackendError, InputError, NotFound
from listbackup.base.secret import Secret
from listbackup.testing.clock import ManualClock
from listbackup.testing.together import in_threads


def refused(code: str, status: int) -> boto.ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "it was s3cr3t"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return boto.ClientError(answer, "Any")


def aws() -> Aws:
    return Aws("us-east-1", "http://127.0.0.1:9", access_key_id="k", secret_access_key=Secret("s3cr3t"))


def test_a_client_is_made_once_for_each_service_also_by_many_at_once() -> None:
    ours = aws()
    found: list[object] = []
    in_threads(lambda: found.append(ours.client("sqs")), 8)
    assert len({id(one) for one in found}) == 1
    assert ours.client("kms") is ours.client("kms") is not found[0]
    ours.close()
    assert ours.client("sqs") is not found[0]


def test_a_client_tries_nothing_again_by_itself_and_waits_for_seconds() -> None:
    for service, seconds in (("sqs", 30), ("s3", 60), ("kms", 10)):
        config = aws().client(service).meta.config
        assert (config.retries["total_max_attempts"], config.connect_timeout, config.read_timeout) == (1, 3, seconds)


def test_nothing_of_botocore_is_loaded_before_a_client_is_asked_for() -> None:
    modules = "queue.sqs keyring.kms secrets.secrets_manager secrets.parameters mail.ses events.eventbridge objects.s3 objects.s3_links objects.s3_versions"
    lines = [f"import listbackup.backends.{name}" for name in ["aws_client", *modules.split()]]
    lines += ["import sys", "print([name for name in sys.modules if name.startswith(('boto', 'urllib3'))])"]
    assert subprocess.run([sys.executable, "-c", "; ".join(lines)], capture_output=True, check=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("code", "status", "retryable"),
    [
        ("ThrottlingException", 400, True),
        ("TooManyRequestsException", 429, True),
        ("RequestLimitExceeded", 503, True),
        ("InternalServerError", 500, True),
        ("SomethingNew", 502, True),
        ("ValidationException", 400, False),
        ("AccessDeniedException", 400, False),
        ("ExpiredTokenException", 403, False),
        ("com.amazonaws.dynamodb#ConditionalCheckFailedException", 400, False),
    ],
)
def test_a_refusal_tells_whether_it_passes(code: str, status: int, retryable: bool) -> None:
    error = translated(refused(code, status), "do it")
    assert isinstance(error, AwsRefused)
    assert (error.code, error.status, error.retryable) == (code.rpartition("#")[2], status, retryable)
    assert error.message.startswith("cannot do it: ")
    assert "s3cr3t" not in str(error)


@pytest.mark.parametrize(
    ("raised", "kind", "retryable"),
    [
        (boto.EndpointConnectionError(endpoint_url="http://x"), BackendError, True),
        (boto.ReadTimeoutError(endpoint_url="http://x"), BackendError, True),
        (boto.ConnectionClosedError(endpoint_url="http://x"), BackendError, True),
        (boto.SSLError(endpoint_url="http://x", error="bad"), BackendError, False),
        (boto.DataNotFoundError(data_path="x"), BackendError, False),
        (boto.NoCredentialsError(), InputError, None),
        (boto.ParamValidationError(report="s3cr3t"), InputError, None),
    ],
)
def test_a_silence_tells_whether_it_passes(raised: Exception, kind: type[Exception], retryable: bool | None) -> None:
    error = translated(raised, "do it")
    assert type(error) is kind
    assert (getattr(error, "retryable", None), "s3cr3t" in str(error)) == (retryable, False)


def test_what_is_not_botos_stays_what_it_is() -> None:
    bug = ZeroDivisionError()
    assert translated(bug, "do it") is bug
    with pytest.raises(NotFound):
        once(lambda: raise_(NotFound("ours")), "do it")


def test_what_passes_is_tried_again_and_what_does_not_is_told_at_once() -> None:
    clock = ManualClock()
    errors = [refused("Throttling", 400), refused("InternalError", 500)]
    assert ask(lambda: raise_(errors.pop()) if errors else "done", "do it", clock=clock) == "done"
    assert len(clock.slept) == 2
    calls: list[int] = []
    with pytest.raises(AwsRefused):
        ask(lambda: (calls.append(1), raise_(refused("ValidationException", 400))), "do it", clock=clock)
    assert len(calls) == 1
    with pytest.raises(AwsRefused):
        ask(lambda: (calls.append(1), raise_(refused("Throttling", 400))), "do it", clock=clock)
    assert len(calls) == 1 + 5


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(InputError):
        Aws("us-east-1", "not an address").client("sqs")


def test_the_key_is_not_shown() -> None:
    assert "s3cr3t" not in repr(aws())


def raise_(error: Exception) -> str:
    raise error
