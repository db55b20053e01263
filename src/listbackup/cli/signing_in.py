"""``listbackup connect --sign-in``: a platform's sign-in page in a browser on this machine, and a small ear on loopback for the way back.

Source: RFC 8252, 7.3 (loopback redirection) and 8.3.
"""

from __future__ import annotations

import http.server
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from listbackup.base.errors import InputError
from listbackup.base.secret import Secret
from listbackup.cli.asking import Answers, Given, ask_fields, file_value
from listbackup.cli.shell import Shell
from listbackup.connectors.engine.connector import ConfigField
from listbackup.services.connections import BroughtBack, Connection

WAIT_SECONDS = 600.0
_CLIENT = (
    ConfigField(name="client_id", label="Client id", help="of an application that you registered at the platform"),
    ConfigField(name="client_secret", label="Client secret", secret=True, required=False),
)
_PAGE = b"<!doctype html><title>ListBackup</title><p>You can close this window and go back to the terminal."


class Way(Protocol):
    """Where the connection is to be kept: beside the data, or at a server."""

    def find(self, name: str) -> Connection:
        """The connection of this id or name. Raises NotFound."""
        ...

    def has_application(self, platform: str) -> bool:
        """Whether the account has an OAuth application at the platform, its own or one from above."""
        ...

    def keep_application(self, platform: str, client_id: str, client_secret: Secret | None) -> None:
        """The account's own application from now on."""
        ...

    def begin(self, platform: str, given: Given, *, name: str, reconnect: str | None, redirect: str) -> str:
        """The address of the platform's page."""
        ...

    def finish(self, back: BroughtBack) -> Connection:
        """The connection. Raises what the platform or the way back say."""
        ...


class LocalWay:
    """Beside the data."""

    def __init__(self, sh: Shell) -> None:
        self._sh, self._system, self._holder = sh, sh.system, f"cli/{secrets.token_hex(16)}"

    def find(self, name: str) -> Connection:
        """See ``Way``."""
        return self._system.connections.get(self._sh.scope, name)

    def has_application(self, platform: str) -> bool:
        """See ``Way``."""
        return self._system.integrations.find_application(self._sh.scope, platform) is not None

    def keep_application(self, platform: str, client_id: str, client_secret: Secret | None) -> None:
        """See ``Way``."""
        held = self._system.integrations.get(self._sh.scope, platform).own
        self._system.integrations.set(self._sh.scope, platform, replace(held, client_id=client_id), client_secret=client_secret)

    def begin(self, platform: str, given: Given, *, name: str, reconnect: str | None, redirect: str) -> str:
        """See ``Way``."""
        begun = self._system.consents.start(
            self._sh.scope,
            platform,
            holder=self._holder,
            values=given.values,
            secrets=given.secrets,
            name=name,
            reconnect=reconnect,
            redirect=redirect,
        )
        return begun.url

    def finish(self, back: BroughtBack) -> Connection:
        """See ``Way``."""
        return self._system.consents.finish(back, holder=self._holder, enter=lambda _: self._sh.scope).connection


def way_of(sh: Shell) -> Way:
    """To the data folder, or to the server that was chosen."""
    if sh.settings.server is None:
        return LocalWay(sh)
    from listbackup.cli.remote.signing_in import RemoteWay

    return RemoteWay(sh.line, sh.house, sh.scope)


def sign_in(sh: Shell, platform: str, name: str, answers: Answers, *, again: bool) -> Connection:
    """The connection that a person agreed to in a browser. Raises InputError when nobody came back, and what the platform or the way back say."""
    way = way_of(sh)
    old = way.find(name) if again else None
    fields = _fields(way, platform, answers, old.values if old is not None else {})
    given = ask_fields(sh.out, fields, answers, kept=old.values if old is not None else None)
    client_id, client_secret = given.values.get("client_id"), given.secrets.get("client_secret")
    if client_id is not None and _CLIENT[0] in fields:
        way.keep_application(platform, client_id, client_secret)
        given.values.pop("client_id")
        given.secrets.pop("client_secret", None)
    with _Ear() as ear:
        url = way.begin(platform, given, name=name, reconnect=old.id if old is not None else None, redirect=ear.address)
        if sh.out.as_json:
            sh.out.line({"open": url})
        sh.out.say(f"Open this address on this machine, and agree (Ctrl-C gives up):\n\n  {url}\n")
        sh.out.stdout.flush()
        back = ear.wait()
    return way.finish(back)


def _fields(way: Way, platform: str, answers: Answers, kept: Mapping[str, str]) -> Sequence[ConfigField]:
    """What has to be known before: the platform's questions, and the application where the account has none."""
    from listbackup.bootstrap.catalogue import all_connectors
    from listbackup.connectors.engine.sign_in import SignsIn
    from listbackup.services.platforms import Platforms

    connector = Platforms(all_connectors()).connector(platform)
    given = {**kept, **(file_value(connector.config, answers.file) if answers.file is not None else {})}
    page = connector.sign_in(given) if isinstance(connector, SignsIn) else None
    if page is None:
        raise InputError(f"{connector.label} has no sign-in page", hint=f"connect it with a key: listbackup connect {platform}")
    asks_client = page.wants_application and (
        not way.has_application(platform) or any(one.startswith("client_id=") for one in answers.values)
    )
    return [*page.asks, *(_CLIENT if asks_client else ())]


class _Ear:
    """Listens on a port of loopback for the one request that brings a state back."""

    def __init__(self) -> None:
        heard: list[str] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_back = urlsplit(self.path).path == "/" and "state=" in self.path
                self.send_response(200 if is_back else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(_PAGE if is_back else b"")
                if is_back:
                    heard.append(urlsplit(self.path).query)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: the address holds the code."""

        self._heard = heard
        self._server = http.server.HTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> _Ear:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()

    @property
    def address(self) -> str:
        """Where people come back to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def wait(self) -> BroughtBack:
        """What was brought back. Raises InputError when nothing was within ten minutes."""
        self._server.timeout = 1.0
        for _ in range(int(WAIT_SECONDS)):
            self._server.handle_request()
            if self._heard:
                told = dict(parse_qsl(self._heard[0]))
                return BroughtBack(state=told.get("state", ""), code=told.get("code"), issuer=told.get("iss"), error=told.get("error"))
        raise InputError("nobody came back from the sign-in page within ten minutes", hint="start again")
