"""The secrets port on Secrets Manager: one secret of its own for each name, sealed by KMS, which a person may also enter in the console.

``list_names`` is right some seconds after a change, as AWS says; what ``find`` gives is right at once. A removed secret is gone without the usual wait of 7 to 30 days:
whoever removes a platform's client secret means it, and its name must be free again.
Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/ (API_CreateSecret, API_DeleteSecret, API_ListSecrets, read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from listbackup.backends.aws_client import Aws, AwsRefused
from listbackup.backends.secrets.names import check_secret_name
from listbackup.backends.secrets.plain import as_text, from_text
from listbackup.base.errors import BackendError, InputError, KeyUnavailable
from listbackup.base.secret import Secret

_MOST_CHARACTERS = 65536
_NOT_THERE = "ResourceNotFoundException"
_DELETED = "InvalidRequestException"  # it waits for its end, because somebody deleted it in the console


class ManagedSecrets:
    """Secrets whose names begin with ``prefix`` (as in ``listbackup/main/``); safe to share between threads and between processes."""

    def __init__(self, aws: Aws, prefix: str, *, key: str | None = None) -> None:
        self._aws, self._prefix, self._key = aws, prefix, key

    def set(self, name: str, value: Secret) -> None:
        """See the port. Raises InputError for a value beyond 65,536 characters."""
        secret, text = self._name(name), as_text(value.reveal())
        if len(text.encode()) > _MOST_CHARACTERS:
            raise InputError(f"a secret holds at most {_MOST_CHARACTERS} bytes", field="value")
        try:
            self._ask("keep a secret", "put_secret_value", SecretId=secret, SecretString=text)
        except AwsRefused as error:
            if error.code == _DELETED:
                self._ask("take back a secret", "restore_secret", SecretId=secret)
            elif error.code == _NOT_THERE:
                self._create(secret, text)
                return
            else:
                raise
            self._ask("keep a secret", "put_secret_value", SecretId=secret, SecretString=text)

    def find(self, name: str) -> Secret | None:
        """See the port. Raises KeyUnavailable when its KMS key cannot be used."""
        try:
            answer = self._ask("read a secret", "get_secret_value", SecretId=self._name(name))
        except AwsRefused as error:
            if error.code in (_NOT_THERE, _DELETED):
                return None
            if error.code in ("DecryptionFailure", "DecryptionFailureException"):
                raise KeyUnavailable(
                    "the KMS key of a secret cannot be used", hint="was it disabled? may this role decrypt with it?"
                ) from error
            raise
        text = answer.get("SecretString")
        return Secret(from_text(text)) if text is not None else Secret(answer["SecretBinary"].decode(errors="replace"))

    def remove(self, name: str) -> None:
        """See the port."""
        try:
            self._ask("remove a secret", "delete_secret", SecretId=self._name(name), ForceDeleteWithoutRecovery=True)
        except AwsRefused as error:
            if error.code != _NOT_THERE:
                raise

    def list_names(self) -> Sequence[str]:
        """See the port."""
        found: list[str] = []
        more: dict[str, str] = {}
        while True:
            filters = [{"Key": "name", "Values": [self._prefix]}]
            answer = self._ask("list secrets", "list_secrets", Filters=filters, MaxResults=100, **more)
            found += [one["Name"].removeprefix(self._prefix) for one in answer["SecretList"] if one["Name"].startswith(self._prefix)]
            if not answer.get("NextToken"):
                return sorted(found)
            more = {"NextToken": answer["NextToken"]}

    def _create(self, secret: str, text: str) -> None:
        key = {"KmsKeyId": self._key} if self._key else {}
        try:
            self._ask("keep a secret", "create_secret", Name=secret, SecretString=text, **key)
        except AwsRefused as error:
            if error.code == "ResourceExistsException":  # somebody else was faster, or our first answer was lost
                self._ask("keep a secret", "put_secret_value", SecretId=secret, SecretString=text)
            elif error.code == _DELETED:  # it was removed a moment ago and its name is not free yet
                raise BackendError(
                    "a secret that was just removed is not gone yet", retryable=True, hint="set it again in a moment"
                ) from error
            else:
                raise

    def _name(self, name: str) -> str:
        return self._prefix + check_secret_name(name)

    def _ask(self, what: str, operation: str, **fields: Any) -> Any:  # botocore makes its clients' types at run time
        call = getattr(self._aws.client("secretsmanager"), operation)
        return self._aws.ask(lambda: call(**fields), what)
