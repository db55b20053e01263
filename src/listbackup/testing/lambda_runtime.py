"""A function as AWS runs it, on this machine: its folder and a bare Python, under AWS's own interface client, called over a Runtime API of ours.

Real are the interface client, the isolation from this checkout's packages, the cold start, errors while loading, request ids, deadlines and the kill at the timeout. Not real are
the machine (memory, its CPU share, a read-only root) and, where the folder was built for another Python than this, nothing runs at all.
Source: docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, read 2026-11-21.
"""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distribution
from pathlib import Path
from types import TracebackType
from typing import Any

from listbackup.base.clock import SystemClock
from listbackup.base.ids import new_id

_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")  # what AWS's own image has beside a function
_START = "import runpy, sys; sys.path[:0] = [{code!r}, {client!r}]; sys.argv = ['awslambdaric', {handler!r}]; runpy.run_module('awslambdaric', run_name='__main__')"
_LOADING_SECONDS = 30.0  # AWS gives 10 on a machine of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """How a call ended: what was answered, or an error as AWS words it."""

    answer: Any = None
    error: Mapping[str, Any] | None = None
    cpu_ms: int = 0  # of the whole process since its start

    @property
    def kind(self) -> str:
        """The error's type."""
        return str((self.error or {}).get("errorType", ""))


def client_folder(folder: Path) -> Path:
    """A folder that holds AWS's interface client and what it needs, and nothing else of this environment."""
    for name in _CLIENT:
        found = distribution(name)
        for file in found.files or ():
            source = Path(str(file.locate()))
            if ".." not in file.parts and source.is_file() and "__pycache__" not in file.parts:
                target = folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
    return folder


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A function that is killed hangs up: nobody needs to know."""


class Function:
    """One function; its process is started by the first call and by the first one after it was killed."""

    def __init__(self, code: Path, handler: str, *, client: Path, environ: Mapping[str, str] | None = None, timeout: float = 30.0) -> None:
        self._code, self._handler, self._client, self._environ, self._timeout = code, handler, client, dict(environ or {}), timeout
        self._clock = SystemClock()
        self._calls: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._ended: queue.Queue[tuple[str, Any, Mapping[str, Any] | None]] = queue.Queue()
        self._process: subprocess.Popen[bytes] | None = None
        self._server = _Server(("127.0.0.1", 0), self._protocol())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def call(self, event: object) -> Returned:
        """What it makes of the event."""
        fresh = self._process is None or self._process.poll() is not None
        if fresh:
            self._start()
        assert self._process is not None
        id_ = new_id("inv", 0)
        self._calls.put((id_, json.dumps(event).encode()))
        patience = self._timeout + (_LOADING_SECONDS if fresh else 0)
        end = self._clock.monotonic() + patience
        while True:
            try:
                named, answer, error = self._ended.get(timeout=max(0.0, min(0.2, end - self._clock.monotonic())))
            except queue.Empty:
                if self._process.poll() is not None:
                    return Returned(error={"errorType": "Runtime.ExitError", "errorMessage": f"exit status {self._process.returncode}"})
                if self._clock.monotonic() < end:
                    continue
                self.kill()
                return Returned(
                    error={"errorType": "Sandbox.Timedout", "errorMessage": f"Task timed out after {self._timeout:.2f} seconds"}
                )
            if named in (id_, "init"):
                return Returned(answer=answer, error=error, cpu_ms=_cpu_ms(self._process.pid))

    def kill(self) -> None:
        """As AWS does when a call takes too long."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Function:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.kill()
        self._server.shutdown()
        self._server.server_close()

    def _start(self) -> None:
        program = _START.format(code=str(self._code), client=str(self._client), handler=self._handler)
        own = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            "LAMBDA_TASK_ROOT": str(self._code),
            "_HANDLER": self._handler,
            "AWS_LAMBDA_FUNCTION_NAME": "function",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/function",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "TZ": ":UTC",
            "LANG": "en_US.UTF-8",
        }
        command = [sys.executable, "-I", "-S", "-B", "-c", program]
        self._process = subprocess.Popen(
            command, cwd=self._code, env={**own, **self._environ}, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )

    def _protocol(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Protocol(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:
                """Nothing is logged."""

            def do_GET(self) -> None:
                id_, event = outer._calls.get()
                deadline = int((outer._clock.now().timestamp() + outer._timeout) * 1000)
                told = {
                    "Request-Id": id_,
                    "Deadline-Ms": str(deadline),
                    "Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:function",
                }
                self._answer(
                    200,
                    event,
                    {f"Lambda-Runtime-{name}": "".join(value) for name, value in told.items()} | {"Lambda-Runtime-Aws-Request-Id": id_},
                )

            def do_POST(self) -> None:
                said = self._body()
                *_, id_, what = self.path.split("/")
                content = json.loads(said) if said else None
                outer._ended.put((id_, content, None) if what == "response" else (id_, None, content))
                self._answer(202, b'{"status":"OK"}', {})

            def _body(self) -> bytes:
                if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                pieces = []
                while size := int(self.rfile.readline(), 16):
                    pieces.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(pieces)

            def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        return Protocol


def _cpu_ms(pid: int) -> int:
    """What the process has used of the CPU, all its threads, also those that ended [ms]; to a hundredth of a second."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) * 10
