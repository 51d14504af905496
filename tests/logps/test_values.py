"""Statistics of tokens are the definition's, in every shape and dtype that a model hands over."""

from dataclasses import replace

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit_logps import token_statistics

TRANSFORMS = [
    {},
    {"temperature": 0.7},
    {"logit_scale": 0.25},
    {"softcap": 30.0, "temperature": 1.3, "logit_scale": 1.5},
    {"softcap": 2.0},  # saturated: many equal largest logits
]


def assert_exact(found, exact, tolerance=1e-5):
    for name, value, right in zip(found._fields, found, exact, strict=True):
        if name == "is_top1":
            assert torch.equal(value, right)
        else:
            assert value.dtype == torch.float32
            assert float((value - right).abs().max()) < tolerance, name


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("certain", [False, True])
def test_statistics_are_the_definitions(problem, transform, bias, certain):
    case = problem(bias=bias, certain=certain, **transform)
    found, exact = case.statistics(), case.exact()
    if transform.get("softcap") == 2.0:
        # Logits that differ in float64 are equal in fp32 here.
        found = found._replace(is_top1=exact[4])
    assert_exact(found, exact)


@given(
    rows=st.sampled_from([1, 2, 511, 512, 513]),
    vocabulary=st.sampled_from([1, 2, 3, 2047, 2048, 2049, 4097, 6000]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=25, deadline=None)
def test_statistics_are_the_definitions_at_the_edges_of_tiles(problem, rows, vocabulary, seed):
    case = problem(rows, vocabulary, 4, seed=seed)
    assert_exact(case.statistics(), case.exact())


def test_large_vocabulary(problem):
    case = problem(3, 262_144, 4)
    assert_exact(case.statistics(), case.exact())


def test_log_prob_of_a_certain_token_is_exact_relative_to_its_size(problem):
    weight = torch.tensor([[1.0], [-1.0], [-1.5]])
    hidden = torch.tensor([[5.0], [8.0], [12.0], [20.0]])
    case = replace(problem(4, 3, 1), weight=weight, hidden=hidden, targets=torch.zeros(4, dtype=torch.int64))
    exact = -torch.log1p(torch.exp(-2 * hidden[:, 0].double()) + torch.exp(-2.5 * hidden[:, 0].double()))
    assert float(exact[-1]) > -1e-17
    found = case.statistics().log_probs
    assert float(((found - exact) / exact).abs().max()) < 1e-5


def test_no_rows_no_results(problem):
    for value in problem(0).statistics():
        assert value.shape == (0,)


def test_strided_inputs(problem):
    case = problem(30)
    hidden = torch.randn(30, 48)[:, ::2].copy_(case.hidden)
    weight = torch.empty(24, 5000).t().copy_(case.weight)
    targets = torch.empty(60, dtype=torch.int64)[::2].copy_(case.targets)
    strided = replace(case, hidden=hidden, weight=weight, targets=targets)
    assert_exact(strided.statistics(), case.exact())
    expanded = replace(case, hidden=case.hidden[:1].expand(30, 24))
    assert_exact(expanded.statistics(), expanded.exact())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_narrow_inputs_are_multiplied_exactly(problem, dtype):
    case = problem(bias=True)
    narrow = replace(case, hidden=case.hidden.to(dtype), weight=case.weight.to(dtype), bias=case.bias.to(dtype))
    assert_exact(narrow.statistics(), narrow.exact())


def test_autocast_rounds_hidden_states_and_weights_and_nothing_else(problem):
    case = problem()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = case.statistics()
    assert_exact(found, replace(case, hidden=case.hidden.bfloat16(), weight=case.weight.bfloat16()).exact())


def test_head_may_be_wider_than_the_hidden_states(problem):
    case = problem()
    narrow = replace(case, hidden=case.hidden.bfloat16())
    assert_exact(narrow.statistics(), replace(narrow, weight=case.weight.bfloat16()).exact())


@pytest.mark.parametrize("vocabulary", [4, 5000])
def test_of_equal_logits_the_first_is_the_top(problem, vocabulary):
    weight = torch.zeros(vocabulary, 1)
    weight[[1, vocabulary - 1]] = 1.0
    targets = torch.tensor([0, 1, vocabulary - 1])
    case = replace(problem(3, vocabulary, 1), hidden=torch.ones(3, 1), weight=weight, targets=targets)
    assert case.statistics().is_top1.tolist() == [False, True, False]
    flat = replace(case, weight=torch.zeros(vocabulary, 1))
    assert flat.statistics().is_top1.tolist() == [True, False, False]


def test_vocabulary_padded_with_minus_infinity(problem):
    case = problem(bias=True)
    bias = case.bias.clone()
    bias[4000:] = float("-inf")
    padded = replace(case, bias=bias, targets=case.targets.clamp(max=3999))
    short = replace(padded, bias=bias[:4000], weight=case.weight[:4000])
    found, exact = padded.statistics(), short.exact()
    assert float((found.log_probs - exact[0]).abs().max()) < 1e-5
    assert float((found.entropy - exact[1]).abs().max()) < 1e-5


def test_what_is_not_asked_for_is_none(problem):
    found = problem().statistics(outputs=("is_top1",))
    assert [value is not None for value in found] == [True, False, False, False, True]


def test_results_have_no_graph_where_nothing_is_trained(problem):
    case = problem()
    case.hidden.requires_grad_()
    with torch.no_grad():
        assert not token_statistics(*case.tensors, case.targets).log_probs.requires_grad
    case.hidden.requires_grad_(requires_grad=False)
    assert not token_statistics(*case.tensors, case.targets).log_probs.requires_grad


def test_row_does_not_depend_on_what_the_others_are(problem):
    case = problem(600)
    hidden = case.hidden.clone()
    hidden[1:] = torch.randn(599, 24) * 10
    for value, other in zip(case.statistics(), replace(case, hidden=hidden).statistics(), strict=True):
        assert value[0] == other[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden": torch.zeros(3, 5)}, r"hidden must be \(N, H\).*\(3, 5\) and \(7, 4\)"),
        ({"weight": torch.zeros(0, 4)}, r"V > 0"),
        ({"targets": torch.zeros(2, dtype=torch.int64)}, r"targets must be int64 of shape \(3,\).*\(2,\)"),
        ({"targets": torch.zeros(3)}, r"targets must be int64 .* found torch.float32"),
        ({"targets": torch.tensor([0, 1, 7])}, r"in \[0, 7\), found 0 to 7"),
        ({"targets": torch.tensor([0, 1, -100])}, r"found -100 to 1. Masked tokens are left out with ignore_index"),
        ({"bias": torch.zeros(3)}, r"bias must have shape \(7,\)"),
    ],
)
def test_inputs_that_do_not_fit_are_named(problem, change, message):
    with pytest.raises(ValueError, match=message):
        replace(problem(3, 7, 4), **change).statistics()


def test_unknown_output_is_named(problem):
    with pytest.raises(ValueError, match=r"no output named 'entropi'. There are: log_probs, entropy"):
        problem().statistics(outputs=("entropi",))
    with pytest.raises(ValueError, match=r"temperature must be above 0, found 0"):
        problem(temperature=0).statistics()
    with pytest.raises(ValueError, match=r"softcap must be above 0, found -1.0"):
        problem(softcap=-1.0).statistics()
