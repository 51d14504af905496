"""CSV and TSV go in and out; no cell becomes a formula, and none is changed by going through."""

import csv
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import InputError
from rewardkit.input.files import read_rows
from rewardkit.input.input_reader import InputReader
from rewardkit.output.writers import open_output

SCORE = {"value": 0.5, "status": "scored", "kind": "judged", "weight": 1.0, "reason": "=why", "details": {"n": 1}}
BLOCK = {"version": 1, "reward": 0.5, "scores": {"math": SCORE}}
CHAT = [{"role": "user", "content": "1+1?"}]


def score(source, target, block=BLOCK):
    with open_output(target) as output:
        for row in read_rows(source):
            output.write(row, block)


def cells(path, delimiter=","):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


@pytest.mark.parametrize(("name", "delimiter"), [("rows.csv", ","), ("rows.tsv", "\t"), ("ROWS.CSV", ",")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_the_first_line_names_the_columns_and_values_are_text(tmp_path, name, delimiter, encoding):
    path = tmp_path / name
    rows = [["prompt", "completion", "answer"], ["a,b\tc", 'two "quoted"\r\nlines', "é"], ["", "", "2"]]
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    found = list(read_rows(path))
    assert [row.data for row in found] == [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert found[1].where == f"{path}, row 2"


def test_a_packed_file_is_read_by_its_name(tmp_path):
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(b"completion,answer\n2,2\n"))
    assert [row.data for row in read_rows(tmp_path / "rows.csv.gz")] == [{"completion": "2", "answer": "2"}]


def test_text_becomes_the_fields_of_a_sample(tmp_path):
    path = tmp_path / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [
                ["prompt", "completion", "answer", "completion_tokens", "truncated", "group"],
                [json.dumps(CHAT), "2", "2", "17", "True", "g"],
                ["p", "", "", "", "", ""],
            ]
        )
    reader = InputReader()
    first, second = (reader.sample(row) for row in read_rows(path))
    assert (first.prompt_text, first.ground_truth, first.completion_tokens, first.truncated) == ("1+1?", "2", 17, True)
    assert (second.completion, second.ground_truth, second.completion_tokens, second.truncated) == (
        "",
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2,3\n", r"row 1 .*: has 3 cells, and the first line names 2 columns; quote"),
        (b"a,b\n1\n", r"row 1 .*: has 1 cells"),
        (b"a,a\n1,2\n", r"has the column 'a' twice"),
        (b'a,b\n1,"2\n', r"row 1: is not ','-separated text: unexpected end of data"),
        (b'a,b\n1,"2"x\n', r"row 1: is not ','-separated text"),
        (b"a,b\n1,\xff\n", r"row 1: is not UTF-8; write it again as UTF-8"),
    ],
)
def test_a_broken_file_is_named_with_the_row(tmp_path, content, message):
    (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(InputError, match=rf"rows\.csv.*{message}"):
        list(read_rows(tmp_path / "rows.csv"))


def test_the_judgement_stands_in_columns_of_its_own(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"completion": "2", "n": 1.5, "x": [1]}\n{"completion": null, "late": "é"}\n')
    score(tmp_path / "in.jsonl", tmp_path / "out.tsv")
    assert cells(tmp_path / "out.tsv", "\t") == [
        ["completion", "n", "x", "late", "rewardkit.reward", "rewardkit.math", "rewardkit.math.status",
         "rewardkit.math.reason"],
        ["2", "1.5", "[1]", "", "0.5", "0.5", "scored", "'=why"],
        ["", "", "", "é", "0.5", "0.5", "scored", "'=why"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"), ("+x", "'+x"), ("-x", "'-x"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"),
        ("-3", "-3"), ("-3.5e7", "-3.5e7"), ("+.5", "+.5"), ("x=1", "x=1"), ("'x", "'x"), ("-", "'-"),
        ("-3 apples", "'-3 apples"),
    ],
)  # fmt: skip
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(tmp_path, text, cell):
    (tmp_path / "in.jsonl").write_text(json.dumps({"completion": text}))
    score(tmp_path / "in.jsonl", tmp_path / "out.csv")
    assert cells(tmp_path / "out.csv")[1][0] == cell
    assert next(read_rows(tmp_path / "out.csv")).data == {"completion": text}


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")).filter(str), min_size=1, max_size=4))
def test_what_was_written_is_read_back_without_the_judgement(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("csv")
    (folder / "in.jsonl").write_text("".join(json.dumps({"completion": text, "b": "x"}) + "\n" for text in texts))
    score(folder / "in.jsonl", folder / "out.csv")
    assert [row.data for row in read_rows(folder / "out.csv")] == [{"completion": text, "b": "x"} for text in texts]


def test_several_completions_a_row_go_out_and_come_back(tmp_path):
    (tmp_path / "in.jsonl").write_text(json.dumps({"prompt": "p", "completions": ["a", "b"], "n": ["[1]"]}))
    for source, target in (("in.jsonl", "out.csv"), ("out.csv", "again.csv")):
        reader = InputReader()
        with open_output(tmp_path / target) as output:
            for row in reader.rows(read_rows(tmp_path / source)):
                assert reader.sample(row).completion in ("a", "b")
                output.write(row, BLOCK)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "again.csv").read_bytes()


def test_an_input_without_rows_makes_a_file_without_rows(tmp_path):
    (tmp_path / "in.jsonl").touch()
    score(tmp_path / "in.jsonl", tmp_path / "out.csv")
    assert list(read_rows(tmp_path / "out.csv")) == []
