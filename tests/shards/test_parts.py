"""A file that is judged in parts has the output, the summary and the errors of a file that is judged row by row."""

import contextlib
import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rewardkit import ConfigError, InputError, Rubric
from rewardkit.codec import result_of
from rewardkit.commands.options import ScoreOptions
from rewardkit.commands.score import _score
from rewardkit.input.files import read_rows
from rewardkit.output.summary import Summary
from rewardkit.output.writers import open_output
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.resolution import resolve
from rewardkit.shards import choice
from rewardkit.shards.judge_part import judge_part
from rewardkit.shards.part import PartSettings
from rewardkit.shards.run import judged_in_order, parts_folder, parts_of, with_written
from rewardkit.workers.judge import Judge, Unit

PART_BYTES = (1, 333, 100_000)


def brief(completion, ground_truth):
    """The length of the completion, made small; nothing where it says so."""
    if "none" in completion:
        return None
    if "raise" in completion:
        raise ValueError(completion)
    return len(completion) % 5 / 4


@pytest.fixture(scope="module")
def rubric():
    return Rubric.of({"rewards": {"brief": brief}})


class Stopped(Exception):  # noqa: N818 - stands for a process that was killed
    pass


class InParts:
    """Judges files in parts, in this process."""

    def __init__(self, rubric, **settings):
        self.rubric = rubric
        self.settings = PartSettings(**settings)
        self.steps = resolve(rubric, load_registry(()))
        self.judge = Judge(rubric, self.steps)
        self.whole_groups = self.settings.advantages is not None or any(step.sees == "group" for step in self.steps)
        self.weights = {alias: config.weight_at(1.0) for alias, config in rubric.rewards.items()}
        self.asked = 0
        self.stop_at = None

    def ask(self, first, units):
        for samples in units:
            self.asked += 1
            if self.asked == self.stop_at:
                raise Stopped
            judged = self.judge.judge(Unit(samples, {}), self.weights, timings=False)
            yield [result_of(one.reward, one.scores, one.elapsed_ms, self.weights) for one in judged]

    def judge_part(self, part):
        return judge_part(self.rubric, self.steps, self.settings, part, self.ask)

    def run(self, files, target, part_bytes, *, resume=False):
        """The summary."""
        readers = {step.alias for step in self.steps if "ground_truth" in step.installed.reward.reads}
        summary = Summary(self.weights, readers)
        reader = self.settings.reader()
        with open_output(target, key="", resume=resume) as output, parts_folder(output) as folder:
            parts = parts_of(list(map(str, files)), self.settings, part_bytes, folder, whole_groups=self.whole_groups)
            if written := output.written():
                parts = with_written(parts, written, self.settings)
            for result, _ in judged_in_order(parts, self.judge_part, 1, output, lambda: None):
                summary.merge(result.summary)
                reader.merge(result.facts)
            reader.check()
        return summary.as_dict()


def row_by_row(rubric, files, target, **options):
    """The summary of a run as it always was."""
    options = ScoreOptions(files=list(map(str, files)), output=str(target), debug=True, shards="off", **options)
    done = _score(options, rubric, str(target))
    return done.summary.as_dict()


def without_times(summary):
    for score in summary["scores"].values():
        score.pop("slowest", None)
    return summary


def rows(number, groups=3):
    generator = random.Random(number)
    texts = ["4", "a longer answer", "none of it", "raise", "ü\u2028é", "  ", "x" * 70]
    return [
        {"prompt": f"p{index // groups}", "completion": generator.choice(texts) + str(index % 4), "answer": str(index)}
        for index in range(number)
    ]


def lines(number=40, groups=3):
    return [json.dumps(row, ensure_ascii=index % 2 == 0).encode() for index, row in enumerate(rows(number, groups))]


CONTENTS = {
    "plain": b"\n".join(lines()) + b"\n",
    "no last line break": b"\n".join(lines()),
    "CRLF": b"\r\n".join(lines()) + b"\r\n",
    "byte order marks": b"\xef\xbb\xbf" + b"\n".join(lines()) + b"\n\xef\xbb\xbf" + b"\n".join(lines(3)),
    "blank lines": b"\n\n \n" + b"\n\n\t\n\n".join(lines()) + b"\n\n\n\n",
    "judged before": b"\n".join(
        line[:-1] + b',"rewardkit":{"version":1,"reward":1.0,"scores":{}}}' for line in lines()
    ),
    "several completions": b"\n".join(
        json.dumps({"prompt": "p", "completions": ["a" * index, "none", "b"], "answer": "1"}).encode()
        for index in range(20)
    ),
    "other columns later": b"\n".join([*lines(9), b'{"completion": "b", "more": [1, 1e400, 12345678901234567890]}']),
    "one row": lines(1)[0],
    "one long line": b'{"completion": "%s"}\n' % (b"y" * 200_000) + b"\n".join(lines(5)),
}


@pytest.fixture(params=CONTENTS, ids=str)
def file(request, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(CONTENTS[request.param])
    return path


@pytest.mark.parametrize("part_bytes", PART_BYTES)
def test_output_and_summary_are_those_of_a_run_row_by_row(rubric, file, tmp_path, part_bytes):
    expected = row_by_row(rubric, [file, file], tmp_path / "whole.jsonl")
    found = InParts(rubric).run([file, file], tmp_path / "out.jsonl", part_bytes)
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert without_times(found) == without_times(expected)


@pytest.mark.parametrize("part_bytes", PART_BYTES)
@pytest.mark.parametrize("groups", [1, 3, 40])
def test_no_group_is_cut(rubric, tmp_path, part_bytes, groups):
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"\n\n".join(lines(40, groups)))
    expected = row_by_row(rubric, [file], tmp_path / "whole.jsonl", advantages="grpo")
    found = InParts(rubric, advantages="grpo").run([file], tmp_path / "out.jsonl", part_bytes)
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert without_times(found) == without_times(expected)


@pytest.mark.parametrize("part_bytes", PART_BYTES)
def test_a_group_that_comes_back_is_refused_wherever_it_is_cut(rubric, tmp_path, part_bytes):
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"\n".join([*lines(30), *lines(2)]))
    with pytest.raises(InputError, match="group 'p0' comes back after another group; sort the rows by group"):
        InParts(rubric, advantages="rloo").run([file], tmp_path / "out.jsonl", part_bytes)


@pytest.mark.parametrize("part_bytes", PART_BYTES)
@pytest.mark.parametrize("bad", [b"{", b"[1]", b'{"completion": null}', b'{"a": 1, "a": 2}'])
def test_a_bad_row_is_named_by_its_line_in_the_file(rubric, tmp_path, part_bytes, bad):
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"\n".join([*lines(17), b"", bad, *lines(20)]))
    with pytest.raises(InputError, match=r"rows\.jsonl, line 19"):
        InParts(rubric).run([file], tmp_path / "out.jsonl", part_bytes)
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("advantages", [None, "grpo"])
def test_a_part_goes_on_where_a_killed_attempt_has_ended(rubric, tmp_path, advantages):
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"\n".join(lines(90)))
    expected = InParts(rubric, advantages=advantages)
    summary = expected.run([file], tmp_path / "whole.jsonl", 1000)
    for stop_at in range(1, expected.asked, 7):
        stopped = InParts(rubric, advantages=advantages)
        stopped.stop_at = stop_at

        def twice(part, stopped=stopped):
            try:
                return judge_part(stopped.rubric, stopped.steps, stopped.settings, part, stopped.ask)
            except Stopped:
                with open(part.target, "ab") as target:  # noqa: PTH123
                    target.write(b'{"prompt": "torn')
                return judge_part(stopped.rubric, stopped.steps, stopped.settings, part, stopped.ask)

        stopped.judge_part = twice
        assert stopped.run([file], tmp_path / "out.jsonl", 1000) == summary
        assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def leave(target, write):
    """Leaves the hidden file of a run that was killed."""
    with contextlib.suppress(KeyboardInterrupt), open_output(target, key="") as output:
        write(output)
        raise KeyboardInterrupt


@pytest.mark.parametrize("advantages", [None, "grpo"])
def test_a_run_is_resumed_from_any_byte_that_a_kill_has_left(rubric, tmp_path, advantages):
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"\n\n".join(lines(60)))
    files = [file] if advantages else [file, file]
    summary = InParts(rubric, advantages=advantages).run(files, tmp_path / "whole.jsonl", 700)
    whole = (tmp_path / "whole.jsonl").read_bytes()
    generator = random.Random(1)
    for _ in range(30):
        leave(tmp_path / "out.jsonl", lambda output: output.append(tmp_path / "whole.jsonl"))
        (left,) = tmp_path.glob(".out*.partial")
        with left.open("r+b") as torn:
            torn.truncate(generator.randrange(len(whole) + 1))
        resumed = InParts(rubric, advantages=advantages)
        assert resumed.run(files, tmp_path / "out.jsonl", 700, resume=True) == summary
        assert (tmp_path / "out.jsonl").read_bytes() == whole
        assert list(tmp_path.glob(".out*")) == []


def test_another_input_is_not_resumed(rubric, tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"\n".join(lines(30)))
    row = next(iter(read_rows(file)))
    leave(tmp_path / "out.jsonl", lambda output: output.write(row, {"reward": 1.0, "scores": {}}))
    file.write_bytes(b"\n".join(lines(30)[1:]))
    with pytest.raises(ConfigError, match=r"rows\.jsonl, line 1 is another row; the input has changed"):
        InParts(rubric).run([file], tmp_path / "out.jsonl", 300, resume=True)


@pytest.mark.parametrize("part_bytes", [1, 20_000])
def test_a_parquet_file_is_cut_between_row_groups(rubric, tmp_path, part_bytes):
    file = tmp_path / "rows.parquet"
    table = pa.Table.from_pylist([row | {"at": 1.5} for row in rows(50)])
    pq.write_table(table, file, row_group_size=7)
    expected = row_by_row(rubric, [file], tmp_path / "whole.jsonl")
    found = InParts(rubric).run([file], tmp_path / "out.jsonl", part_bytes)
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert without_times(found) == without_times(expected)


def test_borders_depend_on_the_file_alone(tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"\n".join(lines(50)))
    parts = [planned.part for planned in parts_of([str(file)], PartSettings(), 500, tmp_path, whole_groups=False)]
    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]
    assert (parts[0].start, parts[-1].end) == (0, file.stat().st_size)
    for part in parts[1:]:
        assert file.read_bytes()[part.start - 1 : part.start] == b"\n"
        assert file.read_bytes()[: part.start].count(b"\n") == part.first - 1


OBSTACLES = [
    ("rows.jsonl", b'{"completion": "a"}\n{"completion": "b"}\n', None),
    ("rows.jsonl", b"\x1f\x8b\x08", "compressed"),
    ("rows.jsonl", b"\x28\xb5\x2f\xfd", "compressed"),
    ("rows.csv", b'completion\n"a\nb"\n', "separated text"),
    ("rows.json", b'[\n{"completion": "a"}\n]', "one JSON document"),
    ("rows.arrow", b"ARROW1", "an Arrow file"),
]


@pytest.mark.parametrize(("name", "content", "obstacle"), OBSTACLES)
def test_what_cannot_be_cut_is_said(tmp_path, name, content, obstacle):
    file = tmp_path / name
    file.write_bytes(content)
    found = choice.obstacle_of_file(str(file), whole_groups=False)
    assert found is None if obstacle is None else obstacle in found


@pytest.mark.parametrize("output", ["out.csv", "out.tsv", "out.parquet", "out.arrow"])
def test_tables_are_not_made_of_parts(output):
    assert "write .jsonl" in choice.obstacle_of_output(output)


@pytest.mark.parametrize("output", [None, "-", "out.jsonl", "out.jsonl.gz", "out.zst"])
def test_lines_are_made_of_parts(output):
    assert choice.obstacle_of_output(output) is None
