"""Whether a deployment answers: its health, through the gateway, as anybody would ask."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from listbackup.cli.cloud.target import Target
from listbackup.cli.errors import ServerUnreachable

_TRIES = 12
_PAUSE_SECONDS = 5.0  # a function that was never called starts, a gateway learns its routes


def answers(target: Target, url: str) -> str:
    """The address that answered. Raises ServerUnreachable when nothing good came for a minute."""
    told = "nothing answered"
    for tried in range(_TRIES):
        if tried:
            target.clock.sleep(_PAUSE_SECONDS)
        told = _ask(target, f"{url}/v2/system/health/live")
        if told == "":
            return url
    raise ServerUnreachable(
        f"everything was deployed, and {url} does not answer: {told}", hint=f"see the log /aws/lambda/{target.stack('system')}"
    )


def _ask(target: Target, address: str) -> str:
    """What is wrong with the answer; empty when nothing is."""
    try:
        with urllib.request.urlopen(_request(target, address), timeout=30) as answer:  # noqa: S310  an address that AWS gave us
            json.load(answer)
    except urllib.error.HTTPError as error:
        return f"status {error.code}"
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", error))
    return ""


def _request(target: Target, address: str) -> urllib.request.Request:
    """An emulator's gateways have names that no resolver knows: they are asked at its own address, by their name."""
    if not target.endpoint:
        return urllib.request.Request(address)  # noqa: S310
    parts = urlsplit(address)
    return urllib.request.Request(f"{target.endpoint}{parts.path}", headers={"Host": parts.netloc})  # noqa: S310
