"""``listbackup destroy``: the stacks of one stage taken away, in reverse order."""

from __future__ import annotations

from typing import Annotated

import typer

from listbackup.cli.options import Json, Yes
from listbackup.cli.shell import shell


def command(
    context: typer.Context,
    service: Annotated[str, typer.Argument(metavar="all|SERVICE", help="Every stack, or one.")] = "all",
    stage: Annotated[str, typer.Option("--stage", metavar="STAGE", help="Which deployment: main, staging, …")] = "main",
    region: Annotated[str | None, typer.Option("--region", metavar="REGION", help="The AWS region (else AWS_REGION).")] = None,
    endpoint_url: Annotated[str | None, typer.Option("--endpoint-url", metavar="URL", help="An emulator instead of AWS.")] = None,
    with_data: Annotated[bool, typer.Option("--with-data", help="Tables, objects, keys and people too: for good.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Take a deployment away from AWS: what came last goes first. The data stays unless you say otherwise.

    Needs credentials and no checkout. Without --with-data the stack core stays as it is, and the next `listbackup deploy` goes on with it. With it everything is gone: no backup of this
    stage can be read again. Objects under an object lock cannot be removed before it ends.

    \b
    Examples:
      listbackup destroy --stage staging all
      listbackup destroy --stage staging sources --yes
      listbackup destroy --stage dev all --with-data --endpoint-url http://127.0.0.1:4566 --yes
    """
    from listbackup.cli.cloud.deployment import Wish
    from listbackup.cli.cloud.prerequisites import asking_aws
    from listbackup.cli.cloud.removal import destroy

    with shell(context, as_json, local=True) as sh, asking_aws():
        wish = Wish(stage=stage, service=service, region=region, endpoint=endpoint_url)
        destroy(sh.out, sh.clock, wish, with_data=with_data, yes=yes)
