"""Rows whose target is no token: left out where they are marked, an error or NaN where they are not."""

from dataclasses import replace

import pytest

pytest.importorskip("torch")

import torch

from rewardkit_logps import token_statistics
from rewardkit_logps.statistics import _filled

MASKED = [0, 7, 39]


def masked(case):
    targets = case.targets.clone()
    targets[MASKED] = -100
    return replace(case, targets=targets)


@pytest.mark.parametrize("trained", [("hidden",), ("hidden", "weight", "bias")])
def test_marked_rows_are_left_out_of_values_and_gradients(problem, relative_distance, trained):
    case = problem(bias=True).training(*trained)
    kept = torch.ones(40, dtype=torch.bool)
    kept[MASKED] = False
    found, exact = masked(case).statistics(ignore_index=-100), case.exact()
    for value, right in zip(found, exact, strict=True):
        assert not value[~kept].any()
        assert float((value[kept].double() - right[kept].double()).abs().max()) < 1e-5
    weights = torch.randn(40)
    gradients = masked(case).gradients(weights, weights, ignore_index=-100)
    exact_gradients = case.exact_gradients(weights * kept, weights * kept)
    for name, gradient in gradients.items():
        assert relative_distance(gradient, exact_gradients[name]) < 1e-5


def test_a_target_out_of_range_is_an_error_on_a_cpu(problem):
    with pytest.raises(ValueError, match=r"found -100 to 4\d+. Masked tokens are left out with ignore_index=-100"):
        masked(problem()).statistics()
    beyond = replace(problem(), targets=torch.full((40,), 5000))
    with pytest.raises(ValueError, match="found 5000 to 5000"):
        beyond.statistics(ignore_index=-100)


def test_elsewhere_it_is_nan_without_a_gradient(problem):
    # What an accelerator does instead of looking at the targets, on a CPU.
    hidden = problem().hidden.requires_grad_()
    found = token_statistics(hidden, problem().weight, None, problem().targets)
    inside = torch.arange(40) != 7
    filled = _filled(found, inside, float("nan"))
    assert filled.log_probs.isnan().tolist() == (~inside).tolist()
    filled.log_probs[inside].sum().backward()
    assert not hidden.grad[7].any()
    assert hidden.grad[8].any()


@pytest.mark.parametrize("precision", ["high", "medium"])
def test_products_are_exact_whatever_the_process_has_set(problem, precision):
    case = problem(width=256)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        found = case.statistics()
        assert torch.get_float32_matmul_precision() == precision
    finally:
        torch.set_float32_matmul_precision(before)
    assert float((found.log_probs - case.exact()[0]).abs().max()) < 1e-4
