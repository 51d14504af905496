"""Every bad input is answered with the file, the line and the fix, in bounded memory."""

import contextlib
import gzip
import json
import lzma
import os
import pickle
import re
import subprocess
import sys
import zipfile

import pytest
import zstandard

from rewardkit import InputError
from rewardkit.input.files import read_rows
from rewardkit.input.json_rows import LINE_LIMIT_BYTES

linux = pytest.mark.skipif(sys.platform != "linux", reason="uses /proc, /dev/full or a user without rights")

GOOD = b'{"completion":"2"}\n'
MANY = b"".join(json.dumps({"completion": str(n * 7919)}).encode() + b"\n" for n in range(5000))


def refusal(path):
    with pytest.raises(InputError) as caught:
        list(read_rows(path))
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "found", "fix"),
    [
        (b'{"completion": "2', "cut off", "drop the line"),
        (b'{"completion": ', "cut off", "drop the line"),
        (b'{"completion": "2"', "cut off", "drop the line"),
        (b"{'completion': '2'}", "is not JSON", "JSON object"),
        (b'{"completion": undefined}', "at character 16", "JSON object"),
        (b'{"completion": "2"}{"completion": "3"}', "more than one JSON value", "one row a line"),
        (b'[["a"], ["b"]]', "is a list", "jq -c"),
        (b"3.5", "is a number", "object with named columns"),
        (b"null", "is null", "object with named columns"),
        (b"true", "is a truth value", "object with named columns"),
        (b'"text"', "is a string", "object with named columns"),
        (b"[", "begins a JSON array", "jq -c"),
        (b"{", "goes on over lines", "jq -c"),
        (b'{"completion": "\xff\xfe"}', "not UTF-8", "UTF-8"),
        (b"\x00\x01\xff\x02", "binary data", "reads JSON lines"),
        (b'{"completion": "2", "n": 1, "n": 2}', "has the key 'n' twice", "keep one"),
        (b'{"completion": "2", "deep": [{"n": 1, "n": 2}]}', "has the key 'n' twice", "keep one"),
        (b'{"completion": "x \\": y", "n": 1, "n" : 2}', "has the key 'n' twice", "keep one"),
        (b'{"a\\\\": 1, "mixed": [1, {"n": 1, "n": 2}]}', "has the key 'n' twice", "keep one"),
        (b"[" * 100_000, "nested too deeply", "flatten"),
        (b'{"a":' * 100_000, "nested too deeply", "flatten"),
        (b'{"a":' * 201 + b"1" + b"}" * 201, "nested too deeply", "flatten"),
        (b'{"a":' + b"[" * 500 + b'"\\ud800"' + b"]" * 500 + b"}", "nested too deeply", "flatten"),
        (b'{"ground_truth": ' + b"9" * 10_000 + b"}", "number too long", "string"),
    ],
)
def test_a_bad_line_is_named_with_the_fix(tmp_path, line, found, fix):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(GOOD + b"\n" + line + b"\n")
    message = refusal(path)
    assert message.startswith(f"{path}, line 3: ")
    assert found in message
    assert fix in message
    assert len(message) < 500


@pytest.mark.parametrize("value", [b'"\\ud800"', b'"[[[{{{"', b"9" * 30])
def test_a_row_of_200_levels_is_read(tmp_path, value):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a":' * 200 + value + b"}" * 200 + b"\n")
    (row,) = read_rows(path)
    assert str(row.data).count("'a'") == 200


def test_brackets_in_a_text_are_no_levels(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"completion": "[{" * 1000, "ids": [[1]] * 1000}))
    assert len(list(read_rows(path))) == 1


def test_rows_before_the_bad_one_are_given(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(GOOD + b"{")
    assert next(read_rows(path)).data == {"completion": "2"}


@linux
def test_100_mb_on_one_line_are_refused_in_bounded_memory(tmp_path):
    path = tmp_path / "rows.jsonl"
    with path.open("wb") as out:
        out.write(GOOD + b'{"completion": "')
        for _ in range(100):
            out.write(b"x" * 1_000_000)
    code = f"""
from pathlib import Path
from rewardkit import InputError
from rewardkit.input.files import read_rows
try:
    list(read_rows({str(path)!r}))
except InputError as error:
    print(error)
print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    message, memory_kb = done.stdout.splitlines()
    assert message.startswith(f"{path}, line 2: is longer than 64 MiB; ")
    assert int(memory_kb) < 300_000


def test_a_line_just_under_the_limit_is_read(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a":1' + b" " * (LINE_LIMIT_BYTES - 8) + b"}\n")
    assert [row.data for row in read_rows(path)] == [{"a": 1}]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999], ids=lambda share: f"{share:.1%} of it")
def test_a_compressed_stream_that_is_cut_off_is_never_a_shorter_file(tmp_path, pack, share):
    packed = pack(MANY)
    path = tmp_path / "rows.jsonl"
    path.write_bytes(packed[: int(len(packed) * share)])
    assert re.match(rf"{re.escape(str(path))}.* cut off or damaged .* again", refusal(path))


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor(write_checksum=True).compress])
def test_a_compressed_stream_with_a_flipped_byte_is_named(tmp_path, pack):
    packed = bytearray(pack(MANY))
    packed[len(packed) // 2] ^= 0xFF
    path = tmp_path / "rows.jsonl"
    path.write_bytes(packed)
    assert str(path) in refusal(path)


def zipped(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rows.jsonl", GOOD)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda path: path.write_bytes(lzma.compress(GOOD)), "xz"),
        (zipped, "zip"),
        (lambda path: path.write_bytes(pickle.dumps(list(range(99)))), "pickle"),
        (lambda path: path.write_text('{"a":1}', encoding="utf-16"), "UTF-16"),
        (lambda path: path.write_bytes(bytes(range(128, 256)) * 10), "not UTF-8"),
        (lambda path: path.write_bytes(bytes(100)), "binary data"),
    ],
    ids=["xz", "zip", "pickle", "utf-16", "high bytes", "zeros"],
)
def test_a_file_of_another_kind_is_named_with_what_is_read(tmp_path, make, kind):
    path = tmp_path / "rows.jsonl"
    make(path)
    message = refusal(path)
    assert message.startswith(str(path))
    assert kind in message


@pytest.mark.parametrize(
    ("address", "command"),
    [
        ("hf://datasets/openai/gsm8k/main/test.parquet", "`hf download openai/gsm8k --repo-type dataset"),
        ("https://example.com/rows.jsonl", "`curl -LO https://example.com/rows.jsonl`"),
        ("s3://bucket/rows.jsonl", "`aws s3 cp s3://bucket/rows.jsonl .`"),
        ("gs://bucket/rows.jsonl", "`gcloud storage cp"),
        ("sftp://host/rows.jsonl", "copy it to this machine"),
    ],
)
def test_an_address_is_answered_with_the_command_that_fetches_it(address, command):
    message = refusal(address)
    assert message.startswith(f"{address}: is an address, and rewardkit downloads nothing; fetch it (")
    assert command in message


def test_a_missing_file_is_named_with_the_nearest_name(tmp_path):
    (tmp_path / "rollouts.jsonl").write_bytes(GOOD)
    message = refusal(tmp_path / "rollout.jsonl")
    assert f"no such file; did you mean {str(tmp_path / 'rollouts.jsonl')!r}?" in message


def test_a_missing_folder_is_named(tmp_path):
    assert f"there is no folder {str(tmp_path / 'no')!r}" in refusal(tmp_path / "no" / "rows.jsonl")


def test_a_folder_is_no_file(tmp_path):
    assert "is a folder; name the files in it" in refusal(tmp_path)


@contextlib.contextmanager
def without_privileges():
    """Root reads everything: act as nobody, where the test runs as root."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@linux
@pytest.mark.parametrize("closed", ["file", "folder"])
def test_an_unreadable_file_is_named_with_the_fix(tmp_path, closed):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(GOOD)
    (path if closed == "file" else tmp_path).chmod(0)
    with without_privileges():
        message = refusal(path)
    tmp_path.chmod(0o700)
    assert message.startswith(str(path))
    assert "permission denied" in message
