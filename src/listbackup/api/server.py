"""The HTTP server under the application: a listening socket, uvicorn, and an orderly end."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

import uvicorn
from starlette.types import ASGIApp

from listbackup.base.errors import BackendError

PATIENCE_SECONDS = 10  # for requests that are being answered when the end comes
_WEBSOCKET_BYTES = 64 * 1024  # nobody has more to say to us


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; who connects from now on is answered when the server runs. Raises BackendError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle on: 40 ms an answer
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, UnicodeError) as error:
        listener.close()
        why = getattr(error, "strerror", None) or str(error)
        raise BackendError(f"{host}:{port} cannot be listened on: {why}", hint="choose another with --host or --port") from None
    return listener


def run(app: ASGIApp, listener: socket.socket, *, ending: Callable[[], None], proxies: Sequence[str] = ()) -> None:
    """Serve until SIGINT or SIGTERM. ``ending`` is called when one came, before open requests are waited for: it ends what would go on by itself."""
    config = uvicorn.Config(
        app,
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
    _Server(config, ending).run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell whoever listens that it is over, then wait for what is being answered."""
        self._ending()
        await super().shutdown(sockets)
