"""TRL's weighted sum of the columns is the rubric's reward, for every rubric and every way a judgement can end."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewardkit import ConfigError, Result, Rubric, Sample, Score
from rewardkit.rubrics.compose import compose, unjudged, weights_at
from rewardkit_trainers.trl.columns import columns_of, is_sum, values_of

ALIASES = ("a", "b", "c")
numbers = st.floats(-4, 4, width=16)
bounds = st.tuples(numbers, numbers).map(sorted)
weights = st.sampled_from([0.0, 1.0, 0.5, -1.0]) | st.just(((0.0, 0.0), (1.0, 2.0)))


@st.composite
def rubrics(draw: st.DrawFn) -> Rubric:
    rewards: dict[str, dict[str, Any]] = {}
    for alias in ALIASES[: draw(st.integers(1, 3))]:
        rewards[alias] = {
            "weight": draw(weights),
            "gate": draw(st.dictionaries(st.sampled_from(sorted(rewards)), numbers, max_size=1)) if rewards else {},
            "when": draw(st.sampled_from([{}, {"kind": ["x"]}])),
            "clip": draw(st.none() | bounds),
            "on_abstained": draw(st.sampled_from(["skip", "none"]) | numbers),
            "on_failed": draw(st.sampled_from(["none", "skip"])),
        }
    combine = draw(st.sampled_from(["sum", "sum", "product"]))
    return Rubric.of({"rewards": rewards, "combine": combine, "clip": draw(st.none() | bounds)})


said = numbers.map(Score.scored) | st.sampled_from([Score.abstained("cannot know"), Score.failed("broken")])


def judged(rubric: Rubric, sample: Sample, says: Mapping[str, Score], progress: float) -> Result:
    """The result of a sample on which each reward would say what `says` says, were it asked."""
    scores: dict[str, Score] = {}
    for alias, config in rubric.rewards.items():  # gates stand before what they guard
        scores[alias] = unjudged(rubric, config, sample, scores) or says[alias]
    weighed = weights_at(rubric, progress)
    return Result(reward=compose(rubric, sample, scores, weighed), scores=scores, weights=weighed)


def trl_reward(values: list[float | None], weighed: list[float]) -> float | None:
    """GRPOTrainer._generate_and_score_completions, of one row: nansum of weight times column; all NaN is no reward."""
    column = np.array([math.nan if value is None else value for value in values], dtype=np.float32)
    if np.isnan(column).all():
        return None
    return float(np.nansum(column * np.array(weighed, dtype=np.float32)))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine draws slowly
@given(
    rubric=rubrics(),
    says=st.fixed_dictionaries(dict.fromkeys(ALIASES, said)),
    kind=st.sampled_from("xy"),
    progress=st.floats(0, 1),
)
@pytest.mark.parametrize("weighted", [False, True])
def test_trl_makes_the_rubrics_reward_of_the_columns(
    rubric: Rubric, says: dict[str, Score], kind: str, progress: float, *, weighted: bool
):
    try:
        columns = columns_of(rubric, weighted=weighted)
    except ConfigError:
        assert all(not config.weight for config in rubric.rewards.values())
        return
    sample = Sample(completion="", columns={"kind": kind})
    result = judged(rubric, sample, says, progress)
    values = values_of(rubric, columns, sample, result, weighted=weighted)
    made = trl_reward(values, [column.weight for column in columns])
    assert (made is None) == (result.reward is None)
    if made is not None and result.reward is not None:
        assert made == pytest.approx(result.reward, abs=1e-5, rel=1e-5)


@pytest.mark.parametrize(
    ("rewards", "more", "expected"),
    [
        ({"math": {}, "format": {"weight": 0.1}}, {}, [("math", 1.0), ("format", 0.1)]),
        ({"math": {"gate": "format"}, "format": {"weight": 0}}, {}, [("math", 1.0), ("format", 0.0)]),
        ({"math": {}}, {"clip": [0, 1]}, [("composed", 1.0), ("math", 0.0)]),
        ({"math": {}}, {"combine": "product"}, [("composed", 1.0), ("math", 0.0)]),
        ({"math": {"weight": [[0, 0], [1, 1]]}}, {}, [("composed", 1.0), ("math", 0.0)]),
    ],
    ids=["sum", "gate in a sum", "bounds of the whole", "product", "schedule"],
)
def test_a_rubric_that_is_no_weighted_sum_is_composed_beside_probes(
    rewards: dict[str, Any], more: dict[str, Any], expected: list[tuple[str, float]]
):
    rubric = Rubric.of({"rewards": rewards, **more})
    assert columns_of(rubric, weighted=False) == expected
    assert is_sum(rubric) == (expected[0][0] != "composed")
    # Without weights in the trainer nothing may stand beside what is paid.
    assert [name for name, _ in columns_of(rubric, weighted=True)] == [name for name, weight in expected if weight]


def test_a_probe_pays_nothing_where_the_rubric_gives_no_reward():
    rubric = Rubric.of({"rewards": {"math": {}, "language": {"weight": 0}}})
    sample = Sample(completion="")
    result = judged(rubric, sample, {"math": Score.failed("broken"), "language": Score.scored(1.0)}, 1.0)
    columns = columns_of(rubric, weighted=False)
    assert values_of(rubric, columns, sample, result, weighted=False) == [None, None]


def test_a_closed_gate_is_a_zero_in_its_column():
    rubric = Rubric.of({"rewards": {"format": {"weight": 0.1}, "math": {"gate": "format"}}})
    sample = Sample(completion="")
    result = judged(rubric, sample, {"format": Score.scored(0.0), "math": Score.scored(1.0)}, 1.0)
    columns = columns_of(rubric, weighted=False)
    assert values_of(rubric, columns, sample, result, weighted=False) == [0.0, 0.0]


@pytest.mark.parametrize(
    ("rewards", "message"),
    [({"math": {"weight": 0}}, "nothing to train on"), ({"composed": {"weight": [[0, 1], [1, 2]]}}, "write another")],
)
def test_a_rubric_that_cannot_train_is_refused(rewards: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message):
        columns_of(Rubric.of({"rewards": rewards}), weighted=False)
