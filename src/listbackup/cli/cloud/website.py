"""The web app's files, put where CloudFront finds them: each with its policy, those that others name first, and what was there before stays until it is old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from listbackup.backends.aws_client import ask
from listbackup.base.clock import unix_ms
from listbackup.cli.cloud.target import Target

_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class WebFile:
    """A file as the bucket keeps it; ``policy`` and ``status`` are told to browsers by a function at the edge."""

    name: str
    path: Path
    kind: str
    cached: str
    metadata: Mapping[str, str]

    @property
    def is_named(self) -> bool:
        """Whether pages name it."""
        return not self.name.endswith(".html")


def web_files(folder: Path) -> Sequence[WebFile]:
    """Every file of the built web app: what pages name before the pages."""
    from listbackup.api.pages import file_headers  # starlette comes with it

    files = [_web_file(name, path, headers) for name, path, headers in file_headers(folder)]
    return sorted(files, key=lambda one: (not one.is_named, one.name))


def _web_file(name: str, path: Path, headers: Mapping[str, str]) -> WebFile:
    status = {"status": "404"} if name == "/404.html" else {}
    return WebFile(
        name=name.removeprefix("/"),
        path=path,
        kind=headers["content-type"],
        cached=headers["cache-control"],
        metadata={"policy": headers["content-security-policy"], **status},
    )


def put_website(target: Target, bucket: str, distribution: str, folder: Path) -> int:
    """Puts the files there and has CloudFront forget the old ones; how many. Raises BackendError."""
    s3, files = target.aws.client("s3"), web_files(folder)

    def put(one: WebFile) -> None:
        said = {"ContentType": one.kind, "CacheControl": one.cached, "Metadata": dict(one.metadata)}
        sent = partial(s3.put_object, Bucket=bucket, Key=one.name, Body=one.path.read_bytes(), **said)
        ask(sent, f"put {one.name} into {bucket}", clock=target.clock)

    with ThreadPoolExecutor(_AT_ONCE) as hands:
        for named in (True, False):  # a page is there when all that it names is
            list(hands.map(put, (one for one in files if one.is_named is named)))
    word = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": f"deploy-{unix_ms(target.clock.now())}"}
    front = target.aws.client("cloudfront")
    ask(
        lambda: front.create_invalidation(DistributionId=distribution, InvalidationBatch=word),
        "have CloudFront forget the old files",
        clock=target.clock,
    )
    return len(files)
