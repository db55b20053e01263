"""``listbackup system``: copies of the control plane, and the way back from one when the machine is gone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listbackup.base.errors import InputError, StoreError
from listbackup.base.secret import Secret
from listbackup.cli.options import Json
from listbackup.cli.output import local, size
from listbackup.cli.shell import Shell, shell

if TYPE_CHECKING:
    from listbackup.backends.keyring.roots import Roots
    from listbackup.bootstrap.control_plane import Place
    from listbackup.bootstrap.restoring import PutBack, Settled

app = typer.Typer(help="Copy the control plane (accounts, connections, sources, schedules, keys), and put it back.", no_args_is_help=True)

_To = Annotated[str | None, typer.Option("--to", metavar="PLACE", help="A folder, or s3://BUCKET/PREFIX (else the place that is set).")]
_From = Annotated[str | None, typer.Option("--from", metavar="PLACE", help="A folder, or s3://BUCKET/PREFIX (else the place that is set).")]


@app.command()
def backup(context: typer.Context, to: _To = None, as_json: Json = False) -> None:
    """Copy the control plane now: everything but the snapshots themselves, sealed under the root key and read back before it counts.

    While `listbackup serve` or `worker` runs this is done every hour by itself, where LISTBACKUP_SYSTEM_BACKUP_TO names a place, or the snapshots lie
    in a bucket. A copy opens with the root key, so with the recovery kit: keep that apart.

    \b
    Examples:
      listbackup system backup
      listbackup system backup --to /mnt/other-disk/listbackup
      listbackup system backup --to s3://copies/listbackup
    """
    from listbackup.bootstrap.control_plane import open_place

    with shell(context, as_json, local=True) as sh:
        copies = sh.system.copies if to is None else sh.system.copies_at(open_place(to, sh.settings, sh.clock))
        copy, root = copies.take(), sh.system.keyring.current()
        where = copies.state().place
        sh.out.document({"copy": copy.name, "at": copy.at, "size_bytes": copy.size_bytes, "place": where, "root": root})
        sh.out.good(f"copied the control plane to {where}: {copy.name}, {size(copy.size_bytes)}, read back and whole")
        sh.out.say(f"It opens with root key {root}. Is its recovery kit printed?  listbackup keys recovery-kit --to kit.txt")


@app.command("copies")
def list_(context: typer.Context, from_: _From = None, as_json: Json = False) -> None:
    """List the copies at a place, the newest first; no key is needed.

    \b
    Examples:
      listbackup system copies
      listbackup system copies --from s3://copies/listbackup
    """
    from listbackup.services.system import list_copies, list_installations

    with shell(context, as_json, local=True) as sh:
        place = _place(sh, from_)
        found = [one for owner in list_installations(place.objects) for one in list_copies(place.objects, owner)]
        roots = {one.name: _root(place, one.name) for one in found[:100]}
        rows = [(one, roots.get(one.name)) for one in found]
        sh.out.document(
            {
                "place": place.where,
                "copies": [{"name": one.name, "at": one.at, "size_bytes": one.size_bytes, "root": root} for one, root in rows],
            }
        )
        sh.out.table(
            ("COPY", "MADE", ">SIZE", "ROOT KEY"), [(one.name, local(one.at), size(one.size_bytes), root or "") for one, root in rows]
        )


@app.command()
def restore(
    context: typer.Context,
    copy: Annotated[str | None, typer.Argument(metavar="[COPY]", help="Its name, as `system copies` shows it (else the newest).")] = None,
    from_: _From = None,
    kit: Annotated[Path | None, typer.Option("--kit", metavar="FILE", help="The recovery kit (- for standard input).")] = None,
    installation: Annotated[
        str | None, typer.Option("--installation", metavar="ID", help="Whose copies, where several lie at the place.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Move aside the tables that stand in the data folder.")] = False,
    start: Annotated[bool, typer.Option("--start", help="The other machine is off for good: let everything begin at once.")] = False,
    as_json: Json = False,
) -> None:
    """Put the control plane back from a copy, into an empty data folder: accounts, people, connections with their secrets, sources, schedules, keys.

    Snapshots that were made after the copy are found again among the objects. Snapshots in a bucket need nothing more; where they were files, put their
    copy into `objects` of the data folder. The installation comes back in maintenance, because two machines that work on one set of snapshots would
    destroy it: turn that off, or give --start, when the other machine is gone. Everybody signs in anew.

    \b
    Examples:
      listbackup system restore --from s3://copies/listbackup --kit kit.txt --start
      listbackup system restore --from /mnt/other-disk/listbackup --kit -
      listbackup system restore --from /mnt/other-disk/listbackup --replace
    """
    from listbackup.bootstrap.restoring import put_back, settle
    from listbackup.services.system import choose_copy

    with shell(context, as_json, local=True) as sh:
        place = _place(sh, from_)
        name = choose_copy(place.objects, name=copy, owner=installation)
        back = put_back(sh.settings, place.objects, name, kit=_roots(kit), clock=sh.clock, replace=replace)
        _tell(sh, name, back, settle(sh.system, name, start=start), held=not start)


def _root(place: Place, name: str) -> str | None:
    """The root key that a copy needs; None where not even that can be read."""
    from listbackup.services.system import read_header

    try:
        return read_header(lambda start, length: place.objects.get(name, start, length), name).root
    except StoreError:
        return None


def _place(sh: Shell, said: str | None) -> Place:
    from listbackup.bootstrap.control_plane import open_place, place_of
    from listbackup.bootstrap.folder import is_folder, open_folder

    text = said or sh.settings.system_backup.to
    if text is not None:
        return open_place(text, sh.settings, sh.clock)
    place = place_of(open_folder(sh.settings), sh.settings, sh.clock) if is_folder(sh.settings) else None
    if place is None:
        raise InputError("no place for copies of the control plane is set", hint="name it:  --from FOLDER   or  --from s3://BUCKET/PREFIX")
    return place


def _roots(kit: Path | None) -> Roots | None:
    from listbackup.backends.keyring.recovery_kit import needs_passphrase, parse_kit

    if kit is None:
        return None
    try:
        text = sys.stdin.read() if str(kit) == "-" else kit.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{kit} cannot be read", hint="name the file of a recovery kit") from None
    secret = Secret(typer.prompt("Passphrase", hide_input=True, err=True)) if needs_passphrase(text) else None
    return parse_kit(text, passphrase=secret)


def _tell(sh: Shell, name: str, back: PutBack, found: Settled, *, held: bool) -> None:
    sh.out.document(
        {
            "copy": name,
            "made_at": back.header.made_at,
            "data": str(back.folder.data),
            "accounts": found.accounts,
            "connections": found.connections,
            "sources": found.sources,
            "jobs": found.jobs,
            "snapshots": found.snapshots,
            "newer_than_the_copy": found.newer,
            "without_objects": list(found.bare),
            "moved_aside": str(back.aside) if back.aside is not None else None,
            "configuration": str(back.configuration) if back.configuration is not None else None,
            "maintenance": held,
        }
    )
    sh.out.good(f"the control plane is back in {back.folder.data}, as it was {local(back.header.made_at)}")
    sh.out.say(
        f"{found.accounts} accounts, {found.connections} connections, {found.sources} sources, {found.jobs} schedules, {found.snapshots} snapshots"
    )
    if found.newer:
        sh.out.say(f"{found.newer} sources had changed since the copy: taken up from their objects")
    if found.bare:
        sh.out.say(f"of {len(found.bare)} sources no object is here: put the copy of the objects into {back.folder.objects_dir}")
    if back.aside is not None:
        sh.out.say(f"what stood there lies in {back.aside}")
    if back.configuration is not None:
        sh.out.say(f"the configuration file of then is {back.configuration}: put it where yours belongs")
    sh.out.say("Nobody is signed in any more. Who was removed or lost a key since the copy was made is back: look at members and keys.")
    if held:
        sh.out.say("It is in maintenance. When the other machine is off for good:  listbackup maintenance off")
