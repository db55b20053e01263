"""What the deployment makes once and keeps beside the stacks: the installation's id, the name of its bucket, what the distribution shows."""

from __future__ import annotations

from secrets import token_urlsafe

from listbackup.api.front import proof_of
from listbackup.backends.aws_client import AwsRefused, ask
from listbackup.base.clock import unix_ms
from listbackup.base.errors import ListBackupError
from listbackup.base.ids import new_id
from listbackup.cli.cloud.target import Target

INSTALLATION = "installation"
DATA_BUCKET = "data-bucket"
PUBLIC_URL = "public-url"
FRONT_PROOF = "front-proof"


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


def ensure_front(target: Target) -> None:
    """Makes what the distribution shows the functions, once: the secret for CloudFront, its proof for them (``api/front.py``). Raises BackendError.

    The proof is written last: a deployment that ended in between begins anew. It outlives the stacks, as the installation's id does.
    """
    if find(target, FRONT_PROOF) is not None:
        return
    secret, name, client = token_urlsafe(32), front_secret(target), target.aws.client("secretsmanager")
    about = "what the distribution shows to the functions behind it; never change it"
    try:
        ask(lambda: client.create_secret(Name=name, SecretString=secret, Description=about), f"write the secret {name}", clock=target.clock)
    except AwsRefused as error:
        if error.code != "ResourceExistsException":
            raise
        ask(lambda: client.put_secret_value(SecretId=name, SecretString=secret), f"write the secret {name}", clock=target.clock)
    ensure(target, FRONT_PROOF, proof_of(secret), "by what functions recognise the distribution: the SHA-256 of its secret")


def forget_front(target: Target) -> None:
    """Takes both away, at once. Raises BackendError."""
    forget(target, FRONT_PROOF)
    name, client = front_secret(target), target.aws.client("secretsmanager")
    try:
        ask(lambda: client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True), f"remove the secret {name}", clock=target.clock)
    except AwsRefused as error:
        if error.code != "ResourceNotFoundException":
            raise


def front_secret(target: Target) -> str:
    """The secret's name, as the stacks have it."""
    return f"listbackup-{target.stage}-front"


def _free_bucket(target: Target) -> str:
    """The plain name, or with the account's number where somebody else in the world has that already."""
    plain = f"listbackup-data-{target.stage}"
    s3 = target.aws.client("s3")
    try:
        ask(lambda: s3.head_bucket(Bucket=plain), "look for the bucket", clock=target.clock)
    except AwsRefused as error:
        return f"{plain}-{target.account}" if error.status in (301, 400, 403) else plain
    return plain
