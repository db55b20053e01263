"""Bugs that other backup programs once had, planted into our code: the proof that watches over each must fail.

Each proof is the test itself, taken from its file as it stands; it passes without the mistake (that is what its own run shows) and must not pass with it. Where
a proof plants its own mistakes, they are not planted here again: docs/design/trust.md tells which.
"""

from __future__ import annotations

import importlib.util
import random
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import msgspec
import pytest
import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, Phase, settings

from listbackup.backends.keyring import seal
from listbackup.backends.objects.port import ObjectInfo
from listbackup.base.errors import BackendError, DamagedError, StoreError
from listbackup.connectors.engine import body
from listbackup.processor.restore_model import Entry, EntryState
from listbackup.services.data.journal import TableJournal
from listbackup.store import rebuild, sealed, sweep
from listbackup.store import store as store_module
from listbackup.store.detect import Prior
from listbackup.store.head import Head
from listbackup.store.sealed import Codec, Frame, ObjectType
from listbackup.store.sizes import Sizes
from listbackup.store.store import Store
from listbackup.testing.faults import Fault, FaultyObjects
from listbackup.testing.kill9.giveback import GivingBack
from listbackup.testing.kill9.harness import Harness
from listbackup.testing.mistakes import Mistake, changed, planted
from listbackup.testing.scratch import memory_folder

TESTS = Path(__file__).parents[1]
SHOWN_QUICKLY = settings(
    max_examples=300, deadline=None, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
NOTICED = (AssertionError, StoreError, pytest.fail.Exception)
Planted = Callable[[], AbstractContextManager[object]]


# nonces and salts that are not fresh (tarsnap, 2011) ---------------------------------------------------------------------------


class WornDice:
    """Randomness that always says the same."""

    @staticmethod
    def urandom(size: int) -> bytes:
        return b"\x07" * size


@contextmanager
def the_same_salt() -> Iterator[None]:
    with changed(seal, "os", WornDice), changed(sealed, "os", WornDice):
        yield


class OneNonce:
    """AES-GCM that forgets to count."""

    def __init__(self, key: bytes) -> None:
        self._right = AESGCM(key)

    def encrypt(self, _nonce: bytes, data: bytes, bound: bytes) -> bytes:
        return self._right.encrypt(bytes(12), data, bound)

    def decrypt(self, _nonce: bytes, data: bytes, bound: bytes) -> bytes:
        return self._right.decrypt(bytes(12), data, bound)


def the_same_nonce() -> AbstractContextManager[None]:
    """As it was there: what is written can be read again."""
    return changed(sealed, "AESGCM", OneNonce)


# the type of an object is not looked at (borg, 2016 and 2023) ------------------------------------------------------------------

_right_checked = sealed._checked


def _any_type(
    header: bytes, place: bytes, _kind: ObjectType, object_id: bytes | None, where: str
) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    return _right_checked(header, place, ObjectType(header[6]), object_id, where)


def any_type() -> AbstractContextManager[None]:
    return changed(sealed, "_checked", _any_type)


# a failed listing is an empty one (restic #4612) -------------------------------------------------------------------------------

_right_look = sweep.look


def _look_or_nothing(store: Store) -> tuple[Sequence[ObjectInfo], Head]:
    try:
        return _right_look(store)
    except BackendError:
        return (), store.root.read().head


def a_failed_listing_is_empty() -> AbstractContextManager[None]:
    return changed(sweep, "look", _look_or_nothing)


# an upload that failed, or found the disk full, and nobody was told (restic #1589, borg 2 beta) --------------------------------

_right_put = FaultyObjects.put


def _put_and_hope(self: FaultyObjects, name: str, data: bytes | Iterable[bytes]) -> None:
    whole = data if isinstance(data, bytes) else b"".join(data)
    with suppress(BackendError):
        _right_put(self, name, whole)


def failed_uploads_are_forgotten() -> AbstractContextManager[None]:
    return changed(FaultyObjects, "put", _put_and_hope)


# a local cache that belongs to another state of the store (borg #9748) ---------------------------------------------------------

_right_load = store_module.load_prior


def _load_the_oldest(path: Path, *, with_canon: bool, sizes: Sizes) -> Prior | None:
    """Believes the first local state of a stream that it ever saw, whatever the head says now."""
    kept = path.parent.parent / f"{path.name.partition('-')[0]}-{with_canon}"
    found = _right_load(path, with_canon=with_canon, sizes=sizes)
    if found is not None and not kept.exists():
        kept.write_bytes(path.read_bytes())
    return _right_load(kept, with_canon=with_canon, sizes=sizes) if kept.exists() else found


def a_stale_cache() -> AbstractContextManager[None]:
    return changed(store_module, "load_prior", _load_the_oldest)


# a repair that throws away what is good (borg #3444) ---------------------------------------------------------------------------

_right_opened = rebuild._opened


def _opened_without_a_stream(store: Store, name: str) -> Head | None:
    head = _right_opened(store, name)
    return msgspec.structs.replace(head, streams=dict(list(head.streams.items())[1:])) if head is not None else None


def a_destructive_repair() -> AbstractContextManager[None]:
    return changed(rebuild, "_opened", _opened_without_a_stream)


# a compressor that corrupts, and nobody looks (restic #4523) -------------------------------------------------------------------


class BadMemory:
    """A compressor in whose memory a bit has flipped."""

    def compress(self, raw: bytes) -> bytes:
        return zstandard.ZstdCompressor().compress(raw[:-1] + bytes([raw[-1] ^ 1]) if raw else raw)


def _squeeze_unseen(kind: int, raw: bytes, *, level: int = 3) -> Frame:
    data = BadMemory().compress(raw)
    return Frame(kind, Codec.ZSTD, len(raw), data) if len(data) < len(raw) else Frame(kind, Codec.STORED, len(raw), raw)


def a_compressor_nobody_checks() -> AbstractContextManager[None]:
    return changed(sealed, "squeeze", _squeeze_unseen)


# the end of a compressed body is not asked for (every popular HTTP client) -----------------------------------------------------


def _inflate_what_came(raw: bytes, wbits: int, _limits: body.BodyLimits) -> bytes:
    return zlib.decompressobj(wbits).decompress(raw)


def a_cut_body_is_whole() -> AbstractContextManager[None]:
    return changed(body, "_inflate", _inflate_what_came)


# -------------------------------------------------------------------------------------------------------------------------------

DIES = "unit/store/test_resume.py::test_whatever_request_it_dies_at_the_snapshot_is_the_same"
MISTAKES: dict[str, tuple[Planted, str, dict[str, object]]] = {
    "salt not fresh": (the_same_salt, "unit/store/test_sealed.py::test_two_sealings_share_nothing", {}),
    "salt of a field not fresh": (the_same_salt, "fuzz/test_seal_mangling.py::test_no_salt_is_drawn_twice", {}),
    "nonce not fresh": (
        the_same_nonce,
        "golden/test_golden_store.py::test_todays_code_reads_what_was_frozen",
        {"here": Path(__file__).parents[1] / "golden" / "store-v1"},
    ),
    "type of an object not authenticated": (any_type, "unit/store/test_sealed.py::test_it_does_not_open_elsewhere", {}),
    "listing error taken for empty": (
        a_failed_listing_is_empty,
        "unit/store/test_maintenance.py::test_a_failed_listing_deletes_nothing",
        {},
    ),
    "upload lost and the run reported fine": (failed_uploads_are_forgotten, DIES, {"fault": Fault.BEFORE}),
    "full repository swallowed": (failed_uploads_are_forgotten, DIES, {"fault": Fault.FULL}),
    "stale cache believed": (
        a_stale_cache,
        "unit/store/test_face.py::test_the_local_state_is_made_again_when_it_is_missing_or_damaged",
        {},
    ),
    "repair deletes what is good": (
        a_destructive_repair,
        "unit/store/test_maintenance.py::test_a_lost_head_is_put_back",
        {"origin": rebuild.Origin.MIRROR},
    ),
    "compressor corrupts, nobody looks": (
        a_compressor_nobody_checks,
        "unit/store/test_sealed.py::test_what_is_squeezed_comes_back",
        {"raw": b"\x00" * 100_000},
    ),
    "end of a gzip body not checked": (
        a_cut_body_is_whole,
        "unit/engine/test_client.py::test_a_cut_or_flipped_gzip_body_is_refused_or_the_same",
        {},
    ),
}


def proof(where: str) -> Callable[..., None]:
    """The test of this name, from its file read anew: so that what it imports by name is what is planted now."""
    path, _, name = where.partition("::")
    spec = importlib.util.spec_from_file_location(f"planted_{Path(path).stem}", TESTS / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    test: Callable[..., None] = getattr(module, name)
    return SHOWN_QUICKLY(test) if hasattr(test, "hypothesis") else test


def run(where: str, given: dict[str, object], folder: Path) -> None:
    test = proof(where)
    wants_folder = "tmp_path" in test.__code__.co_varnames[: test.__code__.co_argcount]
    test(**given, **({"tmp_path": folder} if wants_folder else {}))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_proof_fails_on_the_planted_mistake(mistake: str, tmp_path: Path) -> None:
    plant, where, given = MISTAKES[mistake]
    with pytest.raises(NOTICED), plant():
        run(where, given, tmp_path)


@pytest.mark.parametrize("where", [DIES])
def test_the_proof_holds_on_a_full_disk_where_nothing_is_swallowed(where: str, tmp_path: Path) -> None:
    """This one is not run with a full disk at its own place."""
    run(where, {"fault": Fault.FULL}, tmp_path)


def test_a_compressor_that_corrupts_is_noticed_before_anything_is_sealed() -> None:
    with changed(sealed._Local, "compressor", lambda _self, _level, _size: BadMemory()):
        with pytest.raises(DamagedError, match="did not come back the same"):
            sealed.squeeze(sealed.FrameKind.LINES, b"what must be kept " * 40)


# what only a kill at the right moment shows ------------------------------------------------------------------------------------


def _put_only_what_is_over(self: TableJournal, entry: Entry) -> None:
    if entry.state is not EntryState.INTENT:
        _right_journal_put(self, entry)


_right_journal_put = TableJournal.put


def restore_and_undo(lives: GivingBack, children: int) -> None:
    for _ in range(children):
        lives.once()


def test_killed_restores_show_a_journal_without_intents() -> None:
    with memory_folder() as home, changed(TableJournal, "put", _put_only_what_is_over):
        lives = GivingBack(home / "life", random.Random(1))
        with pytest.raises(AssertionError, match=r"made more than once|after undoing"):
            restore_and_undo(lives, 400)


@pytest.mark.parametrize("mistake", [Mistake.DELETE_BEFORE_CAS, Mistake.NEWEST_ONLY])
@pytest.mark.timeout(900)
def test_killed_maintenance_shows_a_planted_mistake(mistake: Mistake) -> None:
    """The kill must fall between two certain calls: mostly one of the first few hundred does, and the harness ends with the first that shows."""
    with memory_folder() as home, planted(mistake):
        assert Harness(home / "work", seed=1).run(6_000).violations
