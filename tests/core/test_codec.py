"""How samples and results are written: what comes back is what went in."""

import pickle

from hypothesis import given
from hypothesis import strategies as st

from rewardkit import Message, Result, Sample, Score, from_block, to_block
from rewardkit.codec import result_fields, result_from, sample_fields, sample_from
from rewardkit.score import KINDS

numbers = st.floats(allow_nan=False, allow_infinity=False)
details = st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | numbers | st.text(), max_size=3)


@st.composite
def scores(draw: st.DrawFn) -> Score:
    status = draw(st.sampled_from(sorted(KINDS)))
    return Score(
        value=draw(numbers) if status == "scored" else None,
        status=status,
        kind=draw(st.sampled_from(sorted(KINDS[status]))),
        reason=draw(st.text()),
        details=draw(details),
        turns=draw(st.none() | st.lists(st.none() | numbers, max_size=3).map(tuple)),
    )


@given(given=st.dictionaries(st.text(min_size=1), scores(), min_size=1, max_size=3), reward=st.none() | numbers)
def test_a_result_comes_back_from_a_pipe_and_from_a_block(given: dict[str, Score], reward: float | None):
    weights = {alias: float(number) for number, alias in enumerate(given)}
    result = Result(reward=reward, scores=given, weights=weights, elapsed_ms=dict.fromkeys(list(given)[:1], 1.5))
    sent = pickle.loads(pickle.dumps(result_fields(reward, list(given.values()), result.elapsed_ms)))
    assert result_from(sent, weights) == result
    assert from_block(to_block(result)) == result
    assert from_block(to_block(result, timings=False)).elapsed_ms == {}


def test_a_sample_comes_back_from_a_pipe():
    sample = Sample(
        completion=[Message(role="assistant", content="4", reasoning_content="2 and 2", id=7)],
        prompt="2+2",
        ground_truth={"tests": [1]},
        completion_tokens=3,
        truncated=False,
        group="g",
        columns={"split": {"of": "train"}},
    )
    assert sample_from(pickle.loads(pickle.dumps(sample_fields(sample)))) == sample
