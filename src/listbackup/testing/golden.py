"""A small store with every feature, the same records every time: what the golden store is made from, and damaged, and read by the stand-alone reader."""

from __future__ import annotations

from datetime import timedelta

from listbackup.backends.keyring.store_kit import StoreKit, store_kit_json
from listbackup.store.basemerge import merge_base
from listbackup.store.compact import compact_tiers
from listbackup.store.model import Key, StreamSpec
from listbackup.store.policy import Policy
from listbackup.store.retention import expire, hold, plan_for
from listbackup.store.store import Store
from listbackup.testing.clock import EPOCH
from listbackup.testing.keys import memory_scope
from listbackup.testing.stores import Rig

RUNS = 14
LARGE = bytes(range(256)) * 4096 + b"more than a mebibyte"
SPECS = {
    "contacts": StreamSpec(key_fields=("id",), volatile=(("seen_at",),)),
    "deals": StreamSpec(key_fields=("team", "id")),
    "events": StreamSpec(append_only=True, keyless=True),
}


def contacts(run: int) -> dict[Key, bytes]:
    """As the platform tells them at this run: some new, some changed, some gone, every ``seen_at`` another."""
    return {
        (number,): b'{"id": %d, "name": "Contact \xc3\xa9%d", "score": %d.50, "seen_at": %d}'
        % (number, number, (number * 7 + run) // 5, run)
        for number in range(60 + run)
        if (number + run) % 9
    }


def deals(run: int) -> dict[Key, bytes]:
    """Keys of two parts, values with newlines in them."""
    return {
        (team, number): b'{\n  "id": %d,\n  "amount": 12345678901234567890%d\n}' % (number, run // 3)
        for team in ("north", "süd")
        for number in range(-3, 4)
    }


def build(rig: Rig, runs: int = RUNS) -> Store:
    """Runs with changes and deletions, attachments small and large, merged tiers, a merged base, a snapshot in the trash and one that is held."""
    for run in range(1, runs + 1):
        writing = rig.open_run(f"run_{run:04d}")
        for name, content in (("contacts", contacts(run)), ("deals", deals(run))):
            writer = writing.stream(name, SPECS[name])
            writer.write(list(content), list(content.values()))
            writer.finish(listing=True, complete=True)
        events = writing.stream("events", SPECS["events"])
        raws = [b'{"happened": %d}' % (run * 10 + number // 2) for number in range(4)]
        events.write([()] * len(raws), raws)
        events.finish(listing=False, complete=True)
        writing.attach("contacts", (1,), "avatar", f"a{run}.png", "image/png", [b"small picture %d" % (run // 4)], str(run))
        writing.attach("deals", ("north", 2), "contract", "c.pdf", "application/pdf", [LARGE, b"%d" % (run // 7)], str(run))
        rig.clock.advance(timedelta(hours=30))
        writing.commit(rig.clock.now(), b"cursor %d" % run, {"run": str(run)})
        if run == runs // 2:
            merge_base(rig.store(), "contacts", part_bytes=3000)
    store = rig.store()
    hold(store, 2, "an audit")
    expire(store, plan_for(store, Policy(last=runs - 2), rig.clock.now()), confirmed=True)
    compact_tiers(store)
    return store


def kit_of(account: str = "acc_test") -> bytes:
    """The store kit of the test account."""
    scope = memory_scope(account)
    kid, key = scope.current()
    return store_kit_json(StoreKit(account=account, made_at=EPOCH, id_key=scope.id_key, data_keys={kid: key}))
