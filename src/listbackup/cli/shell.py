"""What every command works with: its output, the settings, and the system behind a data folder, opened when it is first needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from listbackup.base.clock import Clock, SystemClock
from listbackup.bootstrap.settings import Settings, read_settings
from listbackup.cli.output import Output

if TYPE_CHECKING:
    from listbackup.bootstrap.system import System
    from listbackup.services.scope import Scope

ACTOR = "cli"


class Shell:
    """One command's hands. Opening the system raises what ``open_system`` raises: no data folder, a newer one, a missing key."""

    def __init__(self, out: Output, settings: Settings, clock: Clock) -> None:
        self.out, self.settings, self.clock = out, settings, clock
        self._system: System | None = None
        self._scope: Scope | None = None

    @property
    def system(self) -> System:
        """The services of the data folder."""
        if self._system is None:
            from listbackup.bootstrap.embedded import open_system

            self._system = open_system(self.settings, clock=self.clock)
        return self._system

    @property
    def scope(self) -> Scope:
        """The installation's account, entered by this command."""
        if self._scope is None:
            self._scope = self.system.enter(ACTOR)
        return self._scope

    def close(self) -> None:
        """Give the system back if it was opened."""
        if self._system is not None:
            self._system.close()


@contextmanager
def shell(context: typer.Context, as_json: bool) -> Iterator[Shell]:
    """The shell of the command that runs, closed when the block ends."""
    with open_shell(context.obj, as_json=as_json) as opened:
        yield opened


@contextmanager
def open_shell(data: Path | None, *, as_json: bool = False) -> Iterator[Shell]:
    """A shell over this data folder (None: as the settings say)."""
    opened = Shell(Output(as_json=as_json), read_settings(data=data), SystemClock())
    try:
        yield opened
    finally:
        opened.close()
