"""Letters as files in a folder: for an installation without a mail server; whoever runs it opens them."""

from __future__ import annotations

import re
from email.policy import SMTPUTF8
from email.utils import format_datetime
from pathlib import Path

from listbackup.backends.durable import ensure_folder, replace_file
from listbackup.backends.mail.port import Letter, as_message
from listbackup.backends.os_errors import translated
from listbackup.base.clock import Clock

_SAFE = re.compile(r"[^A-Za-z0-9._-]")


class OutboxMail:
    """Writes each letter to ``<id>.eml``, mode 0600: a letter may hold a link that signs somebody in. The same letter again replaces itself."""

    def __init__(self, folder: Path, clock: Clock, *, sender: str = "listbackup@localhost") -> None:
        self._folder, self._clock, self._sender = folder, clock, sender

    def send(self, letter: Letter) -> None:
        """See the port. The file is durable on return."""
        message = as_message(letter, sender=self._sender)
        message["Date"] = format_datetime(self._clock.now())
        path = self._folder / f"{_SAFE.sub('_', letter.id)[:100]}.eml"
        with translated("write", str(path)):
            ensure_folder(self._folder)
            replace_file(path, message.as_bytes(policy=SMTPUTF8))
