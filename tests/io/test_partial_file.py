"""A start treats the hidden files that it finds by this table."""

import hashlib
import re

import pytest

from rewardkit import ConfigError
from rewardkit.output.partial_file import create_hidden, open_partial

MINE, OTHER = (hashlib.sha256(key).hexdigest()[:12] for key in (b"mine", b"other"))
ROWS = b'{"a":1}\n{"a":2}\n'


def hidden(folder, digest, content, number=0):
    path = folder / f".out.jsonl.{digest}.{number:08x}.partial"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("found", "resume", "kept"),
    [
        # what runs have left, --resume, the bytes that the new run starts with
        ({}, False, b""),
        ({}, True, b""),
        ({MINE: b""}, False, b""),
        ({MINE: b'{"a":'}, False, b""),
        ({MINE: b'{"a":'}, True, b""),
        ({MINE: ROWS}, True, ROWS),
        ({MINE: ROWS + b'{"a":'}, True, ROWS),
        ({OTHER: ROWS}, False, b""),
        ({MINE: ROWS, OTHER: ROWS + ROWS}, True, ROWS),
    ],
)
def test_a_start_continues_or_begins_again(tmp_path, found, resume, kept):
    for digest, content in found.items():
        hidden(tmp_path, digest, content)
    partial = open_partial(tmp_path / "out.jsonl", "out.jsonl", MINE, resume=resume)
    with partial.file:
        assert partial.path.read_bytes() == kept
        assert partial.file.tell() == len(kept)
        assert partial.resumed == (resume and MINE in found)
        assert [path.name.split(".")[3] for path in partial.stale] == [digest for digest in found if digest == OTHER]


@pytest.mark.parametrize(
    ("found", "resume", "message"),
    [
        ({MINE: ROWS}, False, "a run that was killed left 2 rows in .*: add --resume to continue, or remove that file"),
        ({OTHER: ROWS}, True, "was left by a run with another rubric, plugin or version; use the same ones"),
        ({OTHER: b""}, True, "was left by a run with another rubric"),
    ],
)
def test_a_start_that_would_lose_rows_is_refused_and_changes_nothing(tmp_path, found, resume, message):
    paths = [hidden(tmp_path, digest, content) for digest, content in found.items()]
    with pytest.raises(ConfigError, match=message):
        open_partial(tmp_path / "out.jsonl", "out.jsonl", MINE, resume=resume)
    assert [path.read_bytes() for path in paths] == list(found.values())
    assert len(list(tmp_path.iterdir())) == len(paths)


def test_of_two_files_under_one_key_the_longer_is_continued(tmp_path):
    short, longer = hidden(tmp_path, MINE, ROWS[:8], 1), hidden(tmp_path, MINE, ROWS, 2)
    partial = open_partial(tmp_path / "out.jsonl", "out.jsonl", MINE, resume=True)
    with partial.file:
        assert (partial.path, partial.stale) == (longer, (short,))


@pytest.mark.parametrize("name", ["out.jsonl", "other.jsonl", ".out.jsonl.partial", f".out.jsonl.{MINE}.partial"])
def test_files_of_other_names_are_left_alone(tmp_path, name):
    (tmp_path / name).write_bytes(ROWS)
    partial = open_partial(tmp_path / "out.jsonl", "out.jsonl", MINE, resume=True)
    with partial.file:
        assert not partial.resumed
    assert (tmp_path / name).read_bytes() == ROWS


def test_a_new_file_is_never_one_that_is_there(tmp_path):
    path, file = create_hidden(tmp_path / "out.jsonl", "x")
    file.close()
    assert re.fullmatch(r"\.out\.jsonl\.x", path.name)
    with pytest.raises(FileExistsError):
        create_hidden(tmp_path / "out.jsonl", "x")
