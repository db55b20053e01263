"""The first owner of a deployment: a code that makes somebody the owner, shown to whoever deploys, as `listbackup serve` shows it to whoever starts it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from listbackup.cli.cloud.parameters import INSTALLATION, find
from listbackup.cli.cloud.target import Target

if TYPE_CHECKING:
    from listbackup.bootstrap.system import System

_GIVEN = {  # names in a function's environment, and the parameters that hold them
    "LISTBACKUP_INSTALLATION": INSTALLATION,
    "RUN_QUEUE_URL": "run-queue-url",
    "RUN_DEAD_QUEUE_URL": "run-dead-queue-url",
    "ERRAND_QUEUE_URL": "errand-queue-url",
    "ERRAND_DEAD_QUEUE_URL": "errand-dead-queue-url",
    "USER_POOL_ID": "user-pool-id",
    "USER_POOL_CLIENT_ID": "user-pool-client-id",
}


def new_setup_code(target: Target, *, bucket: str, public_url: str) -> str | None:
    """A code that is good once, within a day; None where somebody owns the installation. Makes the default account when there is none. Raises BackendError."""
    with opened(target, bucket=bucket, public_url=public_url) as system:
        system.accounts.ensure_default(actor="deploy")
        return system.registration.new_setup_code()


@contextmanager
def opened(target: Target, *, bucket: str, public_url: str) -> Iterator[System]:
    """The deployed installation, with the credentials of whoever sits here: for what no function may do."""
    from listbackup.bootstrap.aws import AwsPorts, open_cloud
    from listbackup.bootstrap.cloud_settings import CloudSettings

    given = {name: find(target, parameter) or "" for name, parameter in _GIVEN.items()}
    environ = {
        "STAGE": target.stage,
        "AWS_REGION": target.region,
        "DATA_BUCKET": bucket,
        "PUBLIC_URL": public_url,
        "IDENTITY": "cognito" if given["USER_POOL_ID"] else "builtin",
        "LISTBACKUP_LOG_LEVEL": "error",
        **({"AWS_ENDPOINT_URL": target.endpoint} if target.endpoint else {}),
        **given,
    }
    with tempfile.TemporaryDirectory(prefix="listbackup-owner-") as scratch:
        settings = CloudSettings.read(environ, scratch=Path(scratch))
        yield open_cloud(settings, clock=target.clock, ports=AwsPorts(settings, target.clock, target.aws))
