"""What a store stands on, and the names of its objects.

Names, relative to the bucket (``<account>/<source>/`` is the source's prefix)::

    FORMAT.json                              plain: {"format": "listbackup-store", "major": 1, "minor": 0}
    <account>/<source>/HEAD                  the mirror of the root (the table holds the root itself)
    <account>/<source>/st/<gen:016>-<hex>    copies of HEAD (``-c``) and spilled lists (``-s``), object id in hex
    <account>/<source>/p/<run>/<hex>         packs
    <account>/<source>/r/<run>/<token:08>-<n:06>   checkpoints of a run that is open
    <account>/<source>/b/<run>/<hex>         attachments above 1 MiB
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.objects.port import Objects
from listbackup.backends.table.port import Table, TableSpec
from listbackup.base.clock import Clock
from listbackup.store.sealed import place_of
from listbackup.store.sizes import USUAL, Sizes

ROOTS = TableSpec(
    name="store_roots", about="The root of every source's snapshot store: pk account/source, sk head; written by compare-and-swap alone."
)


@dataclass(frozen=True, slots=True)
class StoreGround:
    """Ports, keys and time of one account's stores; ``cache_dir`` holds derived files only and may be emptied at any time."""

    objects: Objects
    roots: Table
    keys: KeyScope
    clock: Clock
    cache_dir: Path | None = None
    sizes: Sizes = USUAL

    def place(self, source: str) -> Place:
        """Names and binding of one source."""
        return Place(account=self.keys.account, source=source, bound=place_of(self.keys.account, source))

    def cache(self, source: str, *parts: str) -> Path | None:
        """A folder for derived files of this source, made when missing; None without a cache."""
        if self.cache_dir is None:
            return None
        folder = self.cache_dir.joinpath(self.keys.account, source, *parts)
        folder.mkdir(parents=True, exist_ok=True)
        return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a source's objects are."""

    account: str
    source: str
    bound: bytes

    @property
    def prefix(self) -> str:
        """What the names of all its objects begin with."""
        return f"{self.account}/{self.source}/"

    @property
    def head(self) -> str:
        """The mirror of HEAD."""
        return f"{self.prefix}HEAD"

    def name(self, relative: str) -> str:
        """The whole name of an object named within the source."""
        return self.prefix + relative

    def pack(self, run: str, pack: str) -> str:
        """A pack of a run; ``pack`` is its object id in hex."""
        return f"{self.prefix}p/{run}/{pack}"

    def packs(self, run: str) -> str:
        """The prefix of a run's packs."""
        return f"{self.prefix}p/{run}/"

    def checkpoint(self, run: str, token: int, number: int) -> str:
        """A run's checkpoint; later ones sort later, and so do those of later tokens."""
        return f"{self.checkpoints(run)}{token:08d}-{number:06d}"

    def checkpoints(self, run: str) -> str:
        """The prefix of a run's checkpoints."""
        return f"{self.prefix}r/{run}/"

    def blob(self, run: str, blob: str) -> str:
        """A large attachment's object."""
        return f"{self.prefix}b/{run}/{blob}"

    def state(self, gen: int, object_id: str, kind: str) -> str:
        """A copy of HEAD (``c``) or a spilled list (``s``)."""
        return f"{self.prefix}st/{gen:016d}-{object_id}-{kind}"
