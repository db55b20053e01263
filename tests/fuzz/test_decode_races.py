"""Many threads that decode a type for the first time, all at once: in a process of its own, for the fault that this guards against ends the process."""

from __future__ import annotations

import subprocess
import sys

import pytest

FIRST_TIMES = """
import dataclasses, datetime, sys, threading, msgspec
from listbackup.base.decode import from_json, from_msgpack, from_plain
from listbackup.testing.together import in_threads

def made():
    Inner = msgspec.defstruct("Inner", [("x", int), ("y", str)])

    @dataclasses.dataclass(frozen=True)
    class Outer:
        a: int
        at: datetime.datetime
        inner: Inner | None = None
        more: tuple[str, ...] = ()

    return Outer

VALUE = {"a": 1, "at": "2026-01-01T00:00:00Z", "inner": {"x": 1, "y": "z"}}
RAW = {"json": msgspec.json.encode(VALUE), "msgpack": msgspec.msgpack.encode(VALUE), "plain": VALUE}[sys.argv[1]]
READ = {"json": from_json, "msgpack": from_msgpack, "plain": from_plain}[sys.argv[1]]
for _ in range(60):
    kind, found, gate = made(), [], threading.Barrier(32)
    def work():
        gate.wait()
        found.append(READ(RAW, kind).inner.x)
    in_threads(work, 32)
    assert found == [1] * 32
"""


@pytest.mark.parametrize("form", ["json", "msgpack", "plain"])
def test_a_type_may_be_decoded_for_the_first_time_by_many_threads(form: str) -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_TIMES, form], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
