"""One real or simulated platform backed up and given back through all services over memory: what the end-to-end tests of platforms do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from listbackup.base.clock import SystemClock
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import Connector
from listbackup.connectors.engine.record import Key
from listbackup.services.data import Restore, RestorePlan, Selection
from listbackup.services.runs import Means, Run, Work
from listbackup.testing.system import rooms

NAME = "real"


class Keeper:
    """A connection, a source of all its streams, and the snapshots made of it."""

    def __init__(self, connector: Connector, values: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        self.house = rooms([connector], clock=SystemClock(), means=Means(maintain=False))
        kept = {field: Secret(text) for field, text in secrets.items()}
        self.house.connections.create(self.house.scope, platform=connector.platform, name=NAME, values=values, secrets=kept)
        self.house.sources.create(self.house.scope, connection=NAME, name=NAME)

    def back_up(self, *, full: bool = False) -> Run:
        """A run, carried out here and now."""
        return self.house.runs.backup(self.house.scope, NAME, Work(owner="test"), full=full)

    def kept(self, stream: str, seq: int | None = None) -> dict[Key, Any]:
        """A stream's records as JSON values by their keys, in the newest snapshot or an older one."""
        found = self.house.data.scan(self.house.scope, NAME, stream, seq=seq)
        return {tuple(map(_part, one.key)): msgspec.json.decode(one.raw) for one in found}

    def files(self, stream: str, key: Key, seq: int | None = None) -> dict[str, bytes]:
        """A record's attachments by their names."""
        house = self.house
        infos = house.data.attachments(house.scope, NAME, stream, key, seq=seq)
        return {info.name: b"".join(house.data.open_attachment(house.scope, NAME, info.id, seq=seq)) for info in infos}

    def evidence(self, stream: str, key: Key) -> str | None:
        """Why the record is believed to be gone; None if it is not."""
        newest, *_ = self.house.data.history(self.house.scope, NAME, stream, key)
        return newest.evidence if newest.raw is None else None

    def plan(self, stream: str, *keys: Key, seq: int | None = None) -> RestorePlan:
        """What restoring these records would do."""
        return self.house.restores.plan(self.house.scope, NAME, seq=seq, selection=Selection(keys={stream: keys}))

    def restore(self, stream: str, *keys: Key, seq: int | None = None) -> Restore:
        """These records as they were, written back."""
        return self.house.restores.start(self.house.scope, self.plan(stream, *keys, seq=seq))

    def undo(self, restore: Restore) -> Restore:
        """The restore taken back."""
        return self.house.restores.undo(self.house.scope, restore.id)


def _part(part: str | int | bytes) -> str | int:
    return part.hex() if isinstance(part, bytes) else part
