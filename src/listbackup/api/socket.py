"""The same events over a WebSocket: at ``/events`` (upgraded) and ``/ws``.

Who calls is asked as everywhere else: a cookie, a bearer credential in the header, or, for programs that can set no header, in the first message:
``{"token": "…", "account": "acc_…", "last_event_id": "12"}``. A page of another origin is refused before anything else. What goes wrong before the
handshake is answered as a problem; afterwards the socket is closed with 4000 + the status that it would have been, and the problem's code as its reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from listbackup.api.door import note_failure, problem_response
from listbackup.api.live import Ear
from listbackup.api.operation import Operation
from listbackup.base.decode import from_json
from listbackup.http.problem import MALFORMED, Refused, kind_of
from listbackup.services.routing import Stream, Told

FIRST_WORD_SECONDS = 10.0
_GOING_AWAY, _COME_BACK, _PRIVATE = 1012, 1000, 4000


class FirstWord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a program says that can set no header."""

    token: str
    account: str | None = None
    last_event_id: str | None = None


class EventSocket:
    """The events of one account over one socket."""

    def __init__(self, events: Operation) -> None:
        self._events = events

    async def __call__(self, socket: WebSocket) -> None:
        """Until the client goes, the time is over, or this process is stopped."""
        try:
            stream = await self._open(socket)
        except (WebSocketDisconnect, TimeoutError):
            await _close(socket, _PRIVATE + 401, "not_signed_in")
            return
        except Exception as error:  # noqa: BLE001  the rim: whatever goes wrong becomes a problem, and a log line where we are to blame
            note_failure(error)
            await _refuse(socket, error)
            return
        if socket.client_state is not WebSocketState.CONNECTED:
            await socket.accept()
        await _tell(socket, stream)

    async def _open(self, socket: WebSocket) -> Stream:
        """The stream that the caller may have. Accepts the socket only where the credential comes as its first word."""
        request = _as_request(socket, {})
        self._events.judge_page(request)
        if "authorization" not in socket.headers and not socket.cookies:
            await socket.accept()
            request = _as_request(socket, await _first_word(socket))
        return await run_in_threadpool(self._events.listen, request)


async def _first_word(socket: WebSocket) -> Mapping[str, str]:
    text = await asyncio.wait_for(socket.receive_text(), FIRST_WORD_SECONDS)
    try:
        word = from_json(text, FirstWord)
    except msgspec.DecodeError:
        raise Refused(MALFORMED, "the first message is not of the form that signs in") from None
    said = {"authorization": f"Bearer {word.token}", "x-account-id": word.account, "last-event-id": word.last_event_id}
    return {name: value for name, value in said.items() if value is not None}


def _as_request(socket: WebSocket, said: Mapping[str, str]) -> Request:
    """The handshake as the GET that it is; ``?account=`` stands for the header that a browser cannot set."""
    asked = dict(parse_qsl(socket.scope["query_string"].decode("latin-1")))
    account = asked.pop("account", None)
    added = {**({"x-account-id": account} if account is not None else {}), **said}
    headers = [(name, value) for name, value in socket.scope["headers"] if name.decode("latin-1") not in added]
    headers += [(name.encode(), value.encode("utf-8", "replace")) for name, value in added.items()]
    scheme = "https" if socket.scope["scheme"] == "wss" else "http"
    scope = {
        **socket.scope,
        "type": "http",
        "method": "GET",
        "scheme": scheme,
        "headers": headers,
        "query_string": urlencode(asked).encode(),
    }
    return Request(scope)


async def _tell(socket: WebSocket, stream: Stream) -> None:
    ear = Ear(stream)
    leaving = asyncio.ensure_future(_until_gone(socket))
    try:
        while (notices := await _first_of(ear, leaving)) is not None:
            for notice in notices:
                await socket.send_text(notice.as_message())
        is_over = ear.listening.is_over
        await _close(socket, _GOING_AWAY if is_over else _COME_BACK, "stopping" if is_over else "come back")
    except (WebSocketDisconnect, RuntimeError):  # gone while it was being told
        return
    finally:
        leaving.cancel()
        ear.listening.close()


async def _first_of(ear: Ear, leaving: asyncio.Future[None]) -> Sequence[Told] | None:
    """What is new, or None when the client goes first."""
    hearing = asyncio.ensure_future(ear.hear())
    try:
        both: set[asyncio.Future[Any]] = {hearing, leaving}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        return hearing.result() if hearing.done() else None
    finally:
        hearing.cancel()


async def _until_gone(socket: WebSocket) -> None:
    """What the client says afterwards is not listened to."""
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return


async def _refuse(socket: WebSocket, error: Exception) -> None:
    kind = kind_of(error)
    if socket.client_state is WebSocketState.CONNECTED:
        await _close(socket, _PRIVATE + kind.status, kind.code)
        return
    with suppress(RuntimeError):
        await socket.send_denial_response(problem_response(error, socket.state.request_id, {}))


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(code, reason)
