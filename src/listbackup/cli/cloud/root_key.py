"""The root key of a deployment, rotated by whoever may make keys in the account: no function may."""

from __future__ import annotations

from listbackup.base.clock import Clock
from listbackup.base.errors import InputError
from listbackup.cli.cloud.first_owner import opened
from listbackup.cli.cloud.parameters import DATA_BUCKET, PUBLIC_URL, find
from listbackup.cli.cloud.target import aim
from listbackup.cli.output import Output


def rotate(out: Output, clock: Clock, stage: str, *, region: str | None, endpoint: str | None) -> None:
    """A new KMS key, every account's key wrapped with it, the old one retired: it is destroyed after seven days. What broke off is finished by the next.

    Raises InputError where nothing is deployed, ServerRefuses, BackendError.
    """
    target = aim(stage, region=region, endpoint=endpoint, clock=clock)
    bucket, url = find(target, DATA_BUCKET), find(target, PUBLIC_URL)
    if bucket is None or url is None:
        raise InputError(f"stage {stage} is not deployed in {target.region}", hint=f"deploy it:  listbackup deploy --stage {stage} all")
    with opened(target, bucket=bucket, public_url=url) as system:
        count = system.keys.rotate_root()
    out.document({"stage": stage, "accounts": count})
    out.good(f"rotated to a new KMS key; {count} account{'s' if count != 1 else ''} wrapped anew")
    out.say("The old key opens nothing any more, and is destroyed in seven days.")
