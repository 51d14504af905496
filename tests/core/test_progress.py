"""The line of progress: rows, share, speed, time left."""

import re
from pathlib import Path

import pytest

from rewardkit.commands import progress
from rewardkit.commands.progress import Meter
from rewardkit.input.row import Row


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    return now


def row(raw: bytes = b"") -> Row:
    return Row({}, "rows.jsonl", 1, raw)


def test_a_number_of_rows_gives_share_and_time_left(clock: list[float]):
    meter = Meter(["-"], 100)
    for _ in range(25):
        meter.count(1, 1)
    clock[0] += 5
    assert meter.line() == "25 of 100 rows, 25 %, 5.0 rows/s, 0:15 left"
    assert meter.line(done=True) == "25 rows, 100 %, 5.0 rows/s, 0:05 in all"


def test_the_bytes_of_a_file_give_share_and_time_left(clock: list[float], tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"x" * 9 + b"\n" + b"x" * 29 + b"\n")
    meter = Meter([str(path)], None)
    meter.count(1, 10)
    clock[0] += 3600
    assert re.fullmatch(r"1 row, 25 %, 0\.0 rows/s, 3:00:00 left", meter.line())


@pytest.mark.parametrize("file", ["-", "rows.jsonl.gz", "rows.csv"])
def test_an_input_of_unknown_size_has_neither(clock: list[float], file: str):
    meter = Meter([file], None)
    meter.count(1, 2)
    clock[0] += 0.01
    assert meter.share is None
    assert meter.line() == "1 row, 100 rows/s"
