"""What functions make of facts that others tell them: figures for CloudWatch, written as log lines in the embedded metric format.

Nothing is kept: figures may be counted twice, because S3 and EventBridge deliver at least once.
Source: docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html, read 2026-11-21.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_plus

from listbackup.base.clock import Clock, unix_ms
from listbackup.base.ids import is_id

NAMESPACE = "ListBackup"
_log = logging.getLogger(__name__)
_COUNTED = {  # events whose number somebody is woken by, or looks at
    "run.succeeded": "RunsSucceeded",
    "run.partial": "RunsPartial",
    "run.failed": "RunsFailed",
    "run.cancelled": "RunsCancelled",
    "letter.refused": "LettersRefused",
    "connection.needs_reauth": "ConnectionsRefused",
    "export.failed": "ExportsFailed",
    "restore.partial": "RestoresPartial",
}
BEHIND, KEPT, KEPT_BYTES = "SourcesBehind", "ObjectsKept", "BytesKept"
FIGURES = (*_COUNTED.values(), BEHIND, KEPT, KEPT_BYTES)  # all that are ever told


class Watch:
    """Writes figures of one stage; ``write`` takes a line."""

    def __init__(self, stage: str, clock: Clock, write: Callable[[str], object]) -> None:
        self._stage, self._clock, self._write = stage, clock, write

    def hear(self, event: Mapping[str, Any]) -> None:
        """An event of the bus: one of those that are counted."""
        detail: Mapping[str, Any] = event.get("detail") or {}
        name = str(detail.get("name", event.get("detail-type", "")))
        if name in _COUNTED:
            self._figures({_COUNTED[name]: (1, "Count")}, event=name, account=str(detail.get("account", "")))

    def behind(self, sources: int) -> None:
        """So many sources, of all accounts, have no snapshot as young as their schedule promises."""
        self._figures({BEHIND: (sources, "Count")})

    def index_files(self, event: Mapping[str, Any]) -> None:
        """Objects that came into the bucket: how many, how large; and a warning for one that is not ours, because nobody else writes there.

        S3 tells EventBridge of one at a time, and a function of some, with their names encoded.
        """
        count = size = 0
        told = [(str(one["s3"]["object"]["key"]), one["s3"]["object"]) for one in event.get("Records", ())]
        named = [(unquote_plus(key), kept) for key, kept in told]
        if "detail" in event:
            named.append((str(event["detail"]["object"]["key"]), event["detail"]["object"]))
        for name, kept in named:
            if not is_id(name.partition("/")[0], "acc") and name.partition("/")[0] not in _OWN:
                _log.warning("an object that this program did not write lies in the bucket: %s", name[:200])
            count, size = count + 1, size + int(kept.get("size", 0))
        if count:
            self._figures({KEPT: (count, "Count"), KEPT_BYTES: (size, "Bytes")})

    def _figures(self, figures: Mapping[str, tuple[int, str]], **words: str) -> None:
        metrics = [{"Name": name, "Unit": unit} for name, (_, unit) in figures.items()]
        said = {"Namespace": NAMESPACE, "Dimensions": [["Stage"]], "Metrics": metrics}
        values = {name: value for name, (value, _) in figures.items()}
        line = {"_aws": {"Timestamp": unix_ms(self._clock.now()), "CloudWatchMetrics": [said]}, "Stage": self._stage, **values, **words}
        self._write(json.dumps(line, separators=(",", ":")))


_OWN = ("objects", "system-copies")
