"""``listbackup setup``: the first owner of an installation, made by whoever sits at the machine."""

from __future__ import annotations

from typing import Annotated

import typer

from listbackup.base.errors import Conflict, InputError
from listbackup.cli.commands.login import ask_person, read_secret
from listbackup.cli.extras import need_server
from listbackup.cli.options import Json
from listbackup.cli.shell import Shell, shell


def command(
    context: typer.Context,
    email: Annotated[str | None, typer.Option("--email", metavar="ADDRESS", help="The owner's address; it counts as verified.")] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="What the owner is called.")] = None,
    password_file: Annotated[
        str | None, typer.Option("--password-file", metavar="FILE", help="Read the password from a file (- for standard input).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make the first owner of this installation, who signs in at its server.

    What `listbackup serve` asks for with a set-up code can be done here without one: whoever may write the data folder needs none. What is not given is
    asked for; the password is typed unseen. Afterwards people come by invitation.

    \b
    Examples:
      listbackup setup
      listbackup setup --email ada@example.org --name 'Ada Lovelace' --password-file password.txt
    """
    with shell(context, as_json, local=True) as sh:
        need_server("making an owner, who signs in at a server,")
        registration = sh.system.registration
        if not registration.needs_owner():
            raise Conflict("this installation has an owner already", hint="sign in, or ask the owner for an invitation")
        address = email or ask_person(sh, "E-mail address", "--email ADDRESS")
        called = name or ask_person(sh, "Name", "--name NAME", default=address.partition("@")[0])
        person = registration.set_up_here(email=address, password=_password(sh, password_file), name=called)
        sh.system.auth.keep_house()
        sh.out.document({"user": person.id, "email": person.email, "account": sh.scope.account})
        sh.out.good(f"{person.email} owns this installation")
        sh.out.say("Start the server and sign in; a second factor is asked for before anything is changed:")
        sh.out.say("  listbackup serve")


def _password(sh: Shell, file: str | None) -> str:
    if file is not None:
        return read_secret(file, "the password")
    password = ask_person(sh, "Password", "--password-file FILE", hidden=True)
    if ask_person(sh, "The same again", "--password-file FILE", hidden=True) != password:
        raise InputError("that was not the same password", hint="nothing was made; begin again")
    return password
