"""What the trail is told of erasures; never of what."""

from __future__ import annotations

from listbackup.services.desk import Fact
from listbackup.services.erasures.model import Erasure


def erasure_fact(happened: str, erasure: Erasure) -> Fact:
    """``erasure.asked``, ``.planned``, ``.ordered``, ``.done``, ``.failed``, ``.cancelled``."""
    about: dict[str, str | int | bool | None] = {
        "records": erasure.records,
        "sources": len(erasure.found),
        "keep_out": erasure.keep_out,
        "reason": erasure.reason[:200],
    }
    return Fact(name=f"erasure.{happened}", subject=erasure.id, about=about)
