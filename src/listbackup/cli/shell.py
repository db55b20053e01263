"""What every command works with: its output, the settings, and the house behind them, opened when it is first needed: a data folder, or a server."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from listbackup.base.clock import Clock, SystemClock
from listbackup.base.errors import InputError
from listbackup.bootstrap.settings import Settings, read_settings
from listbackup.cli.output import Output

if TYPE_CHECKING:
    from listbackup.bootstrap.system import System
    from listbackup.cli.house import House
    from listbackup.cli.remote.line import Line
    from listbackup.services.scope import Scope

ACTOR = "cli"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the words before the command say: which data folder, or which server and account."""

    data: Path | None = None
    server: str | None = None
    account: str | None = None


class Shell:
    """One command's hands. Opening the house raises what ``open_system`` raises (no data folder, a newer one, a missing key), or that a server is not there."""

    def __init__(self, out: Output, settings: Settings, clock: Clock, *, on_full_disk: bool = False) -> None:
        self.out, self.settings, self.clock = out, settings, clock
        self._on_full_disk = on_full_disk
        self._system: System | None = None
        self._house: House | None = None
        self._scope: Scope | None = None

    @property
    def house(self) -> House:
        """The rooms, of the data folder or of the server."""
        if self._house is None:
            if self.settings.server is None:
                self._house = self.system
            else:
                from listbackup.cli.remote.house import open_remote

                self._house = open_remote(self.settings, self.clock)
        return self._house

    @property
    def line(self) -> Line:
        """The API of the server, for what only a server has: people and their accounts. Raises InputError where none was chosen."""
        if self.settings.server is None:
            raise InputError("people and accounts are looked after through a server", hint="name it:  listbackup --server URL …")
        from listbackup.cli.remote.house import RemoteHouse

        assert isinstance(self.house, RemoteHouse)
        return self.house.line

    @property
    def system(self) -> System:
        """The services of the data folder, for what can only be done beside it. Raises InputError where a server was chosen."""
        if self.settings.server is not None:
            raise InputError("this is done on the machine that holds the data, not through a server", hint=LOCAL_HINT)
        if self._system is None:
            from listbackup.bootstrap.embedded import open_system

            if self._on_full_disk:
                self._give_way()
            self._system = open_system(self.settings, clock=self.clock)
        return self._system

    def _give_way(self) -> None:
        from listbackup.bootstrap.reserve import SIZE_BYTES, give_up_reserve

        if give_up_reserve(self.settings.data):
            reserve = f"the reserve of {SIZE_BYTES // 1024**2} MiB was given up"
            self.out.warn(
                f"the disk of {self.settings.data} is full: {reserve}, so that room can be made; it comes back when there is room"
            )

    @property
    def scope(self) -> Scope:
        """The account, entered by this command."""
        if self._scope is None:
            self._scope = self.house.enter(ACTOR)
        return self._scope

    def close(self) -> None:
        """Give the house back if it was opened."""
        for opened in (self._house, self._system):
            if opened is not None:
                opened.close()


LOCAL_HINT = "run it there, without --server and LISTBACKUP_SERVER"


@contextmanager
def shell(
    context: typer.Context,
    as_json: bool,
    *,
    local: bool = False,
    on_full_disk: bool = False,
    flags: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> Iterator[Shell]:
    """The shell of the command that runs, closed when the block ends. Raises InputError for a ``local`` command where a server was chosen.

    ``on_full_disk``: this command makes room, or shows what may go, so it may have the data folder's reserve. ``flags`` are settings by the names of their variables, as the command's own options say them; ``config`` is the configuration file it names.
    """
    with open_shell(context.obj, as_json=as_json, on_full_disk=on_full_disk, flags=flags, config=config) as opened:
        if local and opened.settings.server is not None:
            name = " ".join(context.command_path.split()[1:])
            raise InputError(f"`listbackup {name}` works on the machine that holds the data, not through a server", hint=LOCAL_HINT)
        yield opened


@contextmanager
def open_shell(
    chosen: Chosen | None,
    *,
    as_json: bool = False,
    on_full_disk: bool = False,
    flags: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> Iterator[Shell]:
    """A shell over what was chosen (None: as the settings say)."""
    wanted = chosen or Chosen()
    said = {name: word for name, word in (("SERVER", wanted.server), ("ACCOUNT", wanted.account)) if word is not None}
    settings = read_settings(data=wanted.data, config=config, flags={**said, **(flags or {})})
    opened = Shell(Output(as_json=as_json), settings, SystemClock(), on_full_disk=on_full_disk)
    for sentence in settings.strangers:
        opened.out.warn(sentence)
    try:
        yield opened
    except InputError as error:
        if error.hint is not None and settings.server is None:  # what a server lacks is installed there
            error.hint = error.hint.replace("pip install 'listbackup[", f"{sys.executable} -m pip install 'listbackup[")
        raise
    finally:
        opened.close()
