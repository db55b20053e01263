"""What must be right before a deployment changes anything, beside the machine and the credentials; and AWS's refusals in the words of the command line."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from listbackup.backends.aws_client import AwsRefused, ask, is_about_rights
from listbackup.base.errors import BackendError, InputError, ListBackupError
from listbackup.cli.cloud.target import INFRA, Target
from listbackup.cli.errors import ServerRefuses, ServerUnreachable
from listbackup.cli.output import Output


@contextmanager
def asking_aws() -> Iterator[None]:
    """What AWS refuses, or does not answer, as the command line says it. Raises ServerRefuses, ServerUnreachable, ListBackupError."""
    try:
        yield
    except AwsRefused as refused:
        if is_about_rights(refused):
            raise ServerRefuses(refused.message, hint=refused.hint) from refused
        if refused.retryable:
            raise ServerUnreachable(refused.message, hint="try again later") from refused
        raise ListBackupError(refused.message, hint=refused.hint) from refused
    except BackendError as error:
        raise ServerUnreachable(error.message, hint=error.hint or "is the region right, and is there a network?") from error


def check_service(service: str) -> None:
    """Raises InputError for a service that no stack is of."""
    known = sorted(path.stem for path in (INFRA / "listbackup_infra" / "stacks").glob("[a-z]*.py"))
    if service not in ("all", *known):
        raise InputError(f"there is no service {service!r}", hint=f"services: all, {', '.join(known)}", field="service")


def read_settings(target: Target, said: Sequence[str]) -> Any:
    """How the stage is meant to be, as infra/ itself reads it. Raises InputError for what there is not or cannot be."""
    if str(INFRA) not in sys.path:
        sys.path.append(str(INFRA))
    given: dict[str, str | None] = {"endpoint": target.endpoint}
    for one in said:
        name, equals, value = one.partition("=")
        if not equals:
            raise InputError(f"--set {one!r} has no '='", hint="write  --set NAME=VALUE")
        given[name] = value
    try:
        return importlib.import_module("listbackup_infra.settings").read_stage(target.stage, given)
    except ValueError as error:
        raise InputError(str(error), hint=f"settings stand in infra/stages/{target.stage}.toml, or come with --set", field="set") from error


def warn_of_letters(out: Output, target: Target, sender: str) -> None:
    """Says what stands between this stage and its letters: nobody registers, and nobody is told, without them. Raises BackendError."""
    if not sender:
        out.warn("letters are refused: nobody can register or be invited; set  mail_from  to an address that SES has verified")
        return
    domain = sender.partition("@")[2]
    try:
        if not any(_is_verified(target, one) for one in (sender, domain)):
            out.warn(f"no letters will go out: SES of {target.region} has not verified {sender}, nor {domain}")
        said = ask(target.aws.client("sesv2").get_account, "ask about letters", clock=target.clock)
    except AwsRefused as refused:
        if not is_about_rights(refused):
            raise
        return  # who may deploy need not be allowed to know
    if said.get("ProductionAccessEnabled") is False:
        out.warn(f"SES of {target.region} is in its sandbox: letters go to verified addresses alone until AWS is asked for more")


def _is_verified(target: Target, identity: str) -> bool:
    client = target.aws.client("sesv2")
    try:
        said = ask(lambda: client.get_email_identity(EmailIdentity=identity), f"look for {identity} in SES", clock=target.clock)
    except AwsRefused as refused:
        if refused.code != "NotFoundException":
            raise
        return False
    return bool(said.get("VerifiedForSendingStatus"))
