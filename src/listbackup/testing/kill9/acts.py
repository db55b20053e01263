"""What the children do until they are killed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from listbackup.backends.keyring.seal import seal_field
from listbackup.store import StreamSpec
from listbackup.store.basemerge import merge_base
from listbackup.store.compact import compact_tiers
from listbackup.store.policy import Policy
from listbackup.store.prune import plan_prune
from listbackup.store.reseal import reseal
from listbackup.store.store import AlreadyCommitted
from listbackup.testing.kill9 import truth
from listbackup.testing.kill9.folder import Folder
from listbackup.testing.kill9.fork import Tell

POLICY = Policy(last=6)
TRASH = timedelta(days=2)
CONTEXT = ("kill9",)


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


def seal_anew(folder: Folder, _run: int, _tell: Tell) -> None:
    """A new data key, and every segment sealed anew under it."""
    folder.keys.new_epoch(folder.store.ground.keys.account)
    reseal(folder.store)


def shred(folder: Folder, _run: int, tell: Tell) -> None:
    """An account whose keys are made and destroyed."""
    account = f"acc_{int(folder.clock.now().timestamp())}"
    folder.keys.create(account)
    sealed = seal_field(folder.keys.for_account(account), account.encode(), context=CONTEXT)
    tell(f"sealed {account} {sealed.hex()} {folder.wrapped(account).hex()}")
    folder.keys.shred(account)
    tell(f"shredded {account}")


ACTS = (
    Act("backup", 6, back_up),
    Act("prune", 3, prune),
    Act("compact", 3, compact),
    Act("rotate", 2, rotate),
    Act("reseal", 1, seal_anew),
    Act("shred", 1, shred),
)
