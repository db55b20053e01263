"""``listbackup deploy``: the stacks of one stage, brought to AWS in order, and tried afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from listbackup.cli.options import Json, Yes
from listbackup.cli.shell import shell


def command(
    context: typer.Context,
    service: Annotated[str, typer.Argument(metavar="all|SERVICE", help="Every stack, or one: core, api, auth, account …")] = "all",
    stage: Annotated[str, typer.Option("--stage", metavar="STAGE", help="Which deployment: main, staging, …")] = "main",
    region: Annotated[str | None, typer.Option("--region", metavar="REGION", help="The AWS region (else AWS_REGION).")] = None,
    endpoint_url: Annotated[str | None, typer.Option("--endpoint-url", metavar="URL", help="An emulator instead of AWS.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the stage, over its file; repeat.")
    ] = None,
    functions: Annotated[
        Path | None, typer.Option("--functions", metavar="DIR", help="Folders of functions that were built before.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Deploy to AWS: tables, queues, functions, the gateway and the web app of one stage.

    Runs from a checkout (make setup-deploy), with the credentials that botocore finds. What is missing in the account is said before anything is changed;
    parameters that were never there are made. Each stack is changed whole or not at all, and the ones that come first are changed first. At the end the
    gateway is asked whether it answers. How a stage is meant to be stands in infra/stages/STAGE.toml.

    Exit codes: 2 something is missing on this machine or in what was given, 4 AWS refuses the credentials or a right, 1 a stack could not be deployed,
    5 AWS cannot be reached, or everything was deployed and does not answer.

    \b
    Examples:
      listbackup deploy --stage main all
      listbackup deploy --stage main all --dry-run
      listbackup deploy --stage staging sources --yes
      listbackup deploy --stage dev all --endpoint-url http://127.0.0.1:4566 --yes
    """
    from listbackup.cli.cloud.deployment import Wish, deploy
    from listbackup.cli.cloud.prerequisites import asking_aws

    with shell(context, as_json, local=True) as sh, asking_aws():
        wish = Wish(stage=stage, service=service, region=region, endpoint=endpoint_url, settings=tuple(set_ or ()), functions=functions)
        deploy(sh.out, sh.clock, wish, dry_run=dry_run, yes=yes)
