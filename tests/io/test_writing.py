"""The output is the input and one block more, appears whole or not at all, and says why when it cannot."""

import gzip
import json
import math
import os
import shutil
import stat
import subprocess
import sys
import threading

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import ConfigError, InputError, OutputError
from rewardkit.input.files import read_rows
from rewardkit.input.row import Row
from rewardkit.output.output_row import block_of, line_of
from rewardkit.output.writers import open_output

linux = pytest.mark.skipif(sys.platform != "linux", reason="uses /proc, /dev/full or a user without rights")

BLOCK = {
    "reward": 1.0,
    "scores": {
        "math": {"value": 1.0, "status": "scored", "kind": "judged", "weight": 1.0, "reason": "", "details": {}}
    },
}
WRITTEN = json.dumps(BLOCK, separators=(",", ":"))


def score(source, target, block=BLOCK, **options):
    with open_output(target, **options) as output:
        for row in read_rows(source):
            output.write(row, block)


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes are of POSIX")
@pytest.mark.parametrize("name", ["out.parquet", "out.jsonl.gz"])
def test_a_pipe_is_not_packed(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(OutputError, match=r"is no regular file, and only those are packed"):
        open_output(tmp_path / name)


@pytest.mark.parametrize("name", ["out.bz2", "out.jsonl.xz", "out.jsonl.ZIP"])
def test_a_name_that_asks_for_another_packing_is_refused(tmp_path, name):
    with pytest.raises(OutputError, match=r"cannot be packed so; .* \.gz, \.zst, \.parquet"):
        open_output(tmp_path / name)
    assert names(tmp_path) == []


def names(folder):
    return [entry.name for entry in folder.iterdir()]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in" / "rows.jsonl"
    path.parent.mkdir()
    path.write_bytes(b"".join(b'{"completion":"%d"}\n' % n for n in range(100)))
    return path


@pytest.mark.parametrize(
    "line",
    [
        '{"completion":"2"}',
        '{ "b" : 1.10, "a":[ ] ,"completion":"\\u00e9é" }',
        '{"completion":"2","n":1267650600228229401496703205376,"x":NaN,"y":-Infinity,"z":1e999,"h":"\\ud83d"}',
        '{"completion":"says \\",\\"rewardkit\\":{}}"}',
        '{"a":{"completion":"2","rewardkit":{}}}',
        "{}",
        "{ }",
    ],
)
def test_the_input_line_keeps_its_bytes_before_the_block(tmp_path, line):
    source = tmp_path / "rows.jsonl"
    source.write_text(line + "\r\n", encoding="utf-8")
    score(source, tmp_path / "out.jsonl")
    written = (tmp_path / "out.jsonl").read_text("utf-8")
    comma = "," if line.strip("{} ") else ""
    assert written == f'{line[:-1]}{comma}"rewardkit":{WRITTEN}}}\n'
    (row,) = read_rows(tmp_path / "out.jsonl")
    assert row.data["rewardkit"] == BLOCK


@pytest.mark.parametrize(
    "line",
    [
        '{"completion":"2"}',
        '{"completion":"2", "n":NaN,"s":"\\",\\"rewardkit\\":1}"}',
        '{"a":{"b":1,"rewardkit":{}}}',
        "{}",
    ],
)
def test_scoring_our_own_output_again_replaces_the_block(tmp_path, line):
    (tmp_path / "rows.jsonl").write_text(line + "\n")
    score(tmp_path / "rows.jsonl", tmp_path / "once.jsonl", {"reward": 0.0, "scores": {}})
    score(tmp_path / "once.jsonl", tmp_path / "twice.jsonl")
    score(tmp_path / "rows.jsonl", tmp_path / "new.jsonl")
    assert (tmp_path / "twice.jsonl").read_bytes() == (tmp_path / "new.jsonl").read_bytes()


def test_a_block_in_the_midst_of_a_row_is_replaced_at_its_end(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"rewardkit": {"reward": 0}, "completion": "2", "n": NaN}\n')
    score(tmp_path / "rows.jsonl", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text() == f'{{"completion":"2","n":NaN,"rewardkit":{WRITTEN}}}\n'


def test_details_may_hold_what_orjson_does_not_know():
    row = Row({"completion": "2"}, "rows.jsonl", 1, b'{"completion": "2"}')
    block = {
        "reward": None,
        "scores": {"m": {"details": {"n": 2**100, 3: b"x", "s": "\ud83d", "t": (1, 2), "f": math.nan}}},
    }
    (details,) = [score["details"] for score in json.loads(line_of(row, block))["rewardkit"]["scores"].values()]
    assert {**details, "f": None} == {"n": 2**100, "3": "eA==", "s": "\ud83d", "t": [1, 2], "f": None}


@given(
    st.dictionaries(st.text(), st.floats() | st.integers() | st.text() | st.none() | st.lists(st.floats()), max_size=5)
)
def test_a_row_without_a_line_is_written_so_that_it_reads_the_same(data):
    line = line_of(Row(data, "rows.parquet", 1), {})
    again = json.loads(line)
    assert again.pop("rewardkit") == {}
    data.pop("rewardkit", None)
    assert repr(again) == repr(data)


@given(st.dictionaries(st.text(), st.integers() | st.text(), max_size=4), st.dictionaries(st.text(), st.integers()))
def test_the_block_of_a_line_is_found_by_its_row_and_by_no_other(data, block):
    row = Row(data, "rows.parquet", 1)
    assert block_of(row, line_of(row, block)) == block
    other = Row({**data, "more": 1}, "rows.parquet", 1)
    assert block_of(other, line_of(row, block)) is None or data.get("more") == 1


@pytest.mark.parametrize(("suffix", "unpack"), [(".gz", gzip.decompress), (".zst", None)])
def test_packed_output_holds_the_same_lines_and_is_the_same_every_time(tmp_path, source, suffix, unpack):
    unpack = unpack or (lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data))
    score(source, tmp_path / "out.jsonl")
    score(source, tmp_path / f"a.jsonl{suffix}")
    score(source, tmp_path / f"other.jsonl{suffix}")
    packed = (tmp_path / f"a.jsonl{suffix}").read_bytes()
    assert unpack(packed) == (tmp_path / "out.jsonl").read_bytes()
    assert packed == (tmp_path / f"other.jsonl{suffix}").read_bytes()


def test_an_input_without_rows_makes_an_output_without_rows(tmp_path):
    (tmp_path / "rows.jsonl").touch()
    score(tmp_path / "rows.jsonl", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == b""


def test_until_the_end_the_old_file_stays_and_afterwards_nothing_else_is_left(tmp_path, source):
    folder = tmp_path / "out"
    folder.mkdir()
    target = folder / "out.jsonl"
    target.write_text("old")
    target.chmod(0o640)
    with open_output(target) as output:
        for row in read_rows(source):
            output.write(row, BLOCK)
        output.flush()
        assert target.read_text() == "old"
    assert [row.data["rewardkit"] for row in read_rows(target)] == [BLOCK] * 100
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert names(folder) == ["out.jsonl"]


def test_a_link_stays_a_link_and_its_file_is_replaced(tmp_path, source):
    (tmp_path / "real.jsonl").write_text("old")
    (tmp_path / "link.jsonl").symlink_to("real.jsonl")
    score(source, tmp_path / "link.jsonl")
    assert (tmp_path / "link.jsonl").is_symlink()
    assert len(list(read_rows(tmp_path / "real.jsonl"))) == 100


@pytest.mark.parametrize("error", [InputError("a bad row"), OutputError("a full disk")])
def test_an_error_of_the_user_leaves_nothing_behind(tmp_path, source, error):
    folder = tmp_path / "out"
    folder.mkdir()
    output = open_output(folder / "out.jsonl")
    output.write(next(read_rows(source)), BLOCK)
    with pytest.raises(type(error)), output:
        raise error
    assert names(folder) == []


@linux
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
def test_a_full_disk_is_named_and_leaves_nothing_behind(tmp_path, source, suffix):
    if not shutil.which("unshare"):
        pytest.skip("needs unshare (Linux) to mount a disk of 64 kB of its own")
    big = tmp_path / "big.jsonl"
    big.write_bytes(b"".join(b'{"completion":"%x"}\n' % pow(3, n + 5000, 1 << 2000) for n in range(3000)))
    disk = tmp_path / "disk"
    disk.mkdir()
    code = f"""
import os
from rewardkit import OutputError
from rewardkit.input.files import read_rows
from rewardkit.output.writers import open_output
try:
    with open_output("{disk}/out{suffix}") as output:
        for row in read_rows({str(big)!r}):
            output.write(row, {BLOCK!r})
except OutputError as error:
    print(error)
print(os.listdir({str(disk)!r}))
"""
    size = "64k" if suffix == ".jsonl" else "2300k"  # the rows take 1.9 MB, so that the packing meets the end
    mount = f'mount -t tmpfs -o size={size} tmpfs {disk} && exec "$0" -c "$1"'
    command = ["unshare", "-rm", "sh", "-c", mount, sys.executable, code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    message, left = done.stdout.splitlines()
    assert message.startswith(f"{disk}/out{suffix}: cannot be written: No space left on device; free some space")
    assert left == "[]"


@linux
def test_a_full_device_is_named():
    output = open_output("/dev/full")
    output.write(Row({"completion": "2"}, "rows.jsonl", 1, b'{"completion":"2"}'), BLOCK)
    with pytest.raises(OutputError, match=r"^/dev/full: cannot be written: No space left on device; free"), output:
        pass


def test_standard_output_takes_lines(source):
    code = f"""
from rewardkit.input.files import read_rows
from rewardkit.output.writers import open_output
with open_output("-") as output:
    for row in read_rows({str(source)!r}, limit=2):
        output.write(row, {{}})
print("still open")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == '{"completion":"0","rewardkit":{}}\n{"completion":"1","rewardkit":{}}\nstill open\n'


def test_what_cannot_be_written_is_refused_before_the_first_row(tmp_path):
    with pytest.raises(OutputError, match=r"no/out\.jsonl: cannot be written: there is no folder .*; `mkdir -p "):
        open_output(tmp_path / "no" / "out.jsonl")
    with pytest.raises(OutputError, match="is a folder; name a file in it"):
        open_output(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is not a folder"):
        open_output(tmp_path / "file" / "out.jsonl")
    with pytest.raises(OutputError, match="cannot be written: File name too long"):
        open_output(tmp_path / ("x" * 250))


@linux
def test_a_folder_without_permission_is_named(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    user = os.geteuid()
    for above in (tmp_path, *list(tmp_path.parents)[:2]):
        above.chmod(0o755)
    if user == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(OutputError, match=r"cannot be written: Permission denied; .*writable"):
            open_output(folder / "out.jsonl")
    finally:
        os.seteuid(user)


def test_a_second_run_into_one_output_is_refused_with_the_process_that_writes_it(tmp_path, source):
    target = tmp_path / "out" / "out.jsonl"
    target.parent.mkdir()
    rows = list(read_rows(source))
    with open_output(target, key="one") as first:
        first.write(rows[0], BLOCK)
        first.flush()
        for key, resume in [("one", True), ("one", False), ("two", True), ("two", False)]:
            with pytest.raises(ConfigError, match=r"out\.jsonl: .*process.* is writing it; wait"):
                open_output(target, key=key, resume=resume)
        first.write(rows[1], BLOCK)
    assert names(target.parent) == ["out.jsonl"]
    assert len(list(read_rows(target))) == 2


@linux
def test_the_process_that_writes_an_output_is_named_by_its_number(tmp_path, source):
    code = f"""
import sys
from rewardkit.output.writers import open_output
with open_output({str(tmp_path / "out.jsonl")!r}):
    print("open", flush=True)
    sys.stdin.read()
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(ConfigError, match=rf"process {other.pid} is writing it"):
            open_output(tmp_path / "out.jsonl")
        other.communicate()
    score(source, tmp_path / "out.jsonl")


@pytest.mark.skipif(sys.platform == "win32", reason="locks of POSIX")
def test_of_runs_that_start_together_one_writes(tmp_path):
    barrier = threading.Barrier(8)
    outputs, refused = [], []

    def start():
        barrier.wait()
        try:
            outputs.append(open_output(tmp_path / "out.jsonl"))
        except ConfigError as error:
            refused.append(error)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(outputs), len(refused)) == (1, 7)
    with outputs[0]:
        pass


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("how", ["name", "link", "hard link", "other spelling"])
def test_an_input_is_never_the_output(tmp_path, source, how, resume):
    before = source.read_bytes()
    output = {
        "name": source,
        "link": tmp_path / "link.jsonl",
        "hard link": tmp_path / "hard.jsonl",
        "other spelling": source.parent / ".." / source.parent.name / source.name,
    }[how]
    if how == "link":
        output.symlink_to(source)
    elif how == "hard link":
        output.hardlink_to(source)
    with pytest.raises(ConfigError, match=r"^-o .*: is the input .*rows\.jsonl; name another output"):
        open_output(output, resume=resume, inputs=["-", source])
    assert source.read_bytes() == before
    assert names(source.parent) == ["rows.jsonl"]


def test_standard_input_that_is_a_file_is_never_the_output(source):
    code = f"""
from rewardkit.output.writers import open_output
open_output({str(source)!r}, inputs=["-"])
"""
    with source.open("rb") as stdin:
        done = subprocess.run([sys.executable, "-c", code], stdin=stdin, capture_output=True, text=True, check=False)
    assert "is the input standard input; name another output" in done.stderr


@linux
class TestHiddenFiles:
    """Another user of the folder can neither have a run write through a link nor read more than the umask allows."""

    @pytest.fixture
    def folder(self, tmp_path):
        path = tmp_path / "out"
        path.mkdir()
        return path

    @pytest.fixture
    def private(self, tmp_path):
        path = tmp_path / "private"
        path.write_bytes(b"secret\nlines\n")
        path.chmod(0o600)
        return path

    def stopped(self, folder, source):
        """The name of the hidden file that a stopped run leaves."""
        output = open_output(folder / "out.jsonl", key="k")
        output.write(next(read_rows(source)), BLOCK)
        with pytest.raises(KeyboardInterrupt), output:
            raise KeyboardInterrupt
        (path,) = folder.glob(".*.partial")
        return path

    @pytest.mark.parametrize("resume", [False, True])
    @pytest.mark.parametrize("kind", ["link", "hard link", "folder", "pipe"])
    @pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
    def test_a_planted_name_is_neither_written_nor_followed(self, folder, source, private, kind, resume, suffix):
        planted = self.stopped(folder, source)
        planted.unlink()
        planted = planted.with_name(planted.name.replace("out.jsonl", f"out{suffix}"))
        if kind == "folder":
            planted.mkdir()
        elif kind == "pipe":
            os.mkfifo(planted)
        else:
            (planted.symlink_to if kind == "link" else planted.hardlink_to)(private)
        with open_output(folder / f"out{suffix}", key="k", resume=resume) as output:
            assert list(output.resumed(iter(()))) == []
            output.write(next(read_rows(source)), BLOCK)
        assert private.read_bytes() == b"secret\nlines\n"
        assert stat.S_IMODE(private.stat().st_mode) == 0o600
        assert len(list(read_rows(folder / f"out{suffix}"))) == 1

    def test_names_of_hidden_files_differ_from_run_to_run(self, folder, source):
        first = self.stopped(folder, source)
        first.unlink()
        assert self.stopped(folder, source).name != first.name

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="gives a file to another user")
    def test_a_hidden_file_of_another_user_is_not_resumed(self, folder, source):
        os.chown(self.stopped(folder, source), 12345, 12345)
        with open_output(folder / "out.jsonl", key="k", resume=True) as output:
            assert list(output.resumed(iter(()))) == []

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="gives a link to another user")
    def test_an_output_that_is_a_link_of_another_user_is_refused(self, folder, private):
        (folder / "out.jsonl").symlink_to(private)
        os.lchown(folder / "out.jsonl", 12345, 12345)
        with pytest.raises(OutputError, match="is a link of another user"):
            open_output(folder / "out.jsonl")

    @pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet", ".csv"])
    @pytest.mark.parametrize(("umask", "before", "after"), [
        (0o022, None, 0o644), (0o077, None, 0o600), (0o022, 0o600, 0o600), (0o022, 0o640, 0o640), (0o077, 0o644, 0o644),
    ])  # fmt: skip
    def test_permissions_follow_the_umask_and_never_widen(self, folder, source, suffix, umask, before, after):
        target = folder / f"out{suffix}"
        if before is not None:
            target.touch()
            target.chmod(before)
        old = os.umask(umask)
        try:
            with open_output(target) as output:
                for row in read_rows(source):
                    output.write(row, BLOCK)
                (hidden,) = folder.glob(".*")
                assert stat.S_IMODE(hidden.stat().st_mode) == after
        finally:
            os.umask(old)
        assert stat.S_IMODE(target.stat().st_mode) == after
