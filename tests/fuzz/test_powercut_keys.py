"""Power cuts while root keys are rotated and secrets are set: what was confirmed is there, what was wrapped opens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from listbackup.backends.keyring.file import FileKeyring
from listbackup.backends.secrets.file import FileSecrets
from listbackup.base.errors import ListBackupError
from listbackup.base.secret import Secret
from listbackup.testing.keys import memory_scope
from listbackup.testing.powercut import Operation, Recorder, Sync, cut_everywhere

KEY = bytes(32)
SCOPE = memory_scope("installation")


def record(folder: Path, rotations: int) -> list[Operation]:
    """Rotations with a wrap after each, the root before retired, and a secret set."""
    folder.mkdir()
    recorder = Recorder(folder)
    with recorder.recording():
        keyring = FileKeyring.create(folder / "keys" / "root.json", data_folder=folder / "data")
        secrets = FileSecrets(folder / "data" / "secrets.json", SCOPE)
        recorder.note(("wrapped", keyring.wrap("acc_a", KEY)))
        for number in range(rotations):
            old = keyring.current()
            keyring.rotate()
            recorder.note(("wrapped", keyring.wrap("acc_a", KEY)))  # as a rotation re-wraps before it retires
            keyring.retire(old)
            secrets.set("client", Secret(str(number)))
            recorder.note(("set", str(number)))
    return recorder.log


def judge(folder: Path, notes: Sequence[object]) -> str | None:
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)  # the rig's disks do not keep modes
    said = [note for note in notes if isinstance(note, tuple)]
    wraps = [wrapped for what, wrapped in said if what == "wrapped"]
    values = [value for what, value in said if what == "set"]
    try:
        if wraps and FileKeyring.open(folder / "keys" / "root.json", data_folder=folder / "data").unwrap("acc_a", wraps[-1]) != KEY:
            return "the last wrap opens to something else"
        secret = (
            FileSecrets(folder / "data" / "secrets.json", SCOPE).find("client") if (folder / "data" / "secrets.json").exists() else None
        )
    except ListBackupError as error:
        return f"does not open: {error}"
    found = secret.reveal() if secret is not None else None
    following = str(int(values[-1]) + 1) if values else "0"
    return None if found in ({values[-1], following} if values else {None, "0"}) else f"the secret is {found}, it was {values[-1:]}"


def test_root_keys_and_secrets_survive_a_power_cut_anywhere(tmp_path: Path) -> None:
    outcome = cut_everywhere(record(tmp_path / "live", 12), judge)
    print(f"power cuts in keys: {outcome.cuts} cut points, {outcome.images} disks, {len(outcome.violations)} violations")
    assert outcome.violations == []
    assert outcome.cuts > 100


def test_without_fsync_they_would_not(tmp_path: Path) -> None:
    log = [one for one in record(tmp_path / "live", 6) if not isinstance(one, Sync)]
    assert cut_everywhere(log, judge, stop_at=1).violations
