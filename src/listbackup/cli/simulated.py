"""A simulated platform as a child process, for the demonstration and the proof: started, told to let a day pass, stopped by its process id."""

from __future__ import annotations

import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec

from listbackup.base.decode import from_json, from_plain
from listbackup.base.errors import ListBackupError

_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class SimulatedCrm:
    """Where the platform listens, and the token that it accepts."""

    url: str
    token: str
    pid: int

    def pass_day(self, **shares: float) -> dict[str, Any]:
        """Let a simulated day pass there: records change, go and come."""
        return from_json(self._ask("POST", "/simulate/day", msgspec.json.encode(shares)), dict[str, Any])

    def truth(self, stream: str) -> list[bytes]:
        """Every record of a stream as the platform has it, one a line."""
        return [line for line in self._ask("GET", f"/simulate/truth/{stream}").split(b"\n") if line]

    def counts(self) -> dict[str, int]:
        """How many records of each stream there are now."""
        return from_plain(msgspec.json.decode(self._ask("GET", "/simulate/ledger"))["counts"], dict[str, int])

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            content = answer.read()
        except OSError as error:
            raise ListBackupError(f"the simulated platform does not answer: {error}") from None
        finally:
            connection.close()
        if answer.status != 200:
            raise ListBackupError(f"the simulated platform answers {answer.status} to {path}")
        return content


@contextmanager
def simulated_crm(*, records: int, seed: int = 1) -> Iterator[SimulatedCrm]:
    """The platform for the length of the block. It also ends by itself when this process does."""
    command = [sys.executable, "-m", "listbackup.testing.saas", "--records", str(records), "--seed", str(seed), "--until-stdin-ends"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        line = child.stdout.readline()
        if not line:
            raise ListBackupError("the simulated platform did not start", hint="try:  python -m listbackup.testing.saas")
        told = from_json(line, dict[str, str])
        yield SimulatedCrm(url=told["base_url"], token=told["token"], pid=child.pid)
    finally:
        child.stdin.close()
        child.terminate()
        child.wait(timeout=10)
        child.stdout.close()
