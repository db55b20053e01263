"""``listbackup api-key``: credentials of programs for the HTTP API."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from listbackup.base.errors import InputError
from listbackup.base.paging import iter_pages
from listbackup.cli.options import Json
from listbackup.cli.shell import shell
from listbackup.http.permission import Permission, expand, shown
from listbackup.services.accounts import ApiKey

app = typer.Typer(help="Make, list and revoke keys for the HTTP API.", no_args_is_help=True)


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.", show_default=False)],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", metavar="SCOPE", help="read (default), write, restore, admin, or a permission like runs:execute; repeat."),
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="How long it opens anything.")] = 90,
    as_json: Json = False,
) -> None:
    """Make an API key. Its text is shown now and never again: only a digest is kept.

    \b
    Examples:
      listbackup api-key create report
      listbackup api-key create deploy --scope read --scope write --days 30
    """
    with shell(context, as_json) as sh:
        new = sh.house.api_keys.create(sh.scope, name=name, permissions=_scopes(scope or ["read"]), life=timedelta(days=days))
        sh.out.document({"key": _document(new.key), "text": new.text.reveal()})
        sh.out.say(new.text.reveal())
        sh.out.good(f"made {new.key.id} ({_access(new.key)}), good until {new.key.expires_at:%Y-%m-%d}; it is not shown again")


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """List the API keys, revoked ones too.

    \b
    Examples:
      listbackup api-key list
    """
    with shell(context, as_json) as sh:
        keys = list(iter_pages(lambda cursor: sh.house.api_keys.list(sh.scope, cursor=cursor)))
        sh.out.document({"keys": [_document(key) for key in keys]})
        rows = [
            (key.id, key.name, _access(key), key.expires_at, key.used_at or "never", "revoked" if key.revoked_at else "") for key in keys
        ]
        sh.out.table(("ID", "NAME", "SCOPES", "EXPIRES", "USED", ""), rows, empty="No API key yet: listbackup api-key create NAME")


@app.command()
def revoke(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as the list shows it.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Revoke an API key; it opens nothing from now on.

    \b
    Examples:
      listbackup api-key revoke 7k3m9p2q
    """
    with shell(context, as_json) as sh:
        revoked = sh.house.api_keys.revoke(sh.scope, key)
        sh.out.document({"key": _document(revoked)})
        sh.out.good(f"{revoked.id} ({revoked.name}) opens nothing any more")


def _scopes(names: list[str]) -> tuple[Permission, ...]:
    try:
        return expand(names)
    except ValueError:
        known = "read, write, restore, admin, " + ", ".join(Permission)
        raise InputError(f"{', '.join(names)}: not every one of these is a scope", field="scope", hint=f"scopes are {known}") from None


def _access(key: ApiKey) -> str:
    return shown(key.permissions)


def _document(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": [one.value for one in key.permissions],
        "created_at": key.created_at,
        "created_by": key.created_by,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "used_at": key.used_at,
    }
