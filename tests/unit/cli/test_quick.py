"""Starting quickly changes nothing that can be seen."""

import dataclasses
import inspect
import subprocess
import sys
from collections.abc import Iterator

import pytest

from listbackup.cli.app import build
from listbackup.cli.quick import compile_late, with_room


@pytest.fixture
def late() -> Iterator[None]:
    """Data classes made inside the test are made as commands make them."""
    at_once = dataclasses._create_fn  # type: ignore[attr-defined]
    compile_late()
    yield
    dataclasses._create_fn = at_once  # type: ignore[attr-defined]


@pytest.mark.usefixtures("late")
def test_a_class_that_is_compiled_late_is_written_compared_hashed_and_frozen_like_any_other() -> None:
    """What users of a data class can tell is the same."""

    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class Point:
        x: int
        y: int = 0

    one = Point(x=1)
    assert repr(one).endswith("Point(x=1, y=0)")
    assert (one == Point(x=1), one == Point(x=2), one == 1) == (True, False, False)
    assert {one: "found"}[Point(x=1)] == "found"
    with pytest.raises(dataclasses.FrozenInstanceError, match="'x'"):
        one.x = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="'x'"):
        del one.x


@pytest.mark.usefixtures("late")
def test_a_class_that_is_compiled_late_is_made_like_any_other() -> None:
    """Defaults, what is computed after, a class above that is asked first, and the complaint about what is missing."""

    @dataclasses.dataclass
    class Above:
        name: str
        tags: list[str] = dataclasses.field(default_factory=list)

    class Between(Above):
        def __init__(self) -> None:
            super().__init__("between")

    @dataclasses.dataclass(slots=True, kw_only=True)
    class Below(Above):
        size: int = 2
        double: int = dataclasses.field(init=False)

        def __post_init__(self) -> None:
            self.double = 2 * self.size

    below = Below(name="below", size=3)
    assert (Between().name, below.name, below.double, Below(name="again").tags is not below.tags) == ("between", "below", 6, True)
    assert dataclasses.replace(below, size=4).double == 8
    with pytest.raises(TypeError, match=r"Below.__init__\(\) missing 1 required positional argument: 'name'"):
        Below()  # type: ignore[call-arg]
    assert [*inspect.signature(Below).parameters] == ["name", "tags", "size"]  # known from its first use on


@pytest.mark.usefixtures("late")
def test_a_class_that_is_compiled_late_sorts() -> None:
    """Ordering is compiled late too."""

    @dataclasses.dataclass(order=True)
    class Rank:
        place: int

    assert sorted([Rank(2), Rank(1)]) == [Rank(1), Rank(2)]


def test_a_call_with_room_returns_what_it_returns_and_lets_errors_through() -> None:
    """The large frame is not seen from outside, and recursion is still bounded."""

    def for_ever() -> int:
        return for_ever()

    assert with_room(lambda: 7) == 7
    with pytest.raises(KeyError):
        with_room(lambda: {}[1])  # type: ignore[no-any-return]
    with pytest.raises(RecursionError):
        with_room(for_ever)
    assert sys.getrecursionlimit() < 40_000


def test_numpy_without_its_docstrings_computes_as_ever() -> None:
    """Only what is written on its functions is missing: it is loaded by our commands as by anybody."""
    program = (
        "from listbackup.cli.quick import leave_out_docstrings; leave_out_docstrings()\n"
        "import numpy as np; import numpy.linalg, numpy.random, numpy.ma\n"
        "found = np.searchsorted(np.sort(np.array([3, 1, 2], np.uint64)), [2, 3]).tolist()\n"
        "print(found, np.concatenate([[1], [2]]).sum(), np.array(['a'], 'S16').tobytes() == b'a'.ljust(16, bytes(1)), np.ndarray.sort.__doc__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[1, 2] 3 True None\n", "")


def test_the_version_is_told_without_loading_a_command() -> None:
    """``--version`` needs none of them; help needs all."""
    assert not build(["--version"]).registered_commands
    assert len(build(["--help"]).registered_commands) > 10


def test_what_only_looks_at_records_loads_nothing_that_speaks_to_a_platform_or_writes_letters() -> None:
    """The services behind ``show`` know of connections and letters without the wire, TLS and mail."""
    services = (
        "import sys, listbackup.cli.commands.show, listbackup.bootstrap.embedded, listbackup.services.data, listbackup.services.sources"
    )
    loaded = subprocess.run([sys.executable, "-c", f"{services}; print(*sys.modules)"], capture_output=True, text=True, check=True)
    assert (_HEAVY | _FOR_PEOPLE | _FOR_THE_WIRE).isdisjoint(loaded.stdout.split())


def test_what_backs_up_loads_nothing_that_people_sign_in_with() -> None:
    """A backup speaks to platforms over a wire of our own; TLS and YAML are loaded by those that need them."""
    services = (
        "import sys, listbackup.cli.commands.backup, listbackup.bootstrap.embedded, listbackup.services.runs, "
        "listbackup.connectors.engine.session, listbackup.connectors.engine.client, listbackup.connectors.engine.reading"
    )
    loaded = subprocess.run([sys.executable, "-c", f"{services}; print(*sys.modules)"], capture_output=True, text=True, check=True)
    assert (_HEAVY | _FOR_PEOPLE).isdisjoint(loaded.stdout.split())


_HEAVY = {"http.client", "ssl", "email.message", "yaml", "rich", "pydantic", "asyncio", "tomllib"}
_FOR_PEOPLE = {
    "listbackup.backends.identity.port",
    "listbackup.http.problem",
    "listbackup.services.connections.consent",
    "listbackup.services.post",
    "listbackup.services.auth",
    "listbackup.services.accounts.invitations",
    "listbackup.services.accounts.tenancy",
    "listbackup.services.hooks",
}
_FOR_THE_WIRE = {"listbackup.connectors.engine.egress", "listbackup.connectors.engine.sign_in", "listbackup.connectors.engine.client"}
