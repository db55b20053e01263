"""A server that was sized: so many places, and each request takes its time, so that five times its capacity can be offered by any machine, and what it keeps of
it is the doing of its admission alone.

``python -m listbackup.testing.sized 4 0.04 waits`` serves ``places / seconds`` requests a second whatever else the machine does, each waiting as for a disk.
With ``computes`` each takes that much of the processor, and the server as many as one core has room for. It prints its port and a key, and serves until its
standard input ends.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading
from time import thread_time

from listbackup.api.app import ApiSettings, application
from listbackup.api.server import listen, run
from listbackup.base.clock import SystemClock
from listbackup.base.secret import Secret
from listbackup.http.caller import Caller
from listbackup.http.permission import Bundle
from listbackup.services.data import Errands
from listbackup.services.platforms import Platforms
from listbackup.testing.http import PLENTY, MemoryHouse
from listbackup.testing.system import rooms


class UnhurriedKeys:
    """Judges a key as the real ones do, and takes its time."""

    def __init__(self, house: MemoryHouse, seconds: float, *, computes: bool) -> None:
        self._judge, self._seconds, self._clock, self._computes = house.api_keys.authenticate, seconds, SystemClock(), computes
        house.api_keys.authenticate = self._wait  # type: ignore[method-assign]

    def _wait(self, bearer: Secret) -> Caller:
        if self._computes:
            until = thread_time() + self._seconds
            while thread_time() < until:
                sum(range(200))
        else:
            self._clock.sleep(self._seconds)
        return self._judge(bearer)


def main() -> None:
    """Serves until standard input ends."""
    places, seconds = int(sys.argv[1]), float(sys.argv[2])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    house = MemoryHouse(rooms([], clock=SystemClock()), Platforms([]))
    key = house.key(house.rooms.scope.account, *Bundle)
    UnhurriedKeys(house, seconds, computes=sys.argv[3] == "computes")
    errands = Errands()
    listener = listen("127.0.0.1", 0)
    sys.stdout.write(json.dumps({"port": listener.getsockname()[1], "key": key}) + "\n")
    sys.stdout.flush()
    threading.Thread(target=_end_with_input, daemon=True).start()
    app = application(house, errands, ApiSettings(rate=PLENTY, strangers=PLENTY, passers=PLENTY, max_requests=places))
    run(app, listener, ending=errands.stop)


def _end_with_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
