"""A run that was killed is resumed into the output of a run that nobody disturbed, byte for byte."""

import json
import os
import signal
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import ConfigError, InputError
from rewardkit.input.files import read_rows
from rewardkit.input.input_reader import InputReader
from rewardkit.output.writers import open_output


def judged(row):
    return {"reward": float(len(row.data["completion"])), "scores": {}}


def run(source, target, *, resume=False, stop_after=None, key="rubric"):
    """Judges `source`, or the first `stop_after` rows of it; returns the rows that it found judged already."""
    rows = read_rows(source)
    with open_output(target, key=key, resume=resume) as output:
        found = [(row.line, block) for row, block in output.resumed(rows)]
        for number, row in enumerate(rows, 1):
            output.write(row, judged(row))
            if number == stop_after:
                raise KeyboardInterrupt
    return found


def partials(folder):
    return [entry.name for entry in folder.glob(".*")]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"".join(b'{"completion": "%s"}\n\n' % (b"x" * n) for n in range(50)))
    return path


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "out"
    path.mkdir()
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet"])
@pytest.mark.parametrize("stop_after", [1, 20, 50])
def test_a_stopped_run_is_resumed_to_the_same_bytes(source, folder, suffix, stop_after):
    run(source, folder / f"whole{suffix}")
    with pytest.raises(KeyboardInterrupt):
        run(source, folder / f"out{suffix}", stop_after=stop_after)
    found = run(source, folder / f"out{suffix}", resume=True)
    assert found == [(2 * n + 1, {"reward": float(n), "scores": {}}) for n in range(stop_after)]
    assert (folder / f"out{suffix}").read_bytes() == (folder / f"whole{suffix}").read_bytes()
    assert partials(folder) == []


@given(st.data())
def test_wherever_a_line_is_torn_the_resumed_output_is_the_same(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("torn")
    source = folder / "rows.jsonl"
    source.write_bytes(b"".join(b'{"completion":"%s"}\n' % (b"y" * n) for n in range(9)))
    run(source, folder / "whole.jsonl")
    with pytest.raises(KeyboardInterrupt):
        run(source, folder / "out.jsonl", stop_after=8)
    (partial,) = partials(folder)
    size = (folder / partial).stat().st_size
    os.truncate(folder / partial, data.draw(st.integers(0, size)))
    run(source, folder / "out.jsonl", resume=True)
    assert (folder / "out.jsonl").read_bytes() == (folder / "whole.jsonl").read_bytes()


def test_a_torn_line_longer_than_any_buffer_is_cut_off(source, folder):
    run(source, folder / "whole.jsonl")
    with pytest.raises(KeyboardInterrupt):
        run(source, folder / "out.jsonl", stop_after=2)
    with (folder / partials(folder)[0]).open("ab") as partial:
        partial.write(b'{"completion": "' + b"z" * 3_000_000)
    assert len(run(source, folder / "out.jsonl", resume=True)) == 2
    assert (folder / "out.jsonl").read_bytes() == (folder / "whole.jsonl").read_bytes()


def test_kill_9_in_the_middle_loses_at_most_what_was_not_flushed(source, folder):
    run(source, folder / "whole.jsonl")
    code = f"""
import time
from rewardkit.input.files import read_rows
from rewardkit.input.input_reader import InputReader
from rewardkit.output.writers import open_output
with open_output({str(folder / "out.jsonl")!r}, key="rubric") as output:
    for row in read_rows({str(source)!r}, limit=20):
        output.write(row, {{"reward": float(len(row.data["completion"])), "scores": {{}}}})
    output.flush()
    print("judged", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"judged\n"
        process.send_signal(signal.SIGKILL)
    assert not (folder / "out.jsonl").exists()
    assert len(run(source, folder / "out.jsonl", resume=True)) == 20
    assert (folder / "out.jsonl").read_bytes() == (folder / "whole.jsonl").read_bytes()


def test_rows_are_handed_over_every_second_without_asking(source, folder, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    rows = list(read_rows(source))
    with open_output(folder / "out.jsonl") as output:
        (partial,) = partials(folder)
        output.write(rows[0], judged(rows[0]))
        assert (folder / partial).stat().st_size == 0
        now[0] = 1.1
        output.write(rows[1], judged(rows[1]))
        assert (folder / partial).read_bytes().count(b"\n") == 2


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet", ".csv"])
@pytest.mark.parametrize("kind", ["lines", "document", "table"])
def test_rows_of_several_completions_are_resumed_between_two_of_one_row(folder, kind, suffix):
    rows = [{"prompt": str(n), "completions": [str(n), "é", "x"]} for n in range(5)]
    source = folder / "in"
    if kind == "table":
        pq.write_table(pa.Table.from_pylist(rows), source)
    elif kind == "document":
        source.write_text(json.dumps(rows, indent=1))
    else:
        source.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def judge(target, *, resume=False, stop_after=None):
        found = InputReader().rows(read_rows(source))
        with open_output(target, resume=resume) as output:
            done = len(list(output.resumed(found)))
            for number, row in enumerate(found, 1):
                output.write(row, {"reward": float(number + done), "scores": {}})
                if number == stop_after:
                    raise KeyboardInterrupt
        return done

    judge(folder / f"whole{suffix}")
    with pytest.raises(KeyboardInterrupt):
        judge(folder / f"out{suffix}", stop_after=7)
    assert judge(folder / f"out{suffix}", resume=True) == 7
    assert (folder / f"out{suffix}").read_bytes() == (folder / f"whole{suffix}").read_bytes()


def test_resume_without_a_stopped_run_begins_at_the_beginning(source, folder):
    assert run(source, folder / "out.jsonl", resume=True) == []
    run(source, folder / "whole.jsonl")
    assert (folder / "out.jsonl").read_bytes() == (folder / "whole.jsonl").read_bytes()


def test_another_rubric_is_refused_and_the_work_kept(source, folder):
    with pytest.raises(KeyboardInterrupt):
        run(source, folder / "out.jsonl", stop_after=20)
    with pytest.raises(ConfigError, match=r"--resume: .* another rubric, .* without --resume"):
        run(source, folder / "out.jsonl", resume=True, key="another rubric")
    assert len(run(source, folder / "out.jsonl", resume=True)) == 20


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda text: text.replace(b'"xxx"', b'"xyx"'), "line 7 is another row"),
        (lambda text: text[text.index(b"\n\n") + 2 :], "line 1 is another row"),
        (lambda text: text[: text.index(b'"xxx"')].rpartition(b"\n")[0], "the input ends before it"),
    ],
)
def test_another_input_is_refused_and_the_work_kept(source, folder, change, found):
    with pytest.raises(KeyboardInterrupt):
        run(source, folder / "out.jsonl", stop_after=20)
    original = source.read_bytes()
    source.write_bytes(change(original))
    with pytest.raises(ConfigError, match=rf"{found}; the input has changed"):
        run(source, folder / "out.jsonl", resume=True)
    source.write_bytes(original)
    assert len(run(source, folder / "out.jsonl", resume=True)) == 20


def test_an_input_that_has_grown_since_is_judged_to_its_end(source, folder):
    with pytest.raises(KeyboardInterrupt):
        run(source, folder / "out.jsonl", stop_after=50)
    with source.open("ab") as more:
        more.write(b'{"completion": "more"}\n')
    assert len(run(source, folder / "out.jsonl", resume=True)) == 50
    assert len(list(read_rows(folder / "out.jsonl"))) == 51


def test_without_resume_a_stopped_run_is_not_thrown_away(source, folder):
    with pytest.raises(KeyboardInterrupt):
        run(source, folder / "out.jsonl", stop_after=20)
    with pytest.raises(ConfigError, match=r"left 20 rows in .*partial: add --resume to continue, or remove that file"):
        run(source, folder / "out.jsonl")
    assert len(run(source, folder / "out.jsonl", resume=True)) == 20


def test_without_resume_what_holds_no_whole_row_is_forgotten(source, folder):
    with pytest.raises(KeyboardInterrupt):
        run(source, folder / "out.jsonl", stop_after=1)
    os.truncate(folder / partials(folder)[0], 5)
    assert run(source, folder / "out.jsonl") == []
    assert partials(folder) == []


def test_what_another_rubric_has_left_stays_until_the_output_is_whole(source, folder):
    with pytest.raises(KeyboardInterrupt):
        run(source, folder / "out.jsonl", stop_after=20)
    with pytest.raises(InputError), open_output(folder / "out.jsonl", key="another rubric"):
        raise InputError("a bad row")
    assert len(run(source, folder / "out.jsonl", resume=True)) == 20


def test_without_resume_a_stopped_run_of_another_rubric_is_forgotten(source, folder):
    with pytest.raises(KeyboardInterrupt):
        run(source, folder / "out.jsonl", stop_after=20, key="old rubric")
    assert run(source, folder / "out.jsonl") == []
    assert partials(folder) == []


def test_a_bad_row_after_long_judging_keeps_the_work(source, folder, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    rows = read_rows(source)
    output = open_output(folder / "out.jsonl", key="rubric")
    row = next(rows)
    output.write(row, judged(row))
    now[0] = 61.0
    with pytest.raises(InputError), output:
        raise InputError("a bad row")
    assert len(run(source, folder / "out.jsonl", resume=True)) == 1


def test_one_output_does_not_take_anothers_hidden_file(source, folder):
    with pytest.raises(KeyboardInterrupt):
        run(source, folder / "out.jsonl", stop_after=20)
    run(source, folder / "out.jsonl.gz")
    run(source, folder / "out")
    assert len(run(source, folder / "out.jsonl", resume=True)) == 20


def test_what_cannot_be_resumed_is_refused(folder):
    with pytest.raises(ConfigError, match="standard output cannot be resumed; name a file with -o"):
        open_output("-", resume=True)
    with pytest.raises(ConfigError, match="/dev/null cannot be resumed"):
        open_output("/dev/null", resume=True)
