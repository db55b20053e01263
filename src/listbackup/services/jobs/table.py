"""The table of jobs."""

from listbackup.backends.table.port import IndexSpec, TableSpec

JOBS = TableSpec(
    name="jobs",
    indexes=(IndexSpec(name="by_source", pk="source", sk="sk"),),
    about="standing orders: source, timetable, retention; name/… rows hold the names taken",
)
