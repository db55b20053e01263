"""Where an installation stands: what a system must know of its ground that no port says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from listbackup.services.activity import TrailSeal

if TYPE_CHECKING:
    from listbackup.backends.identity.port import Identity
    from listbackup.backends.identity.settings import IdentitySettings
    from listbackup.backends.keyring.scope import KeyScope
    from listbackup.backends.mail.port import Mail
    from listbackup.services.desk import Desk
    from listbackup.services.system import Copies, Patience, Probe


class Site(Protocol):
    """A data folder of this machine (``bootstrap/machine.py``), or a stage of the cloud (``bootstrap/aws.py``)."""

    @property
    def installation(self) -> str:
        """Whose it is."""
        ...

    @property
    def region(self) -> str:
        """Where copies lie, as accounts are told."""
        ...

    @property
    def cache(self) -> Path | None:
        """Where what was read may be kept, safe to delete; None: nowhere."""
        ...

    @property
    def workspace(self) -> Path:
        """Where exports lie in the clear while they are written, by account."""
        ...

    @property
    def patience(self) -> Patience:
        """Who is to be heard of, and how often."""
        ...

    def seal(self) -> TrailSeal:
        """The seal of the trails, and since when they are sealed."""
        ...

    def mail(self) -> Mail:
        """Where letters are handed in."""
        ...

    def identity(self, desk: Desk, scope: KeyScope, figures: IdentitySettings) -> Identity:
        """Who keeps passwords and sessions."""
        ...

    def probes(self, copies: Copies, tidy: Callable[[], object]) -> Sequence[Probe]:
        """What is asked about its health beside the ports."""
        ...

    def copies(self, desk: Desk) -> Copies:
        """Copies of the control plane, as they are taken here."""
        ...
