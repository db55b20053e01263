"""The seal of the trails: a key of the installation's own, and since when it is used."""

from __future__ import annotations

import contextlib
import json
import os
from datetime import datetime
from functools import cached_property

from listbackup.backends.durable import replace_file
from listbackup.backends.keyring.account_keys import INSTALLATION, AccountKeys
from listbackup.base.clock import Clock, iso, parse_iso
from listbackup.base.errors import DamagedError
from listbackup.bootstrap.folder import Folder
from listbackup.services.activity import TrailSeal


def trail_seal(folder: Folder, keys: AccountKeys, clock: Clock) -> TrailSeal:
    """The seal of this installation; that it is used from now on is noted when it was not yet."""
    held = _Held(keys)
    _note(folder, clock)
    return TrailSeal(key=lambda: held.key, since=lambda: _since(folder, clock))


class _Held:
    """The key, made and read when the first line is written or judged: most commands write none."""

    def __init__(self, keys: AccountKeys) -> None:
        self._keys = keys

    @cached_property
    def key(self) -> bytes:
        self._keys.create(INSTALLATION)
        return self._keys.for_account(INSTALLATION).id_key


def _note(folder: Folder, clock: Clock) -> None:
    """Beside the root key, where nobody gets by writing into the data folder: or a trail could be passed off as one from before."""
    if not folder.sealing_file.exists():
        with contextlib.suppress(OSError):  # a folder of keys that is only readable: lines without a seal are believed there
            replace_file(folder.sealing_file, json.dumps({"trail_sealed_since": iso(clock.now())}).encode() + b"\n")


def _since(folder: Folder, clock: Clock) -> datetime:
    try:
        return parse_iso(str(json.loads(folder.sealing_file.read_text("utf-8"))["trail_sealed_since"]))
    except FileNotFoundError:
        return clock.now()
    except (OSError, ValueError, KeyError, TypeError):
        where = os.fspath(folder.sealing_file)
        raise DamagedError(
            f"{where} cannot be read, so nobody knows since when the trail is sealed", where=where, hint="put it back from a copy"
        ) from None
