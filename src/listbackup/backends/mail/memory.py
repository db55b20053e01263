"""Letters in memory, for tests."""

from __future__ import annotations

import threading

from listbackup.backends.mail.port import Letter, as_message


class MemoryMail:
    """Keeps what was sent in ``sent``, in order."""

    def __init__(self, *, sender: str = "listbackup@localhost") -> None:
        self._sender = sender
        self._lock = threading.Lock()
        self.sent: list[Letter] = []

    def send(self, letter: Letter) -> None:
        """See the port."""
        as_message(letter, sender=self._sender)  # what no other adapter would take is refused here too
        with self._lock:
            self.sent.append(letter)
