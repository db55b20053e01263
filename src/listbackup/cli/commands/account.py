"""``listbackup account``: the accounts of a server that one reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from listbackup.base.errors import InputError, NotFound
from listbackup.cli.options import Json
from listbackup.cli.shell import Shell, shell

if TYPE_CHECKING:
    from listbackup.client.api.models import AccountShown

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its id, or its name where only one has it.", show_default=False)]

app = typer.Typer(help="List, open and choose accounts of a server.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """List the accounts that you reach, each before those below it.

    \b
    Examples:
      listbackup account list
    """
    with shell(context, as_json) as sh:
        found = list(sh.line.accounts.iter(limit=500))
        current = current_account(sh)
        sh.out.document({"accounts": [describe(one, current) for one in found]})
        rows = [(one.id, one.name, one.state.value, one.parent, "current" if one.id == current else "") for one in found]
        sh.out.table(("ID", "NAME", "STATE", "BELOW", ""), rows, empty="You reach no account yet.")


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.", show_default=False)],
    under: Annotated[str | None, typer.Option("--under", metavar="ACCOUNT", help="Open it below this one (else at the top).")] = None,
    as_json: Json = False,
) -> None:
    """Open an account, at the top or below another.

    \b
    Examples:
      listbackup account create Acme
      listbackup account create Berlin --under Acme
    """
    with shell(context, as_json) as sh:
        accounts = sh.line.accounts
        made = accounts.create(name=name) if under is None else accounts.create_sub_account(find_account(sh, under).id, name=name)
        sh.out.document({"account": describe(made, None)})
        sh.out.good(f"opened {made.name} ({made.id})")


@app.command()
def switch(context: typer.Context, account: Account, as_json: Json = False) -> None:
    """Work in this account wherever no other is named. `--account` and LISTBACKUP_ACCOUNT choose for one command.

    \b
    Examples:
      listbackup account switch Acme
    """
    with shell(context, as_json) as sh:
        found = find_account(sh, account)
        sh.line.users.switch_account(account=found.id)
        sh.out.document({"account": describe(found, found.id)})
        sh.out.good(f"working in {found.name}")


def current_account(sh: Shell) -> str | None:
    """The account that is worked in: the one that was named, the key's, or the one that the person chose last."""
    if sh.settings.account is not None:
        return sh.settings.account
    said = sh.line.auth.status()
    if said.user is None:
        return said.account
    return next((one.account.id for one in sh.line.users.iter_me_accounts() if one.is_current), None)


def find_account(sh: Shell, text: str) -> AccountShown:
    """The account of this id or name. Raises NotFound, InputError where several have the name."""
    found = [one for one in sh.line.accounts.iter(limit=500) if one.id == text or one.name.casefold() == text.casefold()]
    if not found:
        raise NotFound(f"there is no account {text!r} that you reach", hint="see them with:  listbackup account list")
    if len(found) > 1:
        raise InputError(f"{len(found)} accounts are named {text!r}", hint="name its id: " + ", ".join(one.id for one in found))
    return found[0]


def describe(account: AccountShown, current: str | None) -> dict[str, object]:
    """An account as ``--json`` shows it."""
    return {
        "id": account.id,
        "name": account.name,
        "parent": account.parent,
        "state": account.state.value,
        "created_at": account.created_at,
        "current": account.id == current,
    }
