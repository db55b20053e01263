"""``listbackup keys``: the root key and the way back without this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from listbackup.base.errors import InputError
from listbackup.base.secret import Secret
from listbackup.cli.options import Json
from listbackup.cli.saving import write_text
from listbackup.cli.shell import Shell, shell

app = typer.Typer(help="Rotate the root key, print a recovery kit, destroy the keys.", no_args_is_help=True)


@app.command()
def rotate(
    context: typer.Context,
    stage: Annotated[
        str | None, typer.Option("--stage", metavar="STAGE", help="Of a deployment to AWS, with your credentials there.")
    ] = None,
    region: Annotated[str | None, typer.Option("--region", metavar="REGION", help="Its AWS region (else AWS_REGION).")] = None,
    endpoint_url: Annotated[str | None, typer.Option("--endpoint-url", metavar="URL", help="An emulator instead of AWS.")] = None,
    as_json: Json = False,
) -> None:
    """Make a new root key, wrap every account's key with it, destroy the old one. Data is not rewritten; backups may go on.

    \b
    Examples:
      listbackup keys rotate
      listbackup keys rotate --stage main
    """
    with shell(context, as_json, local=True) as sh:
        if stage is not None:
            from listbackup.cli.cloud.prerequisites import asking_aws
            from listbackup.cli.cloud.root_key import rotate as rotate_deployed

            with asking_aws():
                rotate_deployed(sh.out, sh.clock, stage, region=region, endpoint=endpoint_url)
            return
        count = sh.system.keys.rotate_root()
        root = sh.system.keyring.current()
        sh.out.document({"root": root, "accounts": count})
        sh.out.good(f"rotated to root key {root}; {count} account{'s' if count != 1 else ''} wrapped anew")
        sh.out.say("Recovery kits printed before now no longer open this data folder. Print a new one:")
        sh.out.say("  listbackup keys recovery-kit --to kit.txt")


@app.command("recovery-kit")
def recovery_kit(
    context: typer.Context,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Write it here instead of printing it.")] = None,
    passphrase: Annotated[bool, typer.Option("--passphrase", help="Ask for a passphrase that the kit will need.")] = False,
    store: Annotated[bool, typer.Option("--store", help="The keys of the data itself, for the stand-alone reader.")] = False,
    restore: Annotated[
        Path | None, typer.Option("--restore", metavar="FILE", help="Put the root key back from a kit (- for standard input).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print what opens the data when this machine is gone: keep it on paper, away from the data.

    The kit holds the root key; with a copy of the data folder it opens everything, also for the stand-alone reader. With --store it holds the data's
    own keys instead, with which that reader opens the objects alone. --restore puts the root key of a kit into the key folder.

    \b
    Examples:
      listbackup keys recovery-kit --to kit.txt
      listbackup keys recovery-kit --store --to store-kit.json
      listbackup keys recovery-kit --restore kit.txt
    """
    with shell(context, as_json, local=True) as sh:
        if restore is not None:
            _restore(sh, restore)
            return
        text = _store_kit(sh, as_json=to is not None) if store else _root_kit(sh, passphrase)
        if to is not None:
            write_text(to, text, mode=0o600)
            sh.out.document({"written_to": str(to)})
            sh.out.good(f"wrote {to}: print it or keep it away from the data, then delete it here")
        elif as_json:
            sh.out.document({"kit": text})
        else:
            sh.out.say(text)


@app.command()
def shred(
    context: typer.Context,
    sure: Annotated[str | None, typer.Option("--sure", metavar="ACCOUNT", help="The account's id, to show that you mean it.")] = None,
    as_json: Json = False,
) -> None:
    """Destroy the account's keys for good: nothing that was backed up can be read again, by anybody, in any copy.

    The root key is rotated too, so that earlier copies of the data folder do not open either. Recovery kits printed before now still open such
    copies: destroy them.

    \b
    Examples:
      listbackup keys shred
      listbackup keys shred --sure acc_01kf0c4f2z8m5e9x7q3t6v1a2b
    """
    with shell(context, as_json, local=True) as sh:
        account = sh.scope.account
        if sure is None and sys.stdin.isatty() and not as_json:
            sh.out.say(f"This destroys every copy of everything in {sh.settings.data}. It cannot be undone.")
            sure = typer.prompt(f"Type {account} to go on", err=True)
        if sure != account:
            raise InputError("nothing was destroyed", hint=f"to destroy it give  --sure {account}")
        receipt = sh.system.keys.shred(account)
        sh.system.keys.rotate_root()
        sh.out.document({"account": receipt.account, "key": receipt.key, "epochs": receipt.epochs, "shredded_at": receipt.shredded_at})
        sh.out.good(f"destroyed key {receipt.key} and {receipt.epochs} data key{'s' if receipt.epochs != 1 else ''} of {receipt.account}")
        sh.out.say("Destroy recovery kits that were printed before now.")


def _root_kit(sh: Shell, guarded: bool) -> str:
    from listbackup.backends.keyring.recovery_kit import print_kit

    secret = None
    if guarded:
        secret = Secret(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True))
    return print_kit(sh.system.keyring.roots, made_at=sh.clock.now(), passphrase=secret)


def _store_kit(sh: Shell, *, as_json: bool) -> str:
    from listbackup.backends.keyring.store_kit import make_store_kit, print_store_kit, store_kit_json

    kit = make_store_kit(sh.system.keys, sh.scope.account, made_at=sh.clock.now())
    return store_kit_json(kit).decode() if as_json else print_store_kit(kit)


def _restore(sh: Shell, path: Path) -> None:
    from listbackup.backends.keyring.recovery_kit import needs_passphrase, parse_kit
    from listbackup.bootstrap.embedded import restore_root

    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{path} cannot be read", hint="name the file of a recovery kit") from None
    secret = Secret(typer.prompt("Passphrase", hide_input=True, err=True)) if needs_passphrase(text) else None
    folder = restore_root(sh.settings, parse_kit(text, passphrase=secret))
    opened = sh.system.enter("cli").account
    sh.system.keys.for_account(opened)
    sh.out.document({"keys": str(folder.keys), "account": opened})
    sh.out.good(f"the root key is back in {folder.keys}, and it opens this data folder")
