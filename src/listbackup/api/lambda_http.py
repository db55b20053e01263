"""The API as a function: one service's rooms behind the same door, called with the events of an HTTP API (payload format 2.0).

System, clients and application are made once for each process of the function, at its first event. What an event says counts as far as API Gateway says it: the
caller's address is ``requestContext.http.sourceIp`` and no header (but of our own distribution, which proves itself: ``api/front.py``), the request's id is the
gateway's unless the caller sent one, and of an authorizer's words none is believed: the door judges every credential itself.
Source: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, read 2026-11-21.
"""

from __future__ import annotations

import listbackup.base.compiled  # noqa: F401  before the modules whose classes it is for

# isort: split
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mangum import Mangum

from listbackup.api.app import ApiSettings, application
from listbackup.api.front import FRONT, VIEWER, viewer_of
from listbackup.api.handing_out import HandingOut, HandOut
from listbackup.api.live import Turns
from listbackup.base.errors import InputError
from listbackup.base.log import log_context
from listbackup.bootstrap.cloud_settings import MOST_BYTES
from listbackup.bootstrap.stage import Lazily, Stage

if TYPE_CHECKING:
    from listbackup.api.rooms import House
    from listbackup.bootstrap.cloud_settings import CloudSettings
    from listbackup.services.data import Errander

_TEXT = ["text/", "application/json", "application/problem+json", "application/jsonl"]  # everything else goes out as base64
_OURS = (
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-forwarded-for",
    "forwarded",
    FRONT,
    VIEWER,
)  # nobody's word about the way here counts but the gateway's

_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_.:-]")


class HttpFunction:
    """One service's operations as a function; called with an event, answers as API Gateway wants it."""

    def __init__(
        self, house: House, errands: Errander, settings: CloudSettings, *, hand_out: HandOut | None = None, most_bytes: int = MOST_BYTES
    ) -> None:
        host = urlsplit(settings.public_url).hostname or ""
        api = ApiSettings(
            hosts=(host,),
            origins=settings.origins,
            issuer=settings.public_url,
            max_requests=4,  # of a process: API Gateway gives it one at a time
            services=(settings.service,) if settings.service is not None else ApiSettings().services,
            opens_late=True,
            turns=Turns(hold_seconds=settings.live.hold_seconds, retry_ms=settings.live.retry_ms),
        )
        self._host, self._front = host, settings.front_proof
        whole = most_bytes * 3 // 4  # base64 makes four bytes of three, and text has escapes
        app = HandingOut(application(house, errands, api), house.clock, most_bytes=whole, hand_out=hand_out)
        self._mangum = Mangum(app, lifespan="off", text_mime_types=_TEXT)

    def __call__(self, event: Mapping[str, Any], context: Any) -> Mapping[str, Any]:
        """The answer to one request."""
        with log_context(invocation=str(getattr(context, "aws_request_id", "-"))):
            return self._mangum(dict(_told_by_the_gateway(event, self._host, self._front)), context)


def _told_by_the_gateway(event: Mapping[str, Any], host: str, front: str) -> Mapping[str, Any]:
    """The event with its headers as the gateway vouches for them. Its own names stand for our public one: it answers for no others."""
    gateway: Mapping[str, Any] = event["requestContext"]
    sent = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    headers = {name: value for name, value in sent.items() if name not in _OURS}
    viewer = viewer_of(sent, front)
    if viewer is not None:
        gateway = {**gateway, "http": {**gateway["http"], "sourceIp": viewer}}
    named = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
    if (
        named.lower() == str(gateway.get("domainName", "")).rpartition(":")[0].lower()
        or named.lower() == str(gateway.get("domainName", "")).lower()
    ):
        headers["host"] = host
    headers.setdefault("x-request-id", _NOT_IN_IDS.sub("", str(gateway.get("requestId", ""))))
    stage, path = str(gateway.get("stage", "$default")), str(event.get("rawPath", "/"))
    if stage != "$default" and path.startswith(f"/{stage}/"):  # a stage with a name stands before every path
        path = path.removeprefix(f"/{stage}")
    return {**event, "requestContext": gateway, "headers": {**headers, "x-forwarded-proto": "https"}, "rawPath": path}


def make(stage: Stage) -> HttpFunction:
    """The function as its environment says."""
    if stage.settings.service is None:
        raise InputError("LISTBACKUP_SERVICE is not set", field="LISTBACKUP_SERVICE")
    hand_out = stage.ports.hand_out if stage.settings.handout_bucket else None
    return HttpFunction(stage.system(), stage.errands, stage.settings, hand_out=hand_out, most_bytes=stage.settings.answer_bytes)


handler = Lazily(make)
