"""``listbackup``: the console script. It settles how this process starts, before anything else is loaded, and hands over to ``cli/app.py``."""

from __future__ import annotations

import sys

from listbackup.cli.quick import collect_rarely, compile_late, leave_quickly, with_room


def main() -> None:
    """The console script."""
    collect_rarely()
    compile_late()
    code = with_room(_run)
    leave_quickly()
    sys.exit(code)


def _run() -> int:
    from listbackup.bootstrap.settings import use_one_blas_thread  # here, so that its classes are compiled late too
    from listbackup.cli.app import run

    use_one_blas_thread()
    return run(sys.argv[1:])
