"""From Python, tables are taken as rows are, and results become a table."""

import asyncio
import datetime as dt
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from rewardkit import InputError, Result, Sample, Score, Scorer
from rewardkit.input.caller import Caller
from rewardkit.input.input_reader import InputReader
from rewardkit.input.samples import samples_of as read_samples
from rewardkit.output.results import Results
from rewardkit.output.unjudged import UnjudgedWarning


def samples_of(samples, mapping=None):
    return read_samples(samples, InputReader(mapping, caller=Caller.PYTHON))


ROWS = [{"question": "1+1?", "completion": "2", "answer": "2"}, {"question": "1+2?", "completion": "4", "answer": "3"}]


TABLES = {
    "list": ROWS,
    "generator": iter(ROWS),
    "pandas": pd.DataFrame(ROWS, index=["x", "y"]),
    "polars": pl.DataFrame(ROWS),
    "lazy polars": pl.LazyFrame(ROWS),
    "pyarrow": pa.Table.from_pylist(ROWS),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_is_taken_as_its_rows(table):
    assert list(samples_of(table)) == list(samples_of(ROWS))


def test_a_data_set_of_datasets_is_taken_as_its_rows():
    datasets = pytest.importorskip("datasets")
    table = datasets.Dataset.from_list(ROWS)
    assert list(samples_of(table)) == list(samples_of(ROWS))
    with pytest.raises(InputError, match=r"holds the splits train; hand over one, such as data\['train'\]"):
        list(samples_of(datasets.DatasetDict({"train": table})))


def test_what_pandas_calls_missing_is_missing():
    frame = pd.DataFrame(
        {"completion": ["2", "3"], "answer": ["2", None], "n": [1.5, np.nan],
         "when": [dt.datetime(2025, 1, 1, tzinfo=dt.UTC), pd.NaT],
         "group": pd.array([1, None], dtype="Int64")}
    )  # fmt: skip
    _, sample = samples_of(frame)
    assert (sample.ground_truth, sample.group, sample.columns) == (None, None, {"n": None, "when": None})


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ("rows.jsonl", "found a str; `rewardkit score FILE` judges files"),
        (ROWS[0], "found one dict; put the row in a list"),
        (pd.Series(["2"]), "found a pandas Series; score a DataFrame"),
        ([["2"]], "row 1: found a list; score a list of Samples or mappings, or a table"),
    ],
)
def test_what_is_no_table_is_named_with_the_fix(samples, message):
    with pytest.raises(InputError, match=message):
        list(samples_of(samples))


def test_messages_name_the_parameter_of_python():
    with pytest.raises(InputError, match=r'perhaps with mapping=\{"completion": "model_reply"\}$'):
        list(samples_of([{"model_reply": "2"}]))
    with pytest.raises(InputError, match=r'mapping=\{"ground_truth": "x"\}: no column'):
        list(samples_of(ROWS, {"ground_truth": "x"}))


def test_a_scorer_takes_tables_and_a_mapping_and_returns_a_table():
    frame = pd.DataFrame(ROWS).rename(columns={"answer": "truth"})
    with Scorer({"rewards": {"math": {}}}, workers=1, mapping={"ground_truth": "truth"}) as scorer:
        results = scorer.score(frame)
        assert [result.reward for result in scorer.stream(frame)] == [1.0, 0.0]
    table = results.to_pandas()
    assert list(table["reward"]) == [1.0, 0.0]
    assert list(table["math.status"]) == ["scored", "scored"]
    assert list(pd.concat([frame, table], axis=1).columns)[:4] == ["question", "completion", "truth", "reward"]


@pytest.mark.parametrize("call", ["score", "stream", "score_async"])
def test_rows_without_a_known_ground_truth_are_warned_of(call):
    rows = [{"completion": "2", "solutoin": "2"}]
    with Scorer({"rewards": {"math": {}, "format": {"weight": 0.1}}}, workers=1) as scorer:
        with pytest.warns(UnjudgedWarning, match=r'nothing was judged: math .*mapping=\{"ground_truth": "solutoin"\}'):
            asyncio.run(scorer.score_async(rows)) if call == "score_async" else list(getattr(scorer, call)(rows))
        with warnings.catch_warnings(action="error"):
            scorer.score([Sample(completion="2")])
            scorer.score([*rows, {"completion": "2", "answer": "2"}])
            scorer.score([])


def test_results_are_a_list_and_become_dicts():
    scores = {"math": Score.scored(1.0, "equal"), "code": Score.abstained("no tests", kind="not_applicable")}
    results = Results([Result(reward=1.0, scores=scores, weights={"math": 1.0, "code": 1.0})])
    assert results[0].reward == 1.0
    assert results.to_dicts() == [
        {"reward": 1.0, "math": 1.0, "math.status": "scored", "math.reason": "equal", "code": None,
         "code.status": "abstained", "code.reason": "no tests"}
    ]  # fmt: skip
    assert Results().to_dicts() == []


def test_samples_stay_as_they_are():
    sample = Sample(completion="2")
    assert list(samples_of([sample])) == [sample]
