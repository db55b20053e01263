"""What the functions of one process stand on, and how they are made: at their first event, once, and only what they need."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from listbackup.base.clock import SystemClock
from listbackup.base.loading import loading

if TYPE_CHECKING:
    from listbackup.bootstrap.aws import AwsPorts
    from listbackup.bootstrap.cloud_settings import CloudSettings
    from listbackup.bootstrap.system import System
    from listbackup.services.data import QueuedErrands

Called: TypeAlias = Callable[[Mapping[str, Any], Any], Any]  # with an event and what is told of the call


class Stage:
    """What the functions of one process stand on."""

    @cached_property
    def settings(self) -> CloudSettings:
        """The environment."""
        from listbackup.bootstrap.cloud_settings import CloudSettings

        return CloudSettings.read()

    @cached_property
    def ports(self) -> AwsPorts:
        """AWS."""
        from listbackup.bootstrap.aws import AwsPorts

        return AwsPorts(self.settings, SystemClock())

    def system(self, *, delivers: bool = False) -> System:
        """The services."""
        from listbackup.bootstrap.aws import open_cloud

        return open_cloud(self.settings, ports=self.ports, delivers=delivers)

    @cached_property
    def errands(self) -> QueuedErrands:
        """Errands as messages."""
        from listbackup.bootstrap.aws import open_errands

        return open_errands(self.settings, ports=self.ports)

    @property
    def before(self) -> timedelta:
        """How long before its end a call comes to a checkpoint."""
        return timedelta(seconds=self.settings.stop_before_seconds)


class Lazily:
    """A function that is made at its first call. What cannot be made now is tried again at the next."""

    def __init__(self, make: Callable[[Stage], Called]) -> None:
        self._make = make
        self._made: Called | None = None
        self._lock = threading.Lock()

    def __call__(self, event: Mapping[str, Any], context: Any) -> Any:
        """The function's answer."""
        if self._made is None:
            try:
                with self._lock, loading():
                    self._made = self._made or self._make(Stage())
            finally:
                gc.freeze()  # what was loaded so far stays: it need not be walked through any more
                gc.enable()  # rests from the first import on (``base/compiled.py``)
        return self._made(event, context)
