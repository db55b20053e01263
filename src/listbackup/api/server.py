"""The HTTP server under the application: a listening socket, uvicorn, and an orderly end."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Callable, Sequence

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from listbackup.api.crowd import Crowd
from listbackup.api.door import SECURITY
from listbackup.base.errors import InputError
from listbackup.http.problem import MALFORMED, MEDIA_TYPE, Refused, encode_problem, problem_of

HOLD_SECONDS = 0.2  # before who is sent away is told: who asks again at once asks five times a second and no more
SWITCH_SECONDS = 0.0005  # how long a thread may keep the others waiting: the loop that reads and writes is one of them
PATIENCE_SECONDS = 10  # for requests that are being answered when the end comes
_WEBSOCKET_BYTES = 64 * 1024  # nobody has more to say to us


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; who connects from now on is answered when the server runs. Raises InputError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle on: 40 ms an answer
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, UnicodeError) as error:
        listener.close()
        why, taken = getattr(error, "strerror", None) or str(error), getattr(error, "errno", None) == errno.EADDRINUSE
        hint = "stop what listens there, or choose another with --host or --port" if taken else "choose another with --host or --port"
        raise InputError(f"{host}:{port} cannot be listened on: {why}", hint=hint) from None
    return listener


def run(
    app: Crowd,
    listener: socket.socket,
    *,
    ending: Callable[[], None],
    is_over: Callable[[], bool] = lambda: False,
    proxies: Sequence[str] = (),
) -> None:
    """Serve until SIGINT or SIGTERM. ``ending`` is called when one came, before open requests are waited for: it ends what would go on by itself.

    ``is_over`` tells of a signal that came before this server listened for signals itself.
    """
    config = uvicorn.Config(
        app,
        http=protocol_of(app),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        lifespan="off",
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        ws_max_size=_WEBSOCKET_BYTES,
        timeout_graceful_shutdown=PATIENCE_SECONDS,
    )
    sys.setswitchinterval(SWITCH_SECONDS)
    _Server(config, ending, is_over).run(sockets=[listener])


def protocol_of(crowd: Crowd) -> type[HttpToolsProtocol]:
    """uvicorn's protocol, which sends a plain request away before it is even read when the crowd is full: that costs a small part of reading it
    and calling the application to say no."""
    refusal, malformed = crowd.refusal(), not_http()

    class Protocol(HttpToolsProtocol):
        is_inside = False  # the parser stands within a request
        is_refused = False  # who asked waits for the word that it was for nothing

        def on_message_begin(self) -> None:
            self.is_inside = True
            super().on_message_begin()

        def on_message_complete(self) -> None:
            super().on_message_complete()
            self.is_inside = False

        def data_received(self, data: bytes) -> None:
            if self.is_refused:  # more was sent before the answer came: a client that does not listen
                self.transport.close()
                return
            if crowd.is_full() and self._is_idle() and _is_plain(data) and crowd.sends_away(data[4:64]):
                crowd.note()
                self.is_refused = True
                self._unset_keepalive_if_required()
                self.loop.call_later(HOLD_SECONDS, self._refuse)
                return
            before = self.cycle
            super().data_received(data)
            if self.cycle is not None and self.cycle is not before:
                crowd.enter(self.cycle.scope)

        def send_400_response(self, msg: str) -> None:
            """What is not HTTP at all is answered in the form of every other problem."""
            self.transport.write(malformed)
            self.transport.close()

        def _refuse(self) -> None:
            self.is_refused = False
            if not self.transport.is_closing():
                self.transport.write(refusal)
                self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

        def _is_idle(self) -> bool:
            return not self.is_inside and not self.pipeline and (self.cycle is None or self.cycle.response_complete)

    return Protocol


def not_http() -> bytes:
    """The whole answer to what cannot be read as a request; the connection ends."""
    body = encode_problem(problem_of(Refused(MALFORMED, "this is no request of HTTP/1.1"), ""))
    named = {**SECURITY, "content-type": MEDIA_TYPE, "content-length": str(len(body)), "connection": "close"}
    return b"HTTP/1.1 400 Bad Request\r\n" + b"".join(f"{name}: {value}\r\n".encode() for name, value in named.items()) + b"\r\n" + body


def _is_plain(data: bytes) -> bool:
    """Exactly one whole GET without a body, which wants no other protocol."""
    if not data.startswith(b"GET ") or data.find(b"\r\n\r\n") != len(data) - 4:
        return False
    said = data.lower()
    return b"\r\ncontent-length:" not in said and b"\r\ntransfer-encoding:" not in said and b"\r\nupgrade:" not in said


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ending: Callable[[], None], is_over: Callable[[], bool]) -> None:
        super().__init__(config)
        self._ending, self._is_over = ending, is_over

    async def main_loop(self) -> None:
        """From here signals are uvicorn's; whoever asked for the end before is heard now, and nobody falls between the two."""
        self.should_exit = self.should_exit or self._is_over()
        await super().main_loop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell whoever listens that it is over, then wait for what is being answered."""
        self._ending()
        await super().shutdown(sockets)
