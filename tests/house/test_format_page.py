"""The format's page says what the code does: every field, every constant, every magic."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from listbackup.store import attach, blobs, bloom, checkpoint, columns, head, keycode, model, pack, policy, sealed, store, sweep
from listbackup.store.findings import Level

PAGE = (Path(__file__).parents[2] / "docs" / "design" / "store-format.md").read_text()
WORDS = set(re.findall(r"[A-Za-z_0-9]+", PAGE))

MAPS = [
    head.Head,
    head.PackRef,
    head.Segment,
    head.SpillRef,
    head.StreamState,
    head.SnapshotDetail,
    head.OpenEntry,
    head.Garbage,
    head.Erasure,
    head.Erased,
    head.HeadCopy,
    head.Features,
    pack.Tail,
    pack.PartTail,
    blobs.BlobTail,
    attach.BlobPointer,
    attach.AttachmentValue,
]


def fields(struct: type[msgspec.Struct]) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(struct)]


@pytest.mark.parametrize("struct", MAPS, ids=[struct.__name__ for struct in MAPS])
def test_every_field_is_on_the_page(struct: type[msgspec.Struct]) -> None:
    assert set(fields(struct)) <= WORDS


@pytest.mark.parametrize("struct", [head.PartRef, head.SnapshotEntry, head.CountsEntry])
def test_arrays_are_on_the_page_in_their_order(struct: type[msgspec.Struct]) -> None:
    assert "[" + ", ".join(fields(struct)) in PAGE


def test_names_of_a_stream_s_declaration_are_on_the_page() -> None:
    assert set(model.StreamSpec.__dataclass_fields__) <= WORDS


def test_sizes_and_magics_are_on_the_page() -> None:
    assert f"header {sealed.HEADER_BYTES} B" in PAGE
    assert f"footer {sealed.FOOTER_BYTES} B" in PAGE
    assert sealed._MAGIC.decode() in PAGE
    assert sealed._END.decode() in PAGE
    assert sealed._LABEL in PAGE
    assert (sealed.MAJOR, sealed.MINOR) == (1, 0)
    assert f"cut at {pack.VALUES_RAW_BYTES // 1024} KiB raw" in PAGE
    assert f"about {pack.KEYS_ROWS} rows" in PAGE
    assert f"at most {keycode.MAX_CODE} bytes" in PAGE
    assert f"Y frames of {blobs.PIECE_BYTES // 2**20} MiB raw" in PAGE
    assert f"ceil({bloom.BITS_PER_KEY} · rows / 64)" in PAGE
    assert f"probe i in 0..{bloom.PROBES - 1}" in PAGE
    assert f"attachments above {attach.INLINE_BYTES // 2**20} MiB" in PAGE
    assert f"older than {sweep.GRACE // timedelta(hours=1)} hours" in PAGE
    assert f"purged after {policy.TRASH.days} days" in PAGE
    assert store._FORMAT.decode() in PAGE


def test_codes_are_on_the_page() -> None:
    assert (columns.OP_MASK, columns.EVIDENCE_SHIFT, columns.CANON) == (3, 2, 1)
    assert [op.name for op in model.Op] == ["INSERT", "UPDATE", "DELETE", "CANCEL"]
    for number, evidence in enumerate(model.EVIDENCE):
        assert f"{number} {evidence}" in PAGE.replace("\n  ", " ")
    assert {kind.value for kind in model.SnapshotKind} <= WORDS
    assert [chr(kind) for kind in sealed.FrameKind] == ["V", "W", "K", "Y", "T"]
    assert [chr(kind) for kind in sealed.ObjectType] == ["H", "S", "P", "C", "B"]
    assert {model.ATTACHMENTS, model.BLOBS} <= WORDS
    assert {level.value for level in Level} >= {"listing", "read_data", "digests"}


def test_a_checkpoint_is_nothing_a_reader_needs() -> None:
    assert "a reader never needs one" in PAGE
    assert checkpoint.CheckpointBody.__doc__
