"""Values of numpy and pandas cross between tests and a program as data, and nothing else is built of what arrives."""

import json

import numpy as np
import pandas as pd
import pytest

from rewardkit import RewardContext, Sample
from rewardkit_code.reward import CodeParams, CodeReward
from rewardkit_sandbox import WireError
from rewardkit_sandbox.guest.tests import arrays

ARRAYS = [
    np.array([1, 2, 3]),
    np.zeros((0, 3)),
    np.array(["a", "bc"]),
    np.array([[1.5, np.nan]]),
    np.array([True, False]),
    np.array([1 + 2j]),
    np.array([1, "a", None], dtype=object),
    np.array([[1], [1, 2]], dtype=object),
    np.array(["2020-01-01"], dtype="M8[D]"),
    np.array(3),
]
SCALARS = [np.float32(1.5), np.int64(3), np.bool_(True), np.str_("x"), np.complex64(1j)]
SERIES = [
    pd.Series([1, 2], name="a"),
    pd.Series(["x", None]),
    pd.Series([1.5, np.nan], index=["a", "b"]),
    pd.Series(pd.to_datetime(["2020-01-01", "2021-01-01"])),
    pd.Series([1, None], dtype="Int64"),
    pd.Series(["a", "b", "a"], dtype="category"),
    pd.Series(["a"], dtype="string"),
    pd.Series(pd.date_range("2020-01-01", periods=3, tz="UTC")),
    pd.Series([pd.Timedelta(1, unit="h")]),
    pd.Series([], dtype=float),
]
INDEXES = [
    pd.Index([1, 2]),
    pd.Index(["a"]),
    pd.RangeIndex(3),
    pd.date_range("2020", periods=3),
    pd.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["x", "y"]),
    pd.CategoricalIndex(["a", "b"]),
]
FRAMES = [
    pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
    pd.DataFrame(),
    pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2020", periods=2)),
    pd.DataFrame({"g": ["a", "a", "b"], "v": [1, 2, 3]}).groupby("g").agg({"v": ["sum", "mean"]}),
    pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]),
    pd.DataFrame({"d": pd.to_datetime(["2020-01-01", None]), "c": pd.Categorical(["x", "y"])}),
]
MOMENTS = [pd.Timestamp("2020-01-01 10:00"), pd.Timestamp("2020-01-01", tz="Europe/Berlin"), pd.Timedelta(90, unit="s")]


def sent(value):
    return arrays.revive(json.loads(json.dumps(arrays.describe(value))))


@pytest.mark.parametrize("value", [*ARRAYS, *SCALARS], ids=repr)
def test_an_array_arrives_as_it_was(value):
    found = sent(value)
    assert type(found) is type(value)
    assert found.dtype == value.dtype
    np.testing.assert_array_equal(found, value)


@pytest.mark.parametrize("value", SERIES, ids=range(len(SERIES)))
def test_a_series_arrives_as_it_was(value):
    pd.testing.assert_series_equal(sent(value), value)


@pytest.mark.parametrize("value", INDEXES, ids=range(len(INDEXES)))
def test_an_index_arrives_as_it_was(value):
    pd.testing.assert_index_equal(sent(value), value)


@pytest.mark.parametrize("value", FRAMES, ids=range(len(FRAMES)))
def test_a_frame_arrives_as_it_was(value):
    pd.testing.assert_frame_equal(sent(value), value)


@pytest.mark.parametrize("value", MOMENTS, ids=str)
def test_a_moment_arrives_as_it_was(value):
    assert sent(value) == value


def test_missing_values_stay_single():
    assert sent(pd.NaT) is pd.NaT
    assert sent(pd.NA) is pd.NA


class Own(np.ndarray):
    """A program's own subclass, whose methods may lie."""


@pytest.mark.parametrize(
    "value",
    [np.zeros(2).view(Own), np.array([object()]), np.zeros(1, dtype=[("a", int)]), [1], "x"],
    ids=["subclass", "objects", "fields", "list", "text"],
)
def test_what_is_no_plain_array_stays_where_it_is(value):
    assert arrays.describe(value) is None


FORGED = [
    {"array": ["|O", [1], ""]},
    {"array": ["|V8", [1], "AAAAAAAAAAA="]},
    {"array": ["<i8", [1 << 60], ""]},
    {"array": ["<i8", [-1], ""]},
    {"array": ["<i8", [2], "AAAAAAAAAAA="]},
    {"array": [["<i8"], [1], "AAAAAAAAAAA="]},
    {"array": ["<i8,O", [1], "AAAAAAAAAAA="]},
    {"objects": [[1], '[{"o":{"h":1}}]']},
    {"objects": [[1], "[1]"], "dtype": "object64"},
    {"series": {"values": {"array": ["<i8", [1], "AAAAAAAAAAA="]}, "index": {}, "name": "1"}},
    {"frame": None},
    {"moment": ["read_pickle", "/tmp/x", None]},
    {"scalar": {"o": 1}},
]


@pytest.mark.parametrize("info", FORGED, ids=str)
def test_a_description_that_is_not_right_builds_nothing(info):
    assert arrays.known(info)
    with pytest.raises(WireError):
        arrays.revive(info)


@pytest.fixture(scope="module")
def with_packages(_works, numerical_packages):
    reward = CodeReward(CodeParams(), RewardContext(deadline_s=20.0, sandbox={"packages": numerical_packages}))
    yield reward
    reward.close()


SHAPES = {
    "an array": ("def f(x): return np.array(x) * 2", "assert np.array_equal(f([1, 2]), np.array([2, 4]))"),
    "a type": ("def f(n): return np.zeros(n, dtype=np.float32)", "assert f(2).dtype == np.float32"),
    "an argument": ("def f(x): return x / 3", "np.testing.assert_allclose(f(np.array([1.0, 2.0])), [1 / 3, 2 / 3])"),
    "a change in place": ("def f(a): a *= 2", "a = np.arange(3)\nf(a)\nassert a.tolist() == [0, 2, 4]"),
    "a seed": (
        "def f(n): return np.random.rand(n)",
        "np.random.seed(0)\na = np.random.rand(3)\nnp.random.seed(0)\nassert np.allclose(f(3), a)",
    ),
    "a table": (
        "def f(d): return d.assign(c=d.a + d.b)",
        (
            "d = pd.DataFrame({'a': [1], 'b': [2]})\n"
            "pd.testing.assert_frame_equal(f(d), pd.DataFrame({'a': [1], 'b': [2], 'c': [3]}))"
        ),
    ),
    "a table in place": (
        "def f(d): d['c'] = d.a * 2",
        "d = pd.DataFrame({'a': [1, 2]})\nf(d)\nassert list(d['c']) == [2, 4]",
    ),
}
IMPORTS = "import numpy as np\nimport pandas as pd\n"
LIAR = "class L(np.ndarray):\n    def __eq__(s, o): return np.array([True])\n    __array_priority__ = 10**9\n"


@pytest.mark.parametrize("name", SHAPES)
def test_tests_of_arrays_judge(with_packages, name):
    program, text = SHAPES[name]
    head, _, _ = program.partition(":")
    bodies = [program, f"{head}: return None", f"{head}: return np.zeros(1).view(L)"]
    samples = [
        Sample(completion=f"```python\n{IMPORTS}{LIAR}{body}\n```", ground_truth=f"{IMPORTS}{text}") for body in bodies
    ]
    assert [score.value for score in with_packages.score(samples)] == [1.0, 0.0, 0.0]
