"""What the deployment makes once and keeps beside the stacks: the installation's id, the name of its bucket."""

from __future__ import annotations

from listbackup.backends.aws_client import AwsRefused, ask
from listbackup.base.clock import unix_ms
from listbackup.base.errors import ListBackupError
from listbackup.base.ids import new_id
from listbackup.cli.cloud.target import Target

INSTALLATION = "installation"
DATA_BUCKET = "data-bucket"
PUBLIC_URL = "public-url"


def find(target: Target, name: str) -> str | None:
    """The value of a parameter, None where there is none. Raises BackendError."""
    ssm = target.aws.client("ssm")
    try:
        said = ask(lambda: ssm.get_parameter(Name=target.parameter(name)), f"read the parameter {name}", clock=target.clock)
    except AwsRefused as error:
        if error.code == "ParameterNotFound":
            return None
        raise
    return str(said["Parameter"]["Value"])


def ensure(target: Target, name: str, value: str, about: str) -> str:
    """The parameter's value: this one if there was none. Whoever comes second keeps what the first wrote. Raises BackendError."""
    found = find(target, name)
    if found is not None:
        return found
    ssm = target.aws.client("ssm")
    try:
        ask(
            lambda: ssm.put_parameter(Name=target.parameter(name), Value=value, Type="String", Description=about),
            f"write the parameter {name}",
            clock=target.clock,
        )
    except AwsRefused as error:
        if error.code != "ParameterAlreadyExists":
            raise
    written = find(target, name)
    if written is None:
        raise ListBackupError(f"the parameter {name} was written and is not there")
    return written


def forget(target: Target, name: str) -> None:
    """Removes a parameter, if it is there. Raises BackendError."""
    ssm = target.aws.client("ssm")
    try:
        ask(lambda: ssm.delete_parameter(Name=target.parameter(name)), f"remove the parameter {name}", clock=target.clock)
    except AwsRefused as error:
        if error.code != "ParameterNotFound":
            raise


def ensure_all(target: Target) -> str:
    """Makes what is missing; the name of the bucket."""
    ensure(target, INSTALLATION, new_id("ins", unix_ms(target.clock.now())), "which installation of ListBackup this is; never change it")
    return ensure(target, DATA_BUCKET, _free_bucket(target), "the bucket of objects; never change it")


def _free_bucket(target: Target) -> str:
    """The plain name, or with the account's number where somebody else in the world has that already."""
    plain = f"listbackup-data-{target.stage}"
    s3 = target.aws.client("s3")
    try:
        ask(lambda: s3.head_bucket(Bucket=plain), "look for the bucket", clock=target.clock)
    except AwsRefused as error:
        return f"{plain}-{target.account}" if error.status in (301, 400, 403) else plain
    return plain
