"""The peers: their environments, made from pinned requirements, and the commands that do the same work as ours."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measure import ROOT, WORK


@dataclass(frozen=True, slots=True)
class Peer:
    """A candidate: what it is called, whose environment it runs in, and its command for a server and an output path."""

    name: str
    environment: str
    arguments: tuple[str, ...]  # {url} and {out} are filled in
    piped_into: tuple[str, ...] = ()

    def command(self, url: str, out: Path) -> list[str]:
        """The command line; a pipe goes through a shell."""
        first = self._line(self.arguments, url, out)
        if not self.piped_into:
            return first
        return ["sh", "-c", f"{' '.join(first)} 2>/dev/null | {' '.join(self._line(self.piped_into, url, out))}"]

    def _line(self, arguments: Sequence[str], url: str, out: Path) -> list[str]:
        python = WORK / "peers" / self.environment / "bin" / "python"
        script = ROOT / "bench" / "peers" / self.environment / "run.py"
        return [str(python), str(script), *(a.format(url=url, out=out) for a in arguments)]


PEERS = (
    Peer("httpx loop to JSONL", "httpx_loop", ("{url}", "{out}")),
    Peer("airbyte-cdk", "airbyte_cdk", ("{url}", "{out}")),
    Peer("singer-sdk tap", "singer_sdk", ("tap", "{url}")),
    Peer("singer-sdk tap + target", "singer_sdk", ("tap", "{url}"), ("target", "{out}")),
    Peer("dlt, jsonl", "dlt_rest", ("{url}", "{out}", "jsonl")),
    Peer("dlt, flat jsonl", "dlt_rest", ("{url}", "{out}", "flat")),
    Peer("dlt, parquet", "dlt_rest", ("{url}", "{out}", "parquet")),
)


def ensure_environment(name: str) -> str | None:
    """Install the pinned requirements of ``bench/peers/NAME`` once; None when it is there, else why it is absent."""
    home = WORK / "peers" / name
    python = home / "bin" / "python"
    if (home / "installed").exists():
        return None
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    wanted = ROOT / "bench" / "peers" / name / "requirements.txt"
    done = subprocess.run([str(python), "-m", "pip", "install", "-q", "-r", str(wanted)], capture_output=True, text=True, check=False)
    if done.returncode:
        return f"absent: {done.stderr.strip().splitlines()[-1][:200]}"
    (home / "installed").touch()
    return None


def version(name: str) -> str:
    """The pinned version of a Python peer."""
    return (ROOT / "bench" / "peers" / name / "requirements.txt").read_text().split()[0]


def program(name: str) -> str | None:
    """Where an installed program (restic, borg) is, or None: reported as absent."""
    return shutil.which(name)
