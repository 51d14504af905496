"""A bounded part of benchmarks/math_differential.py with fixed seeds: pairs that are right or wrong by construction."""

import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "benchmarks" / "math_differential.py"
spec = importlib.util.spec_from_file_location("math_differential", PATH)
assert spec is not None
assert spec.loader is not None
differential = importlib.util.module_from_spec(spec)
spec.loader.exec_module(differential)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_generated_pairs_are_judged_as_they_were_made(accepts, seed):
    wrong = [
        pair
        for pair in differential.generated(60, seed)
        if accepts(pair.prediction, pair.ground_truth) is not pair.equal
    ]
    assert not wrong


def test_the_same_seed_gives_the_same_pairs():
    assert list(differential.generated(10, 5)) == list(differential.generated(10, 5))
