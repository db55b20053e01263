"""What the children do until they are killed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from listbackup.store import StreamSpec
from listbackup.store.basemerge import merge_base
from listbackup.store.compact import compact_tiers
from listbackup.store.policy import Policy
from listbackup.store.prune import plan_prune
from listbackup.store.store import AlreadyCommitted
from listbackup.testing.kill9 import truth
from listbackup.testing.kill9.folder import Folder

POLICY = Policy(last=6)
TRASH = timedelta(days=2)
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Act:
    """Something worth interrupting; ``weight`` is how often it is chosen."""

    name: str
    weight: int
    run: Callable[[Folder, int, Tell], None]


def back_up(folder: Folder, run: int, tell: Tell) -> None:
    """Deliver one run, from the checkpoint of an attempt that was killed; say so once it is committed."""
    try:
        writing = folder.store.open_run(f"run_{run}", owner="child", lease=timedelta(hours=1), take_over=True)
    except AlreadyCommitted:
        return tell(f"kept {run}")
    done = int(writing.resumed.cursor) if writing.resumed else 0
    people = writing.stream(truth.PEOPLE, StreamSpec(key_fields=("id",)))
    events = writing.stream(truth.EVENTS, StreamSpec(key_fields=("id",), append_only=True))
    for number, (stream, keys, raws) in enumerate(truth.batches(run), 1):
        if number <= done:
            continue
        (people if stream == truth.PEOPLE else events).write(keys, raws)
        if number == 3:
            event = (run * 3,)
            writing.attach(truth.EVENTS, event, "/file", f"file-{run}", None, iter([truth.attachment(run)]))
        if number % 2 == 0:
            writing.checkpoint(str(number).encode())
    people.finish(listing=True, complete=True)
    events.finish(listing=False, complete=True)
    writing.commit(at=folder.clock.now(), cursor=str(run).encode())
    return tell(f"kept {run}")


def prune(folder: Folder, _run: int, tell: Tell) -> None:
    """Expire, purge what lay in the trash long enough, merge and sweep; what may go is said before."""
    plan = plan_prune(folder.store, folder.clock.now(), POLICY, trash=TRASH, grace=timedelta(hours=12))
    for seq in plan.purging:
        tell(f"purging {seq}")
    plan.execute(confirmed=True)


def compact(folder: Folder, _run: int, _tell: Tell) -> None:
    """Merge small segments, then one stream's base."""
    compact_tiers(folder.store)
    for name in folder.store.head().streams:
        merge_base(folder.store, name)


def rotate(folder: Folder, run: int, _tell: Tell) -> None:
    """A new root key, or a new data key."""
    if run % 2:
        folder.keys.rotate_root()
    else:
        folder.keys.new_epoch(folder.store.ground.keys.account)


ACTS = (Act("backup", 6, back_up), Act("prune", 3, prune), Act("compact", 3, compact), Act("rotate", 2, rotate))
