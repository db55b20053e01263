"""What a command needs beyond the packages that every installation has."""

from __future__ import annotations

from importlib.util import find_spec

from listbackup.base.errors import InputError

_SERVER = ("pydantic", "starlette", "uvicorn", "zxcvbn")


def need_server(what: str) -> None:
    """Raises InputError where the ``server`` extra is not installed; ``what`` begins the sentence."""
    missing = next((name for name in _SERVER if find_spec(name) is None), None)
    if missing is not None:
        raise InputError(
            f"{what} needs the server extra ({missing} is not installed)", hint="install it:  pip install 'listbackup[server]'"
        )
