"""``listbackup``: the console script. It settles how this process starts, before anything else is loaded, and hands over to ``cli/app.py``."""

from __future__ import annotations

import contextlib
import os
import sys

from listbackup.cli.kept_code import keep_code
from listbackup.cli.quick import collect_rarely, compile_late, leave_out_docstrings, leave_quickly, with_room


def main() -> None:
    """The console script."""
    _have_streams()
    write_down = keep_code()
    collect_rarely()
    compile_late()
    leave_out_docstrings()
    code = with_room(_run)
    with contextlib.suppress(KeyboardInterrupt):  # the answer was given
        write_down()
    leave_quickly()
    sys.exit(code)


def _have_streams() -> None:
    """Whoever starts this without standard input or output (`>&-`, some services) gets nothing said; and no table is opened under the number of theirs."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115  as long as the process


def _run() -> int:
    from listbackup.bootstrap.settings import use_one_blas_thread  # here, so that its classes are compiled late too
    from listbackup.cli.app import run

    use_one_blas_thread()
    return run(sys.argv[1:])
