"""Since when trails are sealed is noted beside the root key, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from listbackup.base.errors import DamagedError
from listbackup.bootstrap.embedded import init_system, open_system
from listbackup.bootstrap.settings import Settings, read_settings
from listbackup.testing.clock import ManualClock


def settings_of(place: Path) -> Settings:
    return read_settings(environ={"HOME": str(place), "LISTBACKUP_DATA": str(place / "data"), "LISTBACKUP_KEYS": str(place / "keys")})


def test_a_new_installation_seals_from_its_first_line_and_says_so_apart_from_the_data(tmp_path: Path) -> None:
    settings, clock = settings_of(tmp_path), ManualClock()
    folder = init_system(settings, clock=clock)
    assert not folder.sealing_file.is_relative_to(folder.data)
    noted = folder.sealing_file.read_text()
    clock.sleep(86_400)
    system = open_system(settings, clock=clock)
    try:
        assert folder.sealing_file.read_text() == noted
        assert system.activities.verify(system.enter("test")) is None
        assert all(line.mac is not None for line in system.activities.after(system.enter("test"), 0))
        folder.sealing_file.write_text("{}")
        assert system.activities.verify(system.enter("test")) is None  # only lines without a seal are asked for their age
    finally:
        system.close()


def test_an_older_installation_seals_from_the_first_time_it_is_opened(tmp_path: Path) -> None:
    settings, clock = settings_of(tmp_path), ManualClock()
    folder = init_system(settings, clock=clock)
    folder.sealing_file.unlink()
    open_system(settings, clock=clock).close()
    assert folder.sealing_file.exists()


@pytest.mark.parametrize("content", ["", "{}", '{"trail_sealed_since": "soon"}'])
def test_a_damaged_note_is_said_when_it_is_needed(tmp_path: Path, content: str) -> None:
    settings, clock = settings_of(tmp_path), ManualClock()
    folder = init_system(settings, clock=clock)
    folder.sealing_file.write_text(content)
    system = open_system(settings, clock=clock)
    try:
        with pytest.raises(DamagedError, match="sealed"):
            system.activities._seal.since()
    finally:
        system.close()
