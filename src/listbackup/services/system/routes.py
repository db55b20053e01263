"""What the system offers over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from listbackup import __version__
from listbackup.services.routing import Answer, Call, Route, Text
from listbackup.services.system.service import Health, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """This process answers."""

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Whether this process can work, part by part."""

    status: str
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What runs here."""

    version: str
    api: str


def routes(health: Health, answered: Callable[[], Mapping[int, int]]) -> Sequence[Route]:
    """Health, version and figures; none of them tells anything of an account."""

    def live(_: Call) -> Answer:
        return Answer(content=Live(status="live"))

    def ready(_: Call) -> Answer:
        parts = health.parts()
        ok = all(part.ok for part in parts)
        return Answer(content=Ready(status="ready" if ok else "not_ready", parts=parts), status=200 if ok else 503)

    def version(_: Call) -> Answer:
        return Answer(content=Version(version=__version__, api="v2"))

    def metrics(_: Call) -> Answer:
        return Answer(content=Text(content=_exposition(health, answered()), media_type="text/plain; version=0.0.4; charset=utf-8"))

    return [
        Route(method="GET", path="/system/health/live", summary="Whether this process answers", access=None, handle=live, answers=Live),
        Route(method="GET", path="/system/health/ready", summary="Whether each part works", access=None, handle=ready, answers=Ready),
        Route(method="GET", path="/system/version", summary="What runs here", access=None, handle=version, answers=Version),
        Route(method="GET", path="/system/metrics", summary="Figures for Prometheus", access=None, handle=metrics, answers=Text),
    ]


def _exposition(health: Health, answered: Mapping[int, int]) -> str:
    """Prometheus text format 0.0.4."""
    lines = ["# HELP listbackup_part_up Whether a part answers.", "# TYPE listbackup_part_up gauge"]
    lines += [f'listbackup_part_up{{part="{part.name}"}} {int(part.ok)}' for part in health.parts()]
    lines += ["# HELP listbackup_http_requests_total Requests answered, by status.", "# TYPE listbackup_http_requests_total counter"]
    lines += [f'listbackup_http_requests_total{{status="{status}"}} {count}' for status, count in sorted(answered.items())]
    lines += ["# HELP listbackup_queue_messages Messages on the queue.", "# TYPE listbackup_queue_messages gauge"]
    lines += [f"listbackup_queue_messages {health.depth()}"]
    lines += ["# HELP listbackup_dead_letters Messages given up, 100 at most.", "# TYPE listbackup_dead_letters gauge"]
    lines += [f"listbackup_dead_letters {health.dead()}"]
    return "\n".join(lines) + "\n"
