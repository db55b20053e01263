"""The tables of runs."""

from listbackup.backends.table.port import IndexSpec, TableSpec

RUNS = TableSpec(
    name="runs",
    indexes=(
        IndexSpec(name="by_source", pk="source", sk="sk"),
        IndexSpec(name="by_job", pk="job", sk="sk"),
        IndexSpec(name="active", pk="active", sk="sk"),
    ),
    about="executions; an active/<source> row holds the one run of a source that is not over",
)
RUN_PROGRESS = TableSpec(name="run_progress", about="how far a run is, written every second or so by its worker")
RUN_LOGS = TableSpec(name="run_logs", about="the log lines of a run: pk is account/run, sk the line's number")
RUN_MONTHS = TableSpec(
    name="run_months", about="what the runs of a source came to in a month, once they are too old to be kept: sk source/month"
)
