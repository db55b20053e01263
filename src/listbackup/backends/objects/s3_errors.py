"""What a bucket said, in this program's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as boto

from listbackup.backends.objects.port import ObjectExists, ObjectMissing
from listbackup.base.errors import BackendError, InputError, ListBackupError, OutOfSpace

_MISSING = {"NoSuchKey", "404", "NotFound"}
_CREDENTIALS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "TokenRefreshRequired", "AuthFailure"}
_FORBIDDEN = {"AccessDenied", "AllAccessDisabled", "AccountProblem", "403", "Forbidden"}
_ELSEWHERE = {"PermanentRedirect", "AuthorizationHeaderMalformed", "301", "IllegalLocationConstraintException"}
_FULL = {"QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientCapacity", "EntityTooLarge"}
_PASSING = {
    "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests", "ServiceUnavailable", "InternalError", "RequestTimeout",
    "OperationAborted", "ConditionalRequestConflict", "BadDigest", "IncompleteBody", "NoSuchUpload",
}  # fmt: skip


@contextmanager
def spoken(action: str, name: str, *, bucket: str, endpoint: str) -> Iterator[None]:
    """Turns what boto raises inside the block into this program's errors: "cannot <action> <name> …"."""
    try:
        yield
    except boto.ClientError as error:
        raise _answered(error, action, name, bucket=bucket, endpoint=endpoint) from error
    except (boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError) as error:
        raise InputError(
            f"no credentials for the bucket {bucket} at {endpoint}",
            hint="set an access key id and a secret access key",
            field="access_key_id",
        ) from error
    except boto.SSLError as error:
        raise BackendError(
            f"{endpoint} has no certificate that this machine trusts", hint="is the endpoint's address right? is its certificate valid?"
        ) from error
    except boto.ParamValidationError as error:
        raise InputError(f"{bucket!r} is not a bucket's name", field="bucket") from error
    except (boto.HTTPClientError, boto.ConnectionError) as error:
        raise BackendError(
            f"cannot {action} {name}: {endpoint} {_silence(error)}",
            retryable=True,
            hint="is the endpoint's address right, and is it up?",
        ) from error
    except boto.BotoCoreError as error:
        raise BackendError(f"cannot {action} {name} in the bucket {bucket}: {_short(error)}", retryable=True) from error


def is_range_error(error: boto.ClientError) -> bool:
    """Whether the asked range lies behind the end of the object."""
    return _code(error) in ("InvalidRange", "416")


def _answered(error: boto.ClientError, action: str, name: str, *, bucket: str, endpoint: str) -> ListBackupError:
    code, status = _code(error), _status(error)
    if code == "NoSuchBucket":
        return InputError(f"there is no bucket {bucket} at {endpoint}", hint="create it, or correct its name", field="bucket")
    if code in _MISSING:
        return ObjectMissing(f"there is no object {name}")
    if code in ("PreconditionFailed", "412"):
        return ObjectExists(f"the object {name} exists already")
    if code in _CREDENTIALS:
        return InputError(
            f"{endpoint} refused the access key ({code})", hint="correct the access key id and the secret access key", field="access_key_id"
        )
    if code in _FORBIDDEN:
        return InputError(
            f"the access key may not {action} {name} in the bucket {bucket}",
            hint="let it get, put, list and delete objects there",
            field="access_key_id",
        )
    if code in _ELSEWHERE:
        return InputError(f"the bucket {bucket} is in another region", hint="set the bucket's own region", field="region")
    if code == "RequestTimeTooSkewed":
        return BackendError(f"{endpoint} says that this machine's clock is wrong", hint="set the clock")
    if code in _FULL or status == 507:
        return OutOfSpace(
            f"cannot {action} {name}: the bucket {bucket} is full", hint="free some space or raise the quota, and run the same again"
        )
    passing = code in _PASSING or status >= 500 or status == 429
    return BackendError(f"cannot {action} {name} in the bucket {bucket}: {code} ({status})", retryable=passing)


def _code(error: boto.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _status(error: boto.ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _silence(error: Exception) -> str:
    if isinstance(error, (boto.ConnectTimeoutError, boto.ReadTimeoutError)):
        return "did not answer in time"
    return "cannot be reached" if isinstance(error, boto.EndpointConnectionError) else "closed the connection"


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
