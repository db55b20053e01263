"""``listbackup member``: the people of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from listbackup.base.errors import NotFound
from listbackup.cli.options import Json
from listbackup.cli.shell import Shell, shell

if TYPE_CHECKING:
    from listbackup.client.api.models import MemberShown

Person = Annotated[str, typer.Argument(metavar="PERSON", help="Their e-mail address or id.", show_default=False)]

app = typer.Typer(help="List the people of an account, change their role, remove them.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """List the people of the account.

    \b
    Examples:
      listbackup member list
    """
    with shell(context, as_json) as sh:
        found = list(sh.line.users.iter(limit=500))
        sh.out.document({"members": [_document(one) for one in found]})
        rows = [(one.email, one.name, one.role, one.has_mfa, one.joined_at) for one in found]
        sh.out.table(
            ("E-MAIL", "NAME", "ROLE", "SECOND FACTOR", "SINCE"), rows, empty="Nobody yet: listbackup invite send ADDRESS --role viewer"
        )


@app.command()
def role(
    context: typer.Context,
    person: Person,
    role: Annotated[
        str, typer.Argument(metavar="ROLE", help="owner, admin, manager, operator, viewer, or one of your own.", show_default=False)
    ],
    as_json: Json = False,
) -> None:
    """Give a person another role; never more than your own.

    \b
    Examples:
      listbackup member role ada@example.org operator
    """
    with shell(context, as_json) as sh:
        found = _find(sh, person)
        changed = sh.line.users.update(found.user, role=role, version=found.version)
        sh.out.document({"member": _document(changed)})
        sh.out.good(f"{changed.email} is {changed.role}")


@app.command()
def remove(context: typer.Context, person: Person, as_json: Json = False) -> None:
    """Remove a person from the account; the last owner stays.

    \b
    Examples:
      listbackup member remove ada@example.org
    """
    with shell(context, as_json) as sh:
        found = _find(sh, person)
        sh.line.users.delete(found.user)
        sh.out.document({"removed": found.email})
        sh.out.good(f"removed {found.email}")


def _find(sh: Shell, text: str) -> MemberShown:
    for one in sh.line.users.iter(limit=500):
        if one.user == text or one.email.lower() == text.lower():
            return one
    raise NotFound(f"nobody in the account is {text!r}", hint="see them with:  listbackup member list")


def _document(one: MemberShown) -> dict[str, object]:
    return {"id": one.user, "email": one.email, "name": one.name, "role": one.role, "has_mfa": one.has_mfa, "joined_at": one.joined_at}
