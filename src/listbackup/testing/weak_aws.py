"""AWS as a bad line shows it: answers that are lost after the work was done, and refusals that ask for patience."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from listbackup.backends.aws_client import Aws


class WeakAws(Aws):
    """Another way to the same services, on which the next calls go wrong as told."""

    def __init__(self, inner: Aws) -> None:
        super().__init__(inner.region, inner.endpoint)
        self._inner = inner
        self._faults: list[tuple[str, Callable[[Callable[[], Any]], Any]]] = []
        self.asked: list[str] = []  # every operation, in order

    def client(self, service: str) -> Any:
        """See ``Aws``."""
        return _WeakClient(self, self._inner.client(service))

    def lose_answer(self, operation: str, times: int = 1) -> None:
        """The next calls of this operation are carried out, and nobody hears of it."""

        def lost(call: Callable[[], Any]) -> Any:
            from botocore.exceptions import ReadTimeoutError

            call()
            raise ReadTimeoutError(endpoint_url="the line")

        self._faults += [(operation, lost)] * times

    def refuse(self, operation: str, code: str, *, times: int = 1, status: int = 400, **answer: Any) -> None:
        """The next calls of this operation are not carried out; AWS says this code."""

        def refused(_: Callable[[], Any]) -> Any:
            from botocore.exceptions import ClientError

            said = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}, **answer}
            raise ClientError(said, operation)  # type: ignore[arg-type]  # what botocore itself puts there is wider than its stubs

        self._faults += [(operation, refused)] * times

    def carry(self, operation: str, call: Callable[[], Any]) -> Any:
        """The answer, or what was planned for this operation."""
        self.asked.append(operation)
        for at, (planned, fault) in enumerate(self._faults):
            if planned == operation:
                del self._faults[at]
                return fault(call)
        return call()


class _WeakClient:
    def __init__(self, line: WeakAws, client: Any) -> None:
        self._line = line
        self._client = client

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        call = getattr(self._client, operation)
        return lambda **request: self._line.carry(operation, lambda: call(**request))
