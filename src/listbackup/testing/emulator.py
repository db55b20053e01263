"""AWS on this machine, for tests: ministack in a process of its own, on loopback, with signatures and policies enforced.

What it does otherwise than AWS stands in the tests that meet it. It is never under the product: what it keeps does not survive a crash.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from listbackup.base.clock import SystemClock

VENV = Path(__file__).parents[3] / ".emulator"
REGION = "us-east-1"
KEY = "test"  # id and secret of the root user
_START_SECONDS = 60.0  # half a second on a quiet machine
_STOP_SECONDS = 20.0
# Names below localhost are this machine (RFC 6761, 6.3), which not every libc knows; its CloudFront asks its gateway by such a name.
_START = """
import socket, sys
found = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more, **said: found("127.0.0.1" if str(host).endswith(".localhost") else host, *more, **said)
from ministack.app import main
sys.exit(main())
"""
_TRIES = 3  # a free port may be taken by somebody else before it is ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulator:
    """One that runs."""

    endpoint: str  # http://127.0.0.1:port
    folder: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    @classmethod
    def start(cls, folder: Path, *, services: Mapping[str, str] | None = None) -> Emulator:
        """One whose state lies in ``folder`` and is gone with the process; ``services`` are further settings of ministack's own.

        Raises RuntimeError when it is not installed (``make emulator``) or does not come up.
        """
        program = VENV / "bin" / "python"
        if not (VENV / "bin" / "ministack").exists():
            raise RuntimeError("the AWS emulator is not installed: make emulator")
        folder.mkdir(parents=True, exist_ok=True)
        for _ in range(_TRIES):
            started = cls._launch(program, folder, dict(services or {}))
            if started._is_up():
                return started
            started.stop()
        raise RuntimeError(f"the AWS emulator did not come up: see {folder / 'log'}")

    @classmethod
    def _launch(cls, program: Path, folder: Path, services: dict[str, str]) -> Emulator:
        port = _free_port()
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen([program, "-c", _START], env=_settings(folder, port) | services, stdout=log, stderr=log, cwd=folder)
        return cls(endpoint=f"http://127.0.0.1:{port}", folder=folder, process=process)

    @property
    def environment(self) -> Mapping[str, str]:
        """What a program that speaks AWS is given, so that it speaks to this one and to nobody else."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def stop(self) -> None:
        """End it and forget what it kept."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _is_up(self) -> bool:
        clock = SystemClock()
        end = clock.monotonic() + _START_SECONDS
        while clock.monotonic() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=5) as answer:  # noqa: S310 - an address of our own making
                    return isinstance(json.load(answer).get("services"), dict)
            except (urllib.error.URLError, OSError, ValueError):
                clock.sleep(0.1)
        return False


def _settings(folder: Path, port: int) -> dict[str, str]:
    """Nothing of this process's environment goes along: certificates, proxies and credentials of the machine are not the emulator's."""
    return {
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "BIND_HOST": "127.0.0.1",  # all interfaces otherwise
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "AUTH": "true",
        "LOG_LEVEL": "WARNING",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
