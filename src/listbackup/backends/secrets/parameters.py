"""Parameters of SSM: plain values that stacks hand to each other, and the secrets port on SecureString, which costs nothing where Secrets Manager takes 40 cents a month each.

A standard parameter holds 4 KB; SSM's GetParameter is good for 40 calls a second: what is read often is kept by whoever reads it.
Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from listbackup.backends.aws_client import Aws, AwsRefused
from listbackup.backends.secrets.names import check_secret_name
from listbackup.backends.secrets.plain import as_text, from_text
from listbackup.base.errors import InputError
from listbackup.base.secret import Secret

_MOST_BYTES = 4096
_REFUSED = {"ValidationException", "HierarchyLevelLimitExceededException", "UnsupportedParameterType", "InvalidAllowedPatternException"}


class Parameters:
    """Plain values below ``prefix`` (as in ``/listbackup/main/``); safe to share between threads and between processes."""

    def __init__(self, aws: Aws, prefix: str) -> None:
        if not prefix.startswith("/") or not prefix.endswith("/"):
            raise InputError(f"{prefix!r} is not where parameters lie", hint="as in /listbackup/main/", field="prefix")
        self._aws, self._prefix = aws, prefix

    def set(self, name: str, value: str) -> None:
        """Create or replace; durable when it returns. Raises InputError for a value beyond 4,096 bytes or a name of more than 15 parts."""
        self.put_text(name, as_text(value), "String")

    def find(self, name: str) -> str | None:
        """The value of this name, or None."""
        try:
            answer = self._ask("read a parameter", "get_parameter", Name=self._name(name), WithDecryption=True)
        except AwsRefused as error:
            if error.code == "ParameterNotFound":
                return None
            raise
        return from_text(answer["Parameter"]["Value"])

    def remove(self, name: str) -> None:
        """Forget it; no error when there is none."""
        try:
            self._ask("remove a parameter", "delete_parameter", Name=self._name(name))
        except AwsRefused as error:
            if error.code != "ParameterNotFound":
                raise

    def list_names(self) -> Sequence[str]:
        """All names, sorted."""
        found: list[str] = []
        more: dict[str, str] = {}
        while True:
            path = self._prefix.rstrip("/") or "/"
            answer = self._ask(
                "list parameters", "get_parameters_by_path", Path=path, Recursive=True, WithDecryption=False, MaxResults=10, **more
            )
            found += [one["Name"].removeprefix(self._prefix) for one in answer["Parameters"]]
            if not answer.get("NextToken"):
                return sorted(found)
            more = {"NextToken": answer["NextToken"]}

    def put_text(self, name: str, text: str, kind: str, **more: str) -> None:
        """The parameter as SSM keeps it; ``kind`` is its type there. Raises as ``set``."""
        if len(text.encode()) > _MOST_BYTES:
            raise InputError(
                f"a parameter holds at most {_MOST_BYTES} bytes", hint="longer secrets belong into Secrets Manager", field="value"
            )
        try:
            self._ask("keep a parameter", "put_parameter", Name=self._name(name), Value=text, Type=kind, Overwrite=True, **more)
        except AwsRefused as error:
            if error.code in _REFUSED:
                raise InputError(
                    f"SSM does not take {name!r} as a parameter", hint="at most 15 parts, none of them empty", field="name"
                ) from error
            raise

    def _name(self, name: str) -> str:
        return self._prefix + check_secret_name(name)

    def _ask(self, what: str, operation: str, **fields: Any) -> Any:  # botocore makes its clients' types at run time
        call = getattr(self._aws.client("ssm"), operation)
        return self._aws.ask(lambda: call(**fields), what)


class SecureParameters:
    """The secrets port on parameters of the type SecureString; safe to share as those are. ``key`` is the KMS key, the account's own for SSM unless told."""

    def __init__(self, aws: Aws, prefix: str, *, key: str | None = None) -> None:
        self._parameters = Parameters(aws, prefix)
        self._key = key

    def set(self, name: str, value: Secret) -> None:
        """See the port. Raises as ``Parameters.set``."""
        key = {"KeyId": self._key} if self._key else {}
        self._parameters.put_text(name, as_text(value.reveal()), "SecureString", **key)

    def find(self, name: str) -> Secret | None:
        """See the port."""
        found = self._parameters.find(name)
        return None if found is None else Secret(found)

    def remove(self, name: str) -> None:
        """See the port."""
        self._parameters.remove(name)

    def list_names(self) -> Sequence[str]:
        """See the port."""
        return self._parameters.list_names()
