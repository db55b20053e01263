"""Writes a golden store and what it must say. A frozen one is never made again: a new format gets a folder of its own beside it.

python tools/make_golden_store.py tests/golden/store-v1
python tools/make_golden_store.py tests/golden/store-v1-lists short    (lists that a head spills when it grows are spilled in this little one)
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from listbackup.store import Store
from listbackup.store.sizes import SHORT_LISTS, USUAL, Sizes
from listbackup.testing.golden import RUNS, build, kit_of
from listbackup.testing.stores import Rig


def main(folder: Path, sizes: Sizes, runs: int) -> None:
    """Write ``objects/``, ``kit.json`` and ``expected.json``."""
    if folder.exists():
        raise SystemExit(f"{folder} is there already: a frozen store is not made again")
    rig = Rig(sizes=sizes)
    store = build(rig, runs)
    for info in rig.objects.list(""):
        path = folder / "objects" / info.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rig.objects.get(info.name))
    (folder / "kit.json").write_bytes(kit_of(rig.account))
    (folder / "expected.json").write_text(json.dumps(expected(store), indent=1, sort_keys=True) + "\n")


def expected(store: Store) -> dict[str, object]:
    """SHA-256 of every stream of every snapshot as lines, and of every attachment."""
    snapshots: dict[str, object] = {}
    for info in store.snapshots(trash=True):
        view = store.at(info.seq)
        streams = {name: lines_sha(view.scan(name)) for name in view.streams()}
        attachments = {
            f"{stream} {list(key)} {found.path}": hashlib.sha256(b"".join(view.open_attachment(found.id))).hexdigest()
            for stream, key in (("contacts", (1,)), ("deals", ("north", 2)))
            for found in view.attachments(stream, key)
        }
        snapshots[str(info.seq)] = {"id": info.id, "streams": streams, "attachments": attachments}
    return {"source": store.source, "snapshots": snapshots}


def lines_sha(records: object) -> str:
    """SHA-256 of the records' bytes, each with a newline."""
    digest = hashlib.sha256()
    for record in records:  # type: ignore[attr-defined]
        digest.update(record.raw + b"\n")
    return digest.hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *((SHORT_LISTS, 22) if "short" in sys.argv[2:] else (USUAL, RUNS)))
