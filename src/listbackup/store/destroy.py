"""The end of a whole store: every object, then the root."""

from __future__ import annotations

import shutil

from listbackup.store.ground import StoreGround


def destroy_store(ground: StoreGround, source: str) -> None:
    """Delete everything that is kept of a source. Idempotent; broken off, it goes on where it was."""
    place = ground.place(source)
    for found in list(ground.objects.list(place.prefix)):
        ground.objects.delete(found.name)
    ground.roots.delete(f"{place.account}/{source}", "head")
    cache = ground.cache(source)
    if cache is not None:
        shutil.rmtree(cache, ignore_errors=True)
