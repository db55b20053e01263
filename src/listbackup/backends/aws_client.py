"""The way to AWS: who asks, one client for each service, and what a refusal means in this program's words.

Clients are made when they are first needed, once for each ``Aws``, by botocore itself: what boto3 adds to it is loaded at every cold start and used by nothing here. botocore is
imported inside functions alone. It tries nothing again by itself; ``ask`` goes through the one retry loop of ``base/retry.py``.
Source: botocore's ``Config`` (https://botocore.amazonaws.com/v1/documentation/api/latest/reference/config.html, read 2026-11-21); the error codes that pass by themselves:
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html (read 2026-11-21).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from listbackup.base.clock import Clock, SystemClock
from listbackup.base.errors import BackendError, InputError, ListBackupError
from listbackup.base.loading import loading
from listbackup.base.retry import RetryPolicy, retry
from listbackup.base.secret import Secret

T = TypeVar("T")

PATIENCE = RetryPolicy(attempts=5, first=timedelta(milliseconds=100), cap=timedelta(seconds=5))  # a function has seconds, not minutes

_READ_SECONDS = {"sqs": 30.0, "s3": 60.0}  # a long poll waits 20 s by itself; a part of 16 MiB takes its time
_USUAL_READ_SECONDS = 10.0
_THROTTLED = {
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException", "TooManyRequestsException",
    "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "ProvisionedThroughputExceededException", "SlowDown", "PriorRequestNotComplete",
    "TransactionInProgressException", "EC2ThrottledException", "KMSThrottlingException", "KmsThrottled", "OverLimit",
}  # fmt: skip
_PASSING = {
    "RequestTimeout", "RequestTimeoutException", "InternalError", "InternalFailure", "InternalServerError", "InternalServiceError", "InternalServiceErrorException",
    "ServiceUnavailable", "ServiceUnavailableException", "KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException",
}  # fmt: skip
_CREDENTIALS = {
    "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature",
    "ExpiredToken", "ExpiredTokenException", "InvalidToken", "MissingAuthenticationToken", "MissingAuthenticationTokenException", "OptInRequired",
}  # fmt: skip
_FORBIDDEN = {
    "AccessDenied",
    "AccessDeniedException",
    "NotAuthorized",
    "AuthorizationError",
    "KMS.AccessDeniedException",
    "KmsAccessDenied",
}


def is_about_rights(refused: AwsRefused) -> bool:
    """Whether AWS did not believe who asks, or does not let them."""
    return refused.code in _CREDENTIALS or refused.code in _FORBIDDEN or refused.status == 0


class AwsRefused(BackendError):
    """AWS answered, and the answer was no: ``code`` is its word for why, ``answer`` all that it said."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int,
        answer: Mapping[str, Any] | None = None,
        retryable: bool = False,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, retryable=retryable, hint=hint)
        self.code = code
        self.status = status
        self.answer: Mapping[str, Any] = answer or {}


@dataclass(slots=True)
class Aws:
    """One region of one AWS account, as one caller. Safe to share between threads.

    Without an endpoint it is AWS itself (or what botocore finds in AWS_ENDPOINT_URL); without a key the machine's own credentials are used, as botocore finds them.
    """

    region: str
    endpoint: str | None = None
    access_key_id: str | None = field(default=None, kw_only=True)
    secret_access_key: Secret | None = field(default=None, kw_only=True)
    session_token: Secret | None = field(default=None, kw_only=True)
    connections: int = field(default=32, kw_only=True)  # of each service's client; more callers at once wait for one another
    clock: Clock = field(default_factory=SystemClock, kw_only=True, repr=False, compare=False)  # what retries wait by
    _clients: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    _session: Any = field(default=None, init=False, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def client(self, service: str) -> Any:  # botocore makes its clients' types at run time
        """The botocore client of this service, the same one every time. Raises InputError when botocore is not installed or the endpoint is not an address."""
        found = self._clients.get(service)
        if found is not None:
            return found
        with self._lock:  # clients may be shared between threads, making them may not
            if service not in self._clients:
                with loading():
                    self._clients[service] = self._open(service)
            return self._clients[service]

    def ask(self, call: Callable[[], T], what: str) -> T:
        """See the function ``ask``; waits by this one's clock."""
        return ask(call, what, clock=self.clock)

    def close(self) -> None:
        """Closes all connections; a client that is asked for later is a new one."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _open(self, service: str) -> Any:
        try:
            from botocore.config import Config
            from botocore.session import Session
        except ImportError:
            raise InputError("the cloud needs the botocore library, which is not installed", hint="pip install 'listbackup[aws]'") from None
        if self._session is None:
            self._session = Session()
            self._session.set_config_variable("region", self.region)
            if self.access_key_id is not None:
                self._session.set_credentials(self.access_key_id, revealed(self.secret_access_key), revealed(self.session_token))
        config = Config(
            connect_timeout=3.0,
            read_timeout=_READ_SECONDS.get(service, _USUAL_READ_SECONDS),
            max_pool_connections=self.connections,
            retries={"total_max_attempts": 1, "mode": "standard"},  # the one retry loop is ours
            **_s3_config(path_style=self.endpoint is not None) if service == "s3" else {},
        )
        try:
            return self._session.create_client(service, region_name=self.region, endpoint_url=self.endpoint, config=config)
        except ValueError as error:
            raise InputError(
                f"{self.endpoint!r} is not an endpoint's address", hint="as in https://aws.example.org", field="endpoint"
            ) from error


def ask(call: Callable[[], T], what: str, *, clock: Clock, policy: RetryPolicy = PATIENCE) -> T:
    """What ``call`` returns; failures that pass by themselves are tried again. For calls that may be made twice. Raises BackendError (AwsRefused), InputError."""
    return retry(lambda: once(call, what), clock=clock, policy=policy)


def once(call: Callable[[], T], what: str) -> T:
    """What ``call`` returns, tried once: for calls that must not be made twice blindly. Raises BackendError (AwsRefused), InputError: "cannot <what>: …"."""
    try:
        return call()
    except ListBackupError:
        raise
    except Exception as error:
        raise translated(error, what) from error


def translated(error: Exception, what: str) -> Exception:
    """What boto raised, in this program's words: "cannot <what>: …". What is not boto's comes back as it is.

    Throttling is a BackendError that says ``retryable``: the retry loop reads nothing else.
    """
    from botocore import exceptions as boto

    if isinstance(error, boto.ClientError):
        return _answered(error.response, what)
    if isinstance(error, (boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError)):
        return InputError(f"cannot {what}: there are no credentials for AWS", hint="set AWS_PROFILE, or run where a role is attached")
    if isinstance(error, boto.ProfileNotFound):
        return InputError(f"cannot {what}: {error}", hint="choose one of  aws configure list-profiles  with AWS_PROFILE")
    if isinstance(error, boto.SSOError):
        return AwsRefused(f"cannot {what}: the sign-in to AWS has run out", code=type(error).__name__, status=0, hint="run  aws sso login")
    if isinstance(error, boto.ParamValidationError):
        return InputError(f"cannot {what}: AWS does not take such a request")  # its words hold the values, secrets among them
    if isinstance(error, boto.SSLError):
        return BackendError(f"cannot {what}: AWS has no certificate that this machine trusts", hint="is the endpoint's address right?")
    if isinstance(error, (boto.HTTPClientError, boto.ConnectionError)):
        return BackendError(f"cannot {what}: AWS {_silence(error)}", retryable=True)
    if isinstance(error, boto.BotoCoreError):
        return BackendError(f"cannot {what}: {type(error).__name__}")
    return error


def revealed(secret: Secret | None) -> str | None:
    """What botocore takes for a secret."""
    return secret.reveal() if secret else None


def _answered(answer: Mapping[str, Any], what: str) -> ListBackupError:
    """AWS's own sentence is left out of the message: it may quote the request; it stays in ``answer`` for who must know."""
    said = answer.get("Error", {})
    code = str(said.get("Code", "")).rpartition("#")[2]
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _CREDENTIALS:
        return AwsRefused(
            f"cannot {what}: AWS refused the credentials ({code})", code=code, status=status, answer=answer, hint="renew or correct them"
        )
    if code in _FORBIDDEN:
        hint = "add the permission to the role, or deploy the version that has it"
        return AwsRefused(f"cannot {what}: this role may not ({code})", code=code, status=status, answer=answer, hint=hint)
    passing = code in _THROTTLED or code in _PASSING or status >= 500 or status == 429
    return AwsRefused(f"cannot {what}: AWS says {code} ({status})", code=code, status=status, answer=answer, retryable=passing)


def _s3_config(*, path_style: bool) -> dict[str, Any]:
    return {
        "signature_version": "s3v4",  # a link signed in the older way never says which region it is for
        "s3": {"addressing_style": "path" if path_style else "auto"},
        "request_checksum_calculation": "when_required",  # our own checksums are sent where we want them
        "response_checksum_validation": "when_required",
    }


def _silence(error: Exception) -> str:
    from botocore import exceptions as boto

    if isinstance(error, (boto.ConnectTimeoutError, boto.ReadTimeoutError)):
        return "did not answer in time"
    return "cannot be reached" if isinstance(error, boto.EndpointConnectionError) else "closed the connection"


def region_of_machine() -> str | None:
    """The region that this machine's profile names, if botocore is there and it names one. Raises InputError for a profile that there is not."""
    try:
        from botocore.session import Session
    except ImportError:
        return None
    found = once(lambda: Session().get_config_variable("region"), "read how AWS is reached from this machine")
    return str(found) if found else None
