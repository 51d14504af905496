"""Composition: what each kind of score gives, and that nothing else decides."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import Rubric, Sample, Score
from rewardkit.rubrics.compose import compose, unjudged, weights_at

SAMPLE = Sample(completion="x", columns={"data_source": "gsm8k", "extra_info": {"split": "train"}})

scores = st.one_of(st.floats(-10, 10).map(Score.scored), st.just(Score.abstained("why")), st.just(Score.failed("why")))


def composed(rubric: dict, progress: float = 1.0, **given_scores: Score) -> float | None:
    built = Rubric.of(rubric)
    return compose(built, SAMPLE, given_scores, weights_at(built, progress))


def test_the_sum_is_of_weight_times_value():
    rubric = {"rewards": {"math": {"weight": 2.0}, "format": {"weight": 0.1}}}
    assert composed(rubric, math=Score.scored(0.5), format=Score.scored(1.0)) == pytest.approx(1.1)


def test_the_product_multiplies():
    rubric = {"rewards": {"math": {}, "language": {}}, "combine": "product"}
    assert composed(rubric, math=Score.scored(1.0), language=Score.scored(0.8)) == pytest.approx(0.8)
    assert composed(rubric, math=Score.scored(0.0), language=Score.scored(0.8)) == 0.0


def test_a_value_is_clipped_before_its_weight_and_the_reward_after_all():
    rubric = {"rewards": {"length": {"weight": 2.0, "clip": [-1, 1]}}, "clip": [-1.5, 1.5]}
    assert composed(rubric, length=Score.scored(7.0)) == 1.5
    assert composed(rubric, length=Score.scored(-0.5)) == -1.0


def test_an_abstained_score_is_left_out():
    rubric = {"rewards": {"math": {}, "format": {"weight": 0.1}}}
    assert composed(rubric, math=Score.abstained("no ground truth"), format=Score.scored(1.0)) == pytest.approx(0.1)


def test_a_failed_score_makes_the_reward_none_and_never_zero():
    rubric = {"rewards": {"math": {}, "format": {"weight": 0.1}}}
    assert composed(rubric, math=Score.failed("a worker died"), format=Score.scored(1.0)) is None


def test_what_none_does_is_the_rubrics_choice():
    scores = {"math": Score.abstained("no ground truth"), "format": Score.scored(1.0)}
    for rule, expected in (("skip", 1.0), ("none", None), (0.25, 1.25)):
        assert composed({"rewards": {"math": {"on_abstained": rule}, "format": {}}}, **scores) == expected
    scores["math"] = Score.failed("why")
    assert composed({"rewards": {"math": {"on_failed": "skip"}, "format": {}}}, **scores) == 1.0


def test_a_sample_that_nobody_judged_has_no_reward():
    assert composed({"rewards": {"math": {}}}, math=Score.abstained("why")) is None


@given(scores)
def test_a_probe_never_pays(probe: Score):
    assert composed({"rewards": {"math": {}, "probe": {"weight": 0}}}, math=Score.scored(1.0), probe=probe) == 1.0


@given(scores, scores)
def test_no_credit_behind_a_closed_gate(math_score: Score, gate: Score):
    rubric = {"rewards": {"math": {"gate": "format"}, "format": {"weight": 0}}}
    reward = composed(rubric, math=math_score, format=gate)
    if gate.status == "abstained":
        assert reward is None, "nobody judged anything"
    elif gate.value is not None and gate.value < 1.0:
        assert reward == 0.0


def test_an_abstained_gate_is_no_way_out_of_a_product():
    rubric = {"rewards": {"math": {"gate": "format"}, "format": {"weight": 0}, "other": {}}, "combine": "product"}
    given_scores = {"math": Score.scored(1.0), "format": Score.abstained("why"), "other": Score.scored(2.0)}
    assert composed(rubric, **given_scores) == 0.0


def test_a_gate_that_is_not_meant_for_the_sample_is_open():
    gate = {"weight": 0, "when": {"data_source": "apps"}}
    rubric = {"rewards": {"math": {"gate": "compiles"}, "compiles": gate}}
    assert composed(rubric, math=Score.scored(1.0), compiles=Score.abstained("does not apply")) == 1.0


@pytest.mark.parametrize(
    ("unformatted", "reward"),
    [(Score.scored(0.0), 0.0), (Score.abstained("why", kind="unsupported"), None), (Score.failed("why"), None)],
)
def test_behind_a_chain_of_gates_a_closed_one_is_worth_zero(unformatted: Score, reward: float | None):
    rubric = Rubric.of(
        {
            "rewards": {
                "format": {"weight": 0},
                "math": {"gate": "format", "weight": 0},
                "brief": {"gate": "math"},
            }
        }
    )
    scores = {"format": unformatted}
    for alias in ("math", "brief"):
        scores[alias] = unjudged(rubric, rubric.rewards[alias], SAMPLE, scores)
        assert scores[alias].kind == ("plugin_error" if unformatted.status == "failed" else "not_asked")
    assert compose(rubric, SAMPLE, scores, weights_at(rubric, 1.0)) == reward


def test_a_gate_that_is_known_to_be_closed_counts_before_one_that_abstained():
    rubric = {"rewards": {"math": {"gate": ["a", "b"]}, "a": {"weight": 0}, "b": {"weight": 0}}}
    for first, second in (("a", "b"), ("b", "a")):
        scores = {first: Score.scored(0.0), second: Score.abstained("why"), "math": Score.abstained("why")}
        assert composed(rubric, **scores) == 0.0


def test_a_sum_is_rounded_once():
    rubric = {"rewards": {f"r{number}": {"weight": 0.1} for number in range(10)}}
    assert composed(rubric, **{f"r{number}": Score.scored(1.0) for number in range(10)}) == 1.0


def test_what_a_gate_settles_need_not_be_judged():
    rubric = Rubric.of({"rewards": {"math": {"gate": {"format": 0.5}}, "format": {}}})
    config = rubric.rewards["math"]
    closed = unjudged(rubric, config, SAMPLE, {"format": Score.scored(0.4)})
    assert closed == Score.abstained("not judged: the gate 'format' is closed", kind="not_asked", gate="format")
    unknown = unjudged(rubric, config, SAMPLE, {"format": Score.failed("why", kind="overloaded")})
    assert unknown == Score.failed("not judged: its gate 'format' failed", kind="overloaded")
    assert unjudged(rubric, config, SAMPLE, {"format": Score.scored(0.5)}) is None


def test_conditions_read_columns_also_by_dotted_paths():
    rubric = {
        "rewards": {
            "math": {"when": {"data_source": ["gsm8k", "math"]}, "on_abstained": "none"},
            "code": {"when": {"data_source": "apps"}, "on_abstained": "none"},
            "train": {"when": {"extra_info.split": "train"}},
        }
    }
    built = Rubric.of(rubric)
    given_scores = {"math": Score.scored(1.0), "train": Score.scored(1.0)}
    given_scores["code"] = unjudged(built, built.rewards["code"], SAMPLE, {})
    assert given_scores["code"].reason == "does not apply: data_source is 'gsm8k'"
    assert compose(built, SAMPLE, given_scores, weights_at(built, 1.0)) == 2.0


@pytest.mark.parametrize(
    ("progress", "weight"),
    # before the first point, at a step (the later point holds), between two points, and after the last
    [(0.0, 0.0), (0.5, 0.0), (0.76, 1.0), (0.88, 2.0), (1.0, 3.0)],
)
def test_a_weight_follows_its_schedule(progress: float, weight: float):
    rubric = {"rewards": {"preference": {"weight": [[0.2, 0], [0.76, 0], [0.76, 1], [1, 3]]}}}
    assert weights_at(Rubric.of(rubric), progress)["preference"] == pytest.approx(weight)


@given(st.dictionaries(st.sampled_from("abcdef"), scores, min_size=1), st.randoms())
def test_the_reward_does_not_depend_on_the_order_of_scores(given_scores: dict[str, Score], random):
    rubric = {"rewards": {alias: {} for alias in given_scores}}
    shuffled = list(given_scores.items())
    random.shuffle(shuffled)
    assert composed(rubric, **dict(shuffled)) == composed(rubric, **given_scores)


@given(st.dictionaries(st.sampled_from("abcdef"), scores, min_size=1))
def test_a_reward_is_a_finite_number_or_none(given_scores: dict[str, Score]):
    reward = composed({"rewards": {alias: {"weight": 1e308} for alias in given_scores}}, **given_scores)
    assert reward is None or math.isfinite(reward)
