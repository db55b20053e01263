"""``listbackup connect``: asks for what a platform needs, tests it at once, and keeps it sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from listbackup.base.errors import Conflict, InputError
from listbackup.cli.asking import Answers, ask_fields, file_value
from listbackup.cli.options import Json, complete_platforms
from listbackup.cli.shell import Shell, shell
from listbackup.connectors.engine.connector import ConfigField
from listbackup.services.connections import Connection


def command(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="One of `listbackup platforms`.", autocompletion=complete_platforms)],
    name: Annotated[str | None, typer.Option("--name", "-n", help="What to call it (else the platform's name).")] = None,
    values: Annotated[list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Give a field that is not secret.")] = None,
    secret_files: Annotated[
        list[str] | None, typer.Option("--secret-file", metavar="FIELD=FILE", help="Read a secret from a file (- for standard input).")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="The description of a JSON API, for platform rest.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Give an existing connection new credentials.")] = False,
    in_browser: Annotated[bool, typer.Option("--sign-in", help="Agree on the platform's own page, in a browser on this machine.")] = False,
    test: Annotated[bool, typer.Option("--test/--no-test", help="Ask the platform whether the credentials work.")] = True,
    source: Annotated[bool, typer.Option("--source/--no-source", help="Also make a source of all its streams.")] = True,
    as_json: Json = False,
) -> None:
    """Connect a platform: give an address and a key, have them tested, keep them sealed.

    Fields that are not given are asked for. Secrets are never arguments: they are typed unseen, or read from a file or standard input.
    A source with the same name and all streams is made too, ready for `listbackup backup`.

    \b
    Examples:
      listbackup connect wordpress
      listbackup connect ghost --name blog --set url=https://blog.example.org --secret-file admin_key=key.txt
      listbackup connect rest --file my-api.yaml --name orders --secret-file token=-
      listbackup connect ghost --name blog --again
      listbackup connect demo-crm --sign-in --set client_id=demo-app --secret-file client_secret=secret.txt
    """
    with shell(context, as_json) as sh:
        chosen = name or platform
        answers = Answers(values=values or [], secret_files=secret_files or [], file=file)
        if in_browser:
            connection = _agreed(sh, platform, chosen, answers, again)
        else:
            connection = _again(sh, chosen, answers) if again else _create(sh, platform, chosen, answers, test)
        made = _source(sh, connection) if source and not again else None
        sh.out.document({"connection": describe(connection), "source": made})
        sh.out.good(f"connected {connection.name}" + (f" to {connection.site_name}" if connection.site_name else ""))
        if connection.site_url:
            sh.out.pairs([("address", connection.site_url)])
        if made:
            sh.out.say(f"\nBack it up with:\n  listbackup backup {made}")


def describe(connection: Connection) -> dict[str, object]:
    """A connection as ``--json`` shows it."""
    return {
        "id": connection.id,
        "name": connection.name,
        "platform": connection.platform,
        "state": connection.state.value,
        "site": connection.site_name,
        "url": connection.site_url,
        "secrets": list(connection.secret_names),
        "tested_at": connection.tested_at,
        "message": connection.message,
    }


def _create(sh: Shell, platform: str, name: str, answers: Answers, test: bool) -> Connection:
    fields = _fields(sh, platform, answers, {})
    _check_free(sh, platform, name)
    given = ask_fields(sh.out, fields, answers)
    return sh.house.connections.create(sh.scope, platform=platform, name=name, values=given.values, secrets=given.secrets, test=test)


def _agreed(sh: Shell, platform: str, name: str, answers: Answers, again: bool) -> Connection:
    from listbackup.cli.signing_in import sign_in

    if not again:
        _check_free(sh, platform, name)
    return sign_in(sh, platform, name, answers, again=again)


def _check_free(sh: Shell, platform: str, name: str) -> None:
    if any(one.name == name for one in sh.house.connections.list(sh.scope, limit=1000).items):
        raise Conflict(
            f"a connection named {name!r} exists already",
            hint=f"choose another --name, or: listbackup connect {platform} --name {name} --again",
        )


def _again(sh: Shell, name: str, answers: Answers) -> Connection:
    old = sh.house.connections.get(sh.scope, name)
    fields = _fields(sh, old.platform, answers, old.values)
    given = ask_fields(sh.out, fields, answers, kept=old.values)
    return sh.house.connections.reconnect(sh.scope, old.id, values=given.values, secrets=given.secrets)


def _fields(sh: Shell, platform: str, answers: Answers, kept: Mapping[str, str]) -> Sequence[ConfigField]:
    """What the platform asks for; a description given as a file may ask for more."""
    given = file_value(sh.house.platforms.get(platform).config, answers.file) if answers.file is not None else {}
    try:
        return sh.house.platforms.asked(platform, {**kept, **given})
    except InputError as error:
        if answers.file is None:
            raise
        raise InputError(error.message.replace("the definition", str(answers.file), 1), hint=error.hint, field=error.field) from None


def _source(sh: Shell, connection: Connection) -> str | None:
    try:
        return sh.house.sources.create(sh.scope, connection=connection.id, name=connection.name).name
    except Conflict:
        sh.out.warn(f"a source named {connection.name} exists already, so none was made; see: listbackup source add --help")
        return None
