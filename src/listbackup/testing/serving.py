"""A real ``listbackup serve`` in a process of its own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE_SECONDS = 60  # for an end that is asked for; two busy processors are slow


@dataclass(frozen=True, kw_only=True)
class Serving:
    """A server that said where it is; ``setup_code`` while nobody owns it, ``first_key`` at its first start."""

    home: Path
    port: int
    setup_code: str | None
    first_key: str | None = field(repr=False)
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self.home / ".local" / "share" / "listbackup"

    def stop(self) -> int:
        """Ask it to stop; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()


def start(home: Path, *options: str, environment: Mapping[str, str]) -> Serving:
    """A server with this home, at a port that is free, as soon as it says where. ``environment`` holds at least ``PATH``."""
    program = [sys.executable, "-c", "from listbackup.cli.main import main; main()", "serve", "--port", "0", "--json", *options]
    process = subprocess.Popen(program, env={"LANG": "C.UTF-8", **environment, "HOME": str(home)}, stdout=subprocess.PIPE)
    assert process.stdout is not None
    said: dict[str, str] = {}
    while "url" not in said:
        line = process.stdout.readline()
        assert line, f"it ended before it served: {process.wait()}"
        said |= json.loads(line)
    port = int(re.findall(r":(\d+)/", said["url"])[0])
    return Serving(home=home, port=port, setup_code=said.get("setup_code"), first_key=said.get("first_api_key"), process=process)


@contextmanager
def serving(home: Path, *options: str, environment: Mapping[str, str]) -> Iterator[Serving]:
    """The same for as long as the block runs."""
    served = start(home, *options, environment=environment)
    try:
        yield served
    finally:
        served.stop()
