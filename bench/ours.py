"""Our side of the races: an installation of its own, connected to the bench server by a REST file, used by the command line as anybody would."""

from __future__ import annotations

import compileall
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.measure import ROOT, WORK

PROGRAM = str(Path(sys.executable).parent / "listbackup")

_FILE = """\
platform: bench
base_url: "{{url}}"
config:
  - name: url
{limits}streams:
  - name: contacts
    path: {path}
    records: data
    key: [id]
    changed: {{field: updated_at}}
"""

_LISTINGS = {
    "contacts": ("/contacts", "    total: total\n    paging: {kind: page, param: page, size: 100, size_param: per_page}\n"),
    "cursor": ("/cursor", "    paging: {kind: cursor, param: cursor, token: next}\n"),
}


@dataclass(frozen=True, slots=True)
class Installation:
    """A data folder with one source called ``crm``."""

    home: Path

    def command(self, *words: str) -> list[str]:
        """A command line of ours on this data folder."""
        may_keep = (
            "PYTHONDONTWRITEBYTECODE="  # as on anybody's machine; what the first command compiles the next one has (cli/kept_code.py)
        )
        return ["env", may_keep, *(f"{name}={value}" for name, value in self.settings.items()), PROGRAM, *words]

    @property
    def settings(self) -> dict[str, str]:
        """What the environment says: everything lies in one folder, the cache too."""
        folders = {f"LISTBACKUP_{name.upper()}": str(self.home / name) for name in ("data", "keys", "cache")}
        return {**folders, "LISTBACKUP_ALLOW_LOOPBACK": "true"}

    def backup_command(self, *, full: bool = False) -> Sequence[str]:
        """Back the source up."""
        return self.command("backup", "crm", "--json", *(["--full"] if full else []))


@contextmanager
def installation(url: str, *, listing: str = "contacts", rate: float = 0.0) -> Iterator[Installation]:
    """A fresh installation connected to ``url``; gone when the block ends.

    Our modules are byte-compiled first, as ``pip install`` leaves them and every peer: a checkout under PYTHONDONTWRITEBYTECODE compiles them at each start.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    compileall.compile_dir(ROOT / "src", quiet=2)
    home = Path(tempfile.mkdtemp(prefix="ours-", dir=WORK))
    path, paging = _LISTINGS[listing]
    limits = f"limits: {{per_second: {rate:g}}}\n" if rate else ""
    (home / "bench.yaml").write_text(_FILE.format(path=path, limits=limits) + paging)
    made = Installation(home)
    try:
        for words in (
            ("init",),
            ("connect", "rest", "--file", str(home / "bench.yaml"), "--name", "crm", "--set", f"url={url}", "--no-test"),
        ):
            subprocess.run(made.command(*words), check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        yield made
    finally:
        shutil.rmtree(home, ignore_errors=True)
