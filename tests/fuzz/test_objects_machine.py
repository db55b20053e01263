"""Objects act as a dictionary does, whatever is done to them in whatever order."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from listbackup.backends.objects.files import FilesObjects
from listbackup.backends.objects.memory import MemoryObjects
from listbackup.backends.objects.metered import MeteredObjects
from listbackup.backends.objects.port import ObjectExists, ObjectMissing, Objects
from listbackup.backends.objects.retrying import RetryingObjects
from listbackup.base.retry import RetryPolicy
from listbackup.testing.clock import ManualClock
from listbackup.testing.faults import Fault, Faults, FaultyObjects

# No name is another's folder: files cannot have both.
NAMES = st.sampled_from(["a/1", "a/2", "a-b/1", "a.b", "b/c/d/1", "b/c/d/2", "b/c/e", "z"])
BYTES = st.binary(max_size=40)
PREFIXES = st.sampled_from(["", "a", "a/", "a-", "b/c", "b/c/d/", "b/c/d/1", "z", "nothing"])


class ObjectsMachine(RuleBasedStateMachine):
    certain = True  # whether ObjectExists always means somebody else's bytes

    def make(self) -> Objects:
        return MemoryObjects()

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, bytes] = {}
        self.objects = self.make()

    @rule(name=NAMES, data=BYTES, chunked=st.booleans())
    def put(self, name: str, data: bytes, chunked: bool) -> None:
        try:
            self.objects.put(name, iter([data[:7], data[7:]]) if chunked else data)
        except ObjectExists:
            assert name in self.model
        else:
            assert name not in self.model or (not self.certain and self.model[name] == data)
            self.model[name] = data

    @rule(name=NAMES, data=BYTES)
    def replace(self, name: str, data: bytes) -> None:
        self.objects.replace(name, data)
        self.model[name] = data

    @rule(name=NAMES, start=st.integers(0, 45), length=st.none() | st.integers(0, 45))
    def get(self, name: str, start: int, length: int | None) -> None:
        if name in self.model:
            whole = self.model[name]
            assert self.objects.get(name, start, length) == (whole[start:] if length is None else whole[start : start + length])
        else:
            with pytest.raises(ObjectMissing):
                self.objects.get(name, start, length)

    @rule(name=NAMES, length=st.integers(0, 45))
    def get_tail(self, name: str, length: int) -> None:
        if name in self.model:
            whole = self.model[name]
            assert self.objects.get_tail(name, length) == (whole[len(whole) - min(length, len(whole)) :], len(whole))
        else:
            with pytest.raises(ObjectMissing):
                self.objects.get_tail(name, length)

    @rule(name=NAMES)
    def find(self, name: str) -> None:
        info = self.objects.find(name)
        assert (info and info.size_bytes) == (len(self.model[name]) if name in self.model else None)

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        self.objects.delete(name)
        self.model.pop(name, None)

    @rule(prefix=PREFIXES)
    def list(self, prefix: str) -> None:
        expected = [(name, len(self.model[name])) for name in sorted(self.model) if name.startswith(prefix)]
        assert [(info.name, info.size_bytes) for info in self.objects.list(prefix)] == expected

    @invariant()
    def all_is_as_in_the_dictionary(self) -> None:
        assert {info.name: self.objects.get(info.name) for info in self.objects.list("")} == self.model


class FilesMachine(ObjectsMachine):
    def make(self) -> Objects:
        self.folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        return FilesObjects(self.folder / "objects")

    @rule()
    def open_again(self) -> None:
        self.objects = FilesObjects(self.folder / "objects")

    def teardown(self) -> None:
        del self.objects
        shutil.rmtree(self.folder)


class RetryingMachine(ObjectsMachine):
    certain = False

    def make(self) -> Objects:
        faults = Faults.random(3, 0.3, (Fault.BEFORE, Fault.LOST_ANSWER))
        return RetryingObjects(FaultyObjects(MemoryObjects(), faults), ManualClock(), policy=RetryPolicy(attempts=80), rng=random.Random(3))


class MeteredMachine(ObjectsMachine):
    def make(self) -> Objects:
        return MeteredObjects(MemoryObjects())


@pytest.mark.parametrize("machine", [ObjectsMachine, FilesMachine, RetryingMachine, MeteredMachine])
def test_objects_are_a_dictionary(machine: Any) -> None:
    few = settings(max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=few)


@pytest.mark.long
@pytest.mark.parametrize("machine", [ObjectsMachine, FilesMachine, RetryingMachine, MeteredMachine])
def test_objects_are_a_dictionary_for_long(machine: Any) -> None:
    many = settings(max_examples=2000, stateful_step_count=80, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=many)
