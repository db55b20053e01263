"""How a run is shown, and which number it ends with."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.cli.exit_codes import ExitCode
from listbackup.cli.output import Output, size
from listbackup.services.runs import Run, RunState, StreamProgress, StreamState

_REASONS: dict[str, ExitCode] = {
    "unreachable": ExitCode.UNREACHABLE,
    "rate_limited": ExitCode.UNREACHABLE,
    "quota_reached": ExitCode.UNREACHABLE,
    "bad_answer": ExitCode.UNREACHABLE,
    "needs_reauth": ExitCode.NEEDS_REAUTH,
    "forbidden": ExitCode.NEEDS_REAUTH,
    "egress_denied": ExitCode.INPUT,
    "input": ExitCode.INPUT,
    "not_found": ExitCode.INPUT,
    "conflict": ExitCode.INPUT,
    "busy": ExitCode.BUSY,
    "out_of_space": ExitCode.NO_SPACE,
    "backend": ExitCode.NO_SPACE,
    "key_unavailable": ExitCode.KEY,
    "newer_format": ExitCode.NEWER,
    "damaged": ExitCode.DAMAGED,
    "store": ExitCode.DAMAGED,
    "interrupted": ExitCode.INTERRUPTED,
}


def run_exit_code(run: Run) -> ExitCode:
    """The number that says how this run stands."""
    if run.state is RunState.SUCCEEDED:
        return ExitCode.OK
    if run.state is RunState.PARTIAL:
        return ExitCode.PARTIAL
    if run.state is RunState.FAILED:
        return _REASONS.get(run.reason or "") or _code_of_answer(run.reason)
    if run.state is RunState.CANCELLED:
        return ExitCode.FAILED
    return ExitCode.UNREACHABLE if run.not_before is not None else ExitCode.INTERRUPTED


def _code_of_answer(reason: str | None) -> ExitCode:
    """The number for what was wrong with every stream's answers."""
    from listbackup.connectors.engine.faults import LAPSES

    return ExitCode.UNREACHABLE if reason in LAPSES else ExitCode.FAILED


def run_document(run: Run, *, source: str) -> dict[str, object]:
    """A run as ``--json`` shows it."""
    return {
        "id": run.id,
        "source": source,
        "state": run.state.value,
        "trigger": run.trigger.value,
        "attempt": run.attempt,
        "queued_at": run.queued_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "reason": run.reason,
        "message": run.message,
        "hint": run.hint,
        "snapshot": {"id": run.snapshot_id, "number": run.snapshot_seq} if run.snapshot_id else None,
        "records": run.records,
        "received_bytes": run.received_bytes,
        "written_bytes": run.written_bytes,
        "calls": run.calls,
        "streams": [_stream_document(stream) for stream in run.streams],
    }


def show_run(out: Output, run: Run, *, source: str) -> None:
    """A run for people: its streams, and one line on how it ended."""
    if run.streams:
        show_streams(out, run.streams)
    number = f"snapshot {run.snapshot_seq}" if run.snapshot_seq is not None else "no snapshot"
    if run.state is RunState.SUCCEEDED:
        out.good(f"{source}: {number}, {run.records:,} records read, {size(run.written_bytes)} written, {run.calls:,} calls")
    elif run.state is RunState.PARTIAL:
        out.say(f"{source}: {number} is partial: {run.message}")
    else:
        out.say(f"{source}: {run.state.value}" + (f": {run.message}" if run.message else ""))
    for stream in run.streams:
        for problem in stream.problems[:5]:
            out.say(f"  {stream.stream}: {problem.message}")
        if stream.problem_count > 5:
            out.say(f"  {stream.stream}: … {stream.problem_count} problems; see: listbackup runs logs {run.id}")


def show_streams(out: Output, streams: Sequence[StreamProgress]) -> None:
    """What each stream delivered and what of it was new."""
    rows = [
        (
            one.stream,
            one.records,
            one.added,
            one.changed,
            one.gone,
            one.attachments,
            size(one.received_bytes + one.attachment_bytes),
            _state(one),
        )
        for one in streams
    ]
    out.table(("STREAM", ">READ", ">ADDED", ">CHANGED", ">GONE", ">FILES", ">RECEIVED", "STATE"), rows)


def _state(one: StreamProgress) -> str:
    text = one.state.value
    return f"{text} ({one.mode.value})" if one.mode is not None and one.state is StreamState.COMPLETE else text


def _stream_document(one: StreamProgress) -> dict[str, object]:
    return {
        "stream": one.stream,
        "mode": one.mode.value if one.mode is not None else None,
        "state": one.state.value,
        "records": one.records,
        "added": one.added,
        "changed": one.changed,
        "unchanged": one.unchanged,
        "gone": one.gone,
        "attachments": one.attachments,
        "received_bytes": one.received_bytes,
        "attachment_bytes": one.attachment_bytes,
        "calls": one.calls,
        "problem_count": one.problem_count,
        "problems": [{"reason": p.reason, "message": p.message, "stream": p.stream, "key": p.key} for p in one.problems],
    }
