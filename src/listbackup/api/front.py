"""Who asked, where our own distribution stands before the gateway: that one names the caller, and shows by a secret that it is the one who says so.

A gateway behind CloudFront sees the addresses of CloudFront's edges; limits of tries and the activity trail must have the caller's. A function at the edge writes the
caller's address into ``VIEWER`` (over whatever the caller wrote there), and the distribution adds ``FRONT`` to what it sends on. The functions know of that secret
nothing but its SHA-256: it is no secret of theirs. Who asks the gateway at its own address has no such secret, and is who the gateway says.

Source: "Add custom headers to origin requests" (CloudFront takes its own value over a viewer's) and "CloudFront Functions event structure" (``viewer.ip``),
docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide, read 2026-11-21. ``CloudFront-Viewer-Address`` is not used: a policy that sends it and everything else sends
the viewer's ``Host`` too, which an HTTP API does not know.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from ipaddress import ip_address

FRONT = "x-listbackup-front"
VIEWER = "x-listbackup-viewer"


def proof_of(secret: str) -> str:
    """What the functions are told, by which they recognise the secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def viewer_of(headers: Mapping[str, str], proof: str) -> str | None:
    """The address of who asked our distribution; None where the request did not demonstrably come through it. ``proof`` is empty where there is none."""
    if not proof or not hmac.compare_digest(proof_of(headers.get(FRONT, "")).encode(), proof.encode()):
        return None
    try:
        return str(ip_address(headers.get(VIEWER, "")))
    except ValueError:
        return None
