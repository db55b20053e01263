"""``listbackup invite``: people are asked into an account by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from listbackup.base.errors import InputError, NotFound
from listbackup.cli.commands.account import current_account
from listbackup.cli.commands.login import ask_person, read_secret
from listbackup.cli.options import Json
from listbackup.cli.shell import Shell, shell

if TYPE_CHECKING:
    from listbackup.client.api.models import InvitationShown

app = typer.Typer(help="Invite people into an account, list invitations, take them back.", no_args_is_help=True)


@app.command()
def send(
    context: typer.Context,
    email: Annotated[str, typer.Argument(metavar="ADDRESS", help="Who gets the letter.", show_default=False)],
    role: Annotated[str, typer.Option("--role", help="owner, admin, manager, operator, viewer, or one of your own.")] = "viewer",
    as_json: Json = False,
) -> None:
    """Invite somebody by mail; good for 72 hours, once, for that address.

    \b
    Examples:
      listbackup invite send ada@example.org --role operator
    """
    with shell(context, as_json) as sh:
        sent = sh.line.invitations.create(_account(sh), email=email, role=role)
        sh.out.document({"invitation": _document(sent)})
        sh.out.good(f"invited {sent.email} as {sent.role}, until {sent.expires_at:%Y-%m-%d %H:%M} UTC")


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """List the account's invitations, newest first.

    \b
    Examples:
      listbackup invite list
    """
    with shell(context, as_json) as sh:
        found = list(sh.line.invitations.iter(_account(sh), limit=500))
        sh.out.document({"invitations": [_document(one) for one in found]})
        rows = [(one.email, one.role, one.state.value, one.invited_by, one.expires_at) for one in found]
        sh.out.table(("E-MAIL", "ROLE", "STATE", "BY", "UNTIL"), rows, empty="No invitation yet.")


@app.command()
def cancel(
    context: typer.Context,
    email: Annotated[str, typer.Argument(metavar="ADDRESS", help="Whose invitation.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Take an open invitation back.

    \b
    Examples:
      listbackup invite cancel ada@example.org
    """
    with shell(context, as_json) as sh:
        account = _account(sh)
        found = [one for one in sh.line.invitations.iter(account, limit=500) if email.lower() == one.email.lower()]
        waiting = next((one for one in found if one.state.value == "pending"), None)
        if waiting is None:
            raise NotFound(f"no invitation to {email} is open", hint="see them with:  listbackup invite list")
        sh.line.invitations.delete(account, waiting.id)
        sh.out.document({"cancelled": waiting.email})
        sh.out.good(f"took the invitation to {waiting.email} back")


@app.command()
def accept(
    context: typer.Context,
    token_file: Annotated[
        str | None, typer.Option("--token-file", metavar="FILE", help="What stands behind # in the letter's link (- for standard input).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Join the account that a letter invites to, as the person who is signed in.

    \b
    Examples:
      listbackup invite accept
      listbackup invite accept --token-file token.txt
    """
    with shell(context, as_json) as sh:
        way = "--token-file FILE"
        token = read_secret(token_file, "the token") if token_file is not None else ask_person(sh, "Token of the letter", way, hidden=True)
        joined = sh.line.invitations.accept(token=token)
        sh.out.document({"account": joined.account, "role": joined.role})
        sh.out.good(f"joined {joined.account} as {joined.role}")


def _account(sh: Shell) -> str:
    """The account that is worked in. Raises InputError where there is none."""
    account = current_account(sh)
    if account is None:
        raise InputError("there is no account to work in", hint="choose one:  listbackup account switch ACCOUNT")
    return account


def _document(one: InvitationShown) -> dict[str, object]:
    return {
        "id": one.id,
        "email": one.email,
        "role": one.role,
        "state": one.state.value,
        "invited_by": one.invited_by,
        "created_at": one.created_at,
        "expires_at": one.expires_at,
    }
