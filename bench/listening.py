"""Live events for a thousand listeners: how long after a change each of them had it."""

from __future__ import annotations

import json
import selectors
import statistics
import time
from contextlib import ExitStack

from bench.asking import House, Wire

LISTENERS, ROUNDS = 1_000, 5
_AT_ONCE = 20  # who comes in a crowd is sent away
_PATIENCE = 10.0


def measure(served: House) -> dict[str, float]:
    """Seconds from sending a change: until half of the listeners had it, until the last had; who did not hear; medians of the rounds."""
    with ExitStack() as stack, selectors.DefaultSelector() as ready:
        for _ in range(LISTENERS // _AT_ONCE):
            for listener in [_listening(served, stack) for _ in range(_AT_ONCE)]:
                _await_answer(listener)
                ready.register(listener.socket, selectors.EVENT_READ, listener)
        rounds = [_one_change(served, ready, number) for number in range(ROUNDS)]
    half, last, unheard = ([one[place] for one in rounds] for place in range(3))
    return {
        "listeners": LISTENERS,
        "median_seconds": statistics.median(half),
        "last_seconds": statistics.median(last),
        "unheard": max(unheard),
    }


def _listening(served: House, stack: ExitStack) -> Wire:
    wire = Wire(served.port)
    stack.callback(wire.close)
    wire.socket.sendall(served.asking("/v2/events"))
    return wire


def _await_answer(listener: Wire) -> None:
    while b": listening" not in listener.left:
        piece = listener.socket.recv(65536)
        if not piece or (listener.left and not listener.left.startswith(b"HTTP/1.1 200")):
            raise RuntimeError(f"a listener was sent away: {listener.left[:200]!r}")
        listener.left += piece


def _one_change(served: House, ready: selectors.BaseSelector, number: int) -> tuple[float, float, float]:
    while found := ready.select(timeout=0.3):  # what was left of the last one
        for key, _ in found:
            key.data.socket.recv(65536)
    name, heard, wire = f"renamed {number} {time.monotonic_ns()}".encode(), list[float](), Wire(served.port)
    waiting = {key.data.socket for key in ready.get_map().values()}
    begun = time.perf_counter()
    wire.socket.sendall(served.asking(served.paths["one source"], method="PATCH", body=json.dumps({"name": name.decode()}).encode()))
    while waiting and time.perf_counter() - begun < _PATIENCE:
        for key, _ in ready.select(timeout=1):
            if b"source" in key.data.socket.recv(65536):
                heard.append(time.perf_counter() - begun)
                waiting.discard(key.data.socket)
    while wire.hear() is None:
        pass
    wire.close()
    heard += [_PATIENCE] * len(waiting)
    return statistics.median(heard), max(heard), float(len(waiting))
