"""Which process holds a run, and whether it is still there: so that a killed one need not be waited for.

An owner's name is ``<host>/<boot>/<pid>/<start>``: of another host or in another form nothing is known; of this host a process is dead when the machine was
started anew since, or when no process of that number and start exists. Being wrong is harmless: a run that is taken over is fenced.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def owner_name() -> str:
    """This process, as the owner of runs."""
    pid = os.getpid()
    return f"{_host()}/{_boot()}/{pid}/{_started(pid) or '-'}"


def is_dead(owner: str) -> bool:
    """Whether the owner is known to be a process of this machine that is no more."""
    host, *rest = owner.split("/")
    if host != _host() or len(rest) != 3:
        return False
    boot, pid, started = rest
    if "-" in (boot, started) or not pid.isdigit():
        return False
    return boot != _boot() or _started(int(pid)) != started


def _host() -> str:
    return socket.gethostname().replace("/", "_") or "host"


def _boot() -> str:
    try:
        return _BOOT.read_text().strip().replace("-", "")[:12]
    except OSError:
        return "-"


def _started(pid: int) -> str | None:
    """When the process was started [clock ticks since boot]; None when there is none. A zombie counts as gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else fields[19]
