"""``listbackup login``: what opens a server, proved and kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listbackup.base.errors import InputError
from listbackup.cli.asking import MAX_SECRET_BYTES
from listbackup.cli.options import Json
from listbackup.cli.shell import Shell, shell

if TYPE_CHECKING:
    from listbackup.cli.remote.line import Line
    from listbackup.client.api.models import LoginOut


def command(
    context: typer.Context,
    email: Annotated[str | None, typer.Option("--email", metavar="ADDRESS", help="Sign in as this person.")] = None,
    password_file: Annotated[
        str | None, typer.Option("--password-file", metavar="FILE", help="Read the password from a file (- for standard input).")
    ] = None,
    code: Annotated[str | None, typer.Option("--code", metavar="CODE", help="The code of the second step: one-time or recovery.")] = None,
    key_file: Annotated[
        str | None, typer.Option("--key-file", metavar="FILE", help="Keep this API key instead (- for standard input).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Sign in at the server, and keep what opens it in a file that only you can read.

    As a person (address, password, second step) or with an API key. What is not given is asked for; secrets are typed unseen. A person's tokens are
    renewed by themselves as long as they are used every 30 days. Forget them with `listbackup logout`.

    \b
    Examples:
      listbackup --server https://backup.example.org login
      listbackup --server https://backup.example.org login --email ada@example.org
      listbackup --server https://backup.example.org login --key-file key.txt
    """
    with shell(context, as_json) as sh:
        server = chosen_server(sh)
        if key_file is None and email is None:
            email = ask_person(sh, "E-mail address (empty: an API key)", "--email ADDRESS or --key-file FILE", default="")
        if email:
            _person(sh, server, email, password_file, code)
        else:
            _key(sh, server, key_file)


def chosen_server(sh: Shell) -> str:
    """The server's address. Raises InputError where none was chosen."""
    if sh.settings.server is None:
        raise InputError("say at which server", hint="listbackup --server https://backup.example.org login  (or set LISTBACKUP_SERVER)")
    return sh.settings.server


def _key(sh: Shell, server: str, key_file: str | None) -> None:
    from listbackup.cli.remote.line import Line
    from listbackup.cli.remote.logins import Login, Logins
    from listbackup.client import ApiKey

    text = read_secret(key_file, "the API key") if key_file is not None else ask_person(sh, "API key", "--key-file FILE", hidden=True)
    with Line(server, ApiKey(text), sh.clock) as line:
        _meet(sh, line, server)
        line.auth.status()
    Logins(sh.settings.logins).keep(server, Login(key=text))
    _done(sh, server, "an API key")


def _person(sh: Shell, server: str, email: str, password_file: str | None, code: str | None) -> None:
    from listbackup.cli.remote.line import Line
    from listbackup.cli.remote.logins import Login, Logins
    from listbackup.client.api.models import SessionKind

    with Line(server, None, sh.clock) as line:
        _meet(sh, line, server)
        password = (
            read_secret(password_file, "the password")
            if password_file is not None
            else ask_person(sh, "Password", "--password-file FILE", hidden=True)
        )
        said = line.auth.login(email=email, password=password, kind=SessionKind.PROGRAM)
        if said.second_step is not None:
            said = _second_step(sh, line, said.second_step.ticket, [one.value for one in said.second_step.factors], code)
        if said.tokens is None:
            raise InputError(f"{server} gives no tokens to programs for this person", hint="use an API key:  login --key-file FILE")
        Logins(sh.settings.logins).keep(server, Login(access=said.tokens.access_token, refresh=said.tokens.refresh_token))
        if said.must_set_up_mfa:
            sh.out.warn("this account asks for a second factor; set one up, or most of it stays closed")
    _done(sh, server, email)


def _second_step(sh: Shell, line: Line, ticket: str, factors: list[str], code: str | None) -> LoginOut:
    from listbackup.client.api.models import Factor, SessionKind

    if not {"totp", "recovery_code"} & set(factors):
        raise InputError("the second step of this person is a passkey, which a command line cannot show", hint="use an API key")
    text = (code or ask_person(sh, "One-time or recovery code", "--code CODE")).strip()
    plain = text.replace(" ", "")
    factor = Factor.TOTP if plain.isdigit() and len(plain) == 6 else Factor.RECOVERY_CODE
    return line.auth.login_second_step(
        ticket=ticket, factor=factor, code=plain if factor is Factor.TOTP else text, kind=SessionKind.PROGRAM
    )


def _meet(sh: Shell, line: Line, server: str) -> None:
    """Say now, not in the middle of something, that the versions differ."""
    from listbackup.cli.remote.line import versions_differ

    said = line.system.version()
    other = versions_differ(server, said.version, said.api)
    if other is not None and said.api != "v2":
        raise other
    if other is not None:
        sh.out.warn(f"{other.message}; {other.hint}")


def _done(sh: Shell, server: str, who: str) -> None:
    sh.out.document({"server": server, "as": who, "kept_in": str(sh.settings.logins)})
    sh.out.good(f"{server} opens for {who}; kept in {sh.settings.logins}")


def ask_person(sh: Shell, what: str, way: str, *, hidden: bool = False, default: str | None = None) -> str:
    """What somebody types, unseen where it is ``hidden``. Raises InputError where nobody can be asked; ``way`` is how to give it then."""
    if sh.out.as_json or not sys.stdin.isatty():
        raise InputError(f"{what.partition(' (')[0]} is missing and there is nobody to ask", hint=f"give it as  {way}")
    answer: str = typer.prompt(what, hide_input=hidden, default=default, show_default=False, err=True)
    return answer.strip()


def read_secret(path: str, what: str) -> str:
    """The text of a file, or of standard input for ``-``. Raises InputError."""
    try:
        raw = sys.stdin.buffer.read(MAX_SECRET_BYTES + 1) if path == "-" else Path(path).read_bytes()
        text = raw.decode().strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{what} cannot be read from {path}: {getattr(error, 'strerror', None) or 'it is not text'}") from None
    if not text or len(raw) > MAX_SECRET_BYTES:
        raise InputError(f"{what} in {path} is " + ("empty" if not text else "too long"))
    return text
