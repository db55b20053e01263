"""``listbackup init``: a data folder, its keys and its account."""

from __future__ import annotations

import typer

from listbackup.cli.options import Json
from listbackup.cli.shell import shell


def command(context: typer.Context, as_json: Json = False) -> None:
    """Make a data folder and the keys that open it.

    The keys go to a folder of their own: whoever copies one has nothing without the other. With LISTBACKUP_S3_BUCKET set, objects go to that bucket.

    \b
    Examples:
      listbackup init
      listbackup --data /srv/listbackup init
      LISTBACKUP_S3_BUCKET=copies LISTBACKUP_S3_ENDPOINT=https://s3.example.org listbackup init
    """
    from listbackup.bootstrap.embedded import init_system

    with shell(context, as_json, local=True) as sh:
        folder = init_system(sh.settings, clock=sh.clock)
        where = f"bucket {folder.s3.bucket}" if folder.s3 else str(folder.objects_dir)
        sh.out.document({"installation": folder.installation, "data": str(folder.data), "keys": str(folder.keys), "objects": where})
        sh.out.good(f"made the data folder {folder.data}")
        sh.out.pairs([("objects", where), ("keys", str(folder.keys))])
        sh.out.say()
        sh.out.say("Keep a recovery kit of the keys somewhere else; without keys nobody opens these copies, you included:")
        sh.out.say("  listbackup keys recovery-kit --to kit.txt")
        sh.out.say("Next, connect a platform (listbackup platforms lists them):")
        sh.out.say("  listbackup connect wordpress")
