"""Gradients are the definition's, whatever the forward kept for the backward."""

from dataclasses import replace

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.checkpoint import checkpoint

from rewardkit_logps import token_statistics
from rewardkit_logps.store import rows_to_store

V = 5000
ROW_BYTES = 4 * V
ALL = ("hidden", "weight", "bias")
MODES = {
    # what is kept: rows, H, inputs with a gradient, budget in bytes
    "unit": (40, 64, ("hidden",), 0),
    "in the gradient": (40, 64, ALL, 0),
    "in memory of its own": (9, 64, ALL, 9 * ROW_BYTES),
    "nothing": (9, 64, ALL, 0),
    "in the gradient, in memory of its own, nothing": (600, 20, ALL, 30 * ROW_BYTES),
    "weight alone": (40, 64, ("weight",), 0),
    "bias alone": (40, 64, ("bias",), 30 * ROW_BYTES),
    "hidden and bias": (40, 64, ("hidden", "bias"), 30 * ROW_BYTES),
}
TRANSFORMS = [{}, {"softcap": 20.0, "temperature": 1.3, "logit_scale": 1.5}]
modes = pytest.mark.parametrize("mode", MODES)


@pytest.fixture
def case(problem, mode):
    rows, width, trained, _ = MODES[mode]
    return problem(rows, V, width, bias=True).training(*trained)


@pytest.fixture
def budget(mode):
    return {"memory_budget_bytes": MODES[mode][3]}


@pytest.mark.parametrize(
    ("mode", "in_gradient", "own"),
    [
        ("in the gradient", 40, 0),
        ("in memory of its own", 0, 9),
        ("nothing", 0, 0),
        ("in the gradient, in memory of its own, nothing", 20, 30),
        ("weight alone", 40, 0),
    ],
)
def test_modes_are_what_their_names_say(mode, in_gradient, own):
    rows, width, _, budget = MODES[mode]
    assert rows_to_store(rows, width, V, 4, 4, budget) == (in_gradient, own)


def incoming(rows: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(rows, generator=torch.Generator().manual_seed(seed))


@modes
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("certain", [False, True])
def test_gradients_are_the_definitions(problem, relative_distance, mode, transform, certain, budget):
    rows, width, trained, _ = MODES[mode]
    case = problem(rows, V, width, bias=True, certain=certain, **transform).training(*trained)
    found, exact = case.gradients(incoming(rows), **budget), case.exact_gradients(incoming(rows))
    assert set(found) == set(trained)
    for name, gradient in found.items():
        assert gradient.dtype == torch.float32
        # A softcap's slope, 1 - tanh², has lost digits of its own where it saturates.
        assert relative_distance(gradient, exact[name]) < (3e-5 if transform else 1e-5), name


@modes
def test_gradients_by_the_entropy_are_the_definitions(case, budget, relative_distance):
    rows = len(case.targets)
    some = incoming(rows, seed=2) * (torch.arange(rows) % 3 == 0)
    for log_probs, entropy in (
        (None, incoming(rows)),
        (incoming(rows), incoming(rows, seed=2)),
        (incoming(rows), some),
    ):
        exact = case.exact_gradients(log_probs, entropy)
        for name, gradient in case.gradients(log_probs, entropy, **budget).items():
            assert relative_distance(gradient, exact[name]) < 1e-5, name


def test_gradient_of_a_certain_token_is_exact_relative_to_its_size(problem, relative_distance):
    weight = torch.tensor([[1.0, 0.5], [-1.0, 0.3], [-1.5, 1.0]])
    hidden = torch.tensor([[5.0, 0.0], [8.0, 0.0], [12.0, 0.0], [20.0, 0.0]])
    case = replace(problem(4, 3, 2), weight=weight, hidden=hidden, targets=torch.zeros(4, dtype=torch.int64))
    found = case.training("hidden").gradients(torch.ones(4))["hidden"]
    others = torch.softmax(hidden.double() @ weight[1:].double().T, 1)
    rest = torch.sigmoid(torch.logsumexp(hidden.double() @ (weight[1:] - weight[0]).double().T, 1))
    exact = rest[:, None] * (weight[0].double() - others @ weight[1:].double())
    assert float(exact[-1].norm()) < 1e-16
    for row, right in zip(found, exact, strict=True):
        assert relative_distance(row, right) < 1e-5


@given(
    rows=st.sampled_from([0, 1, 2, 7, 513]),
    vocabulary=st.sampled_from([1, 2, 17, 2048, 2049, 4100]),
    width=st.sampled_from([1, 3, 16]),
    trained=st.sampled_from([("hidden",), ("weight",), ("hidden", "weight")]),
    budget=st.sampled_from([0, 5000, 1 << 20]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=40, deadline=None)
def test_gradients_are_the_definitions_in_any_shape(
    problem, relative_distance, rows, vocabulary, width, trained, budget, seed
):
    case = problem(rows, vocabulary, width, seed=seed).training(*trained)
    g = incoming(rows, seed) * (incoming(rows, seed + 1) > 0)
    found, exact = case.gradients(g, memory_budget_bytes=budget), case.exact_gradients(g)
    for name, gradient in found.items():
        assert gradient.shape == exact[name].shape
        assert relative_distance(gradient, exact[name]) < 1e-5


@pytest.mark.parametrize("trained", [("hidden",), ("hidden", "weight")])
def test_large_vocabulary(problem, relative_distance, trained):
    case = problem(16, 262_144, 16).training(*trained)
    exact = case.exact_gradients(incoming(16))
    for name, gradient in case.gradients(incoming(16)).items():
        assert relative_distance(gradient, exact[name]) < 1e-5


@modes
def test_rows_without_a_gradient_give_none_and_move_no_other(case, budget):
    rows = len(case.targets)
    g = incoming(rows) * (torch.arange(rows) % 3 != 0)
    found = case.gradients(g, **budget)
    hidden = torch.where((g == 0)[:, None], torch.randn_like(case.hidden) * 5, case.hidden)
    for name, gradient in replace(case, hidden=hidden).gradients(g, **budget).items():
        assert torch.equal(gradient, found[name]), name
    if "hidden" in found:
        assert not found["hidden"][g == 0].any()


@modes
def test_no_gradient_comes_of_none(case, budget):
    nothing = torch.zeros(len(case.targets))
    for gradient in case.gradients(nothing, nothing, **budget).values():
        assert not gradient.any()


@modes
def test_gradients_repeat_bit_by_bit(case, budget):
    g, e = incoming(len(case.targets)), incoming(len(case.targets), seed=2)
    for entropy in (None, e):
        first, second = case.gradients(g, entropy, **budget), case.gradients(g, entropy, **budget)
        assert all(torch.equal(first[name], second[name]) for name in first)


@modes
def test_second_backward_through_a_retained_graph(case, budget, relative_distance):
    tensors = [x.detach().requires_grad_(n in case.trained) for n, x in zip(ALL, case.tensors, strict=True)]
    trained = [x for x in tensors if x.requires_grad]
    log_probs = token_statistics(*tensors, case.targets, **budget).log_probs
    first = torch.autograd.grad(log_probs, trained, incoming(len(log_probs)), retain_graph=True)
    second = torch.autograd.grad(log_probs, trained, incoming(len(log_probs)))
    for gradient, again in zip(first, second, strict=True):
        assert relative_distance(again, gradient.double()) < 1e-5


@pytest.mark.parametrize("mode", ["unit", "in the gradient"])
def test_inside_a_checkpoint(case, budget, relative_distance):
    tensors = [x.detach().requires_grad_(n in case.trained) for n, x in zip(ALL, case.tensors, strict=True)]

    def run(*inputs):
        return token_statistics(*inputs, case.targets, **budget).log_probs

    found = checkpoint(run, *tensors, use_reentrant=False)
    found.backward(incoming(len(found)))
    exact = case.exact_gradients(incoming(len(found)))
    for name, tensor in zip(ALL, tensors, strict=True):
        if name in case.trained:
            assert relative_distance(tensor.grad, exact[name]) < 1e-5


@modes
def test_narrow_inputs(case, mode, budget, relative_distance):
    tensors = [x.bfloat16() for x in case.tensors]
    narrow = replace(case, hidden=tensors[0], weight=tensors[1], bias=tensors[2])
    exact = narrow.exact_gradients(incoming(len(case.targets)))
    for name, gradient in narrow.gradients(incoming(len(case.targets)), **budget).items():
        assert gradient.dtype == torch.bfloat16
        assert relative_distance(gradient, exact[name]) < 4e-3, name


def test_autocast_keeps_fp32_gradients_of_fp32_weights(problem, relative_distance):
    case = problem(40, V, 64)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = case.gradients(incoming(40))
    rounded = replace(case, hidden=case.hidden.bfloat16().float(), weight=case.weight.bfloat16().float())
    exact = rounded.exact_gradients(incoming(40))
    assert found["hidden"].dtype == found["weight"].dtype == torch.float32
    for name, gradient in found.items():  # exponentials are kept in bf16
        assert relative_distance(gradient, exact[name]) < 3e-3


def test_gradient_of_a_narrow_weight_is_rounded_once(problem):
    """Where token chunks are added up in bf16, a gradient of many rows loses what each adds."""
    case = problem(2000, 50, 8)
    case = replace(case, weight=case.weight.bfloat16(), hidden=case.hidden.bfloat16()).training("weight")
    found = case.gradients(torch.ones(2000), memory_budget_bytes=0)["weight"]
    exact = case.exact_gradients(torch.ones(2000))["weight"]
    assert float((found - exact).abs().max() / exact.abs().max()) < 2**-8


def test_tied_and_accumulated_gradients_add_up(problem, relative_distance):
    case = problem(40, V, 64)
    hidden, weight = case.hidden.requires_grad_(), case.weight.requires_grad_()
    for part in (slice(0, 20), slice(20, 40)):
        token_statistics(hidden[part], weight, None, case.targets[part]).log_probs.backward(torch.ones(20))
    exact = replace(case, hidden=hidden.detach(), weight=weight.detach()).exact_gradients(torch.ones(40))
    assert relative_distance(hidden.grad, exact["hidden"]) < 1e-5
    assert relative_distance(weight.grad, exact["weight"]) < 1e-5


def test_second_derivatives_are_refused(problem):
    hidden = problem().hidden.requires_grad_()
    found = token_statistics(hidden, problem().weight, None, problem().targets).log_probs
    with pytest.raises(RuntimeError, match="token_statistics is differentiable once"):
        torch.autograd.grad(found.sum(), hidden, create_graph=True)


@pytest.mark.parametrize(
    ("trained", "entropy", "gathers"),
    [(("hidden",), False, 0), (("hidden",), True, 1), (("hidden", "weight"), False, 1)],
)
def test_weights_are_gathered_by_every_rank_or_by_none(problem, trained, entropy, gathers):
    """It depends on what is trained and asked for, never on the rows of a rank."""
    seen = []

    class Gathered:
        def __init__(self, weight, bias):
            seen.append((tuple(weight.shape), bias))

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    for g in (incoming(40), torch.zeros(40)):
        seen.clear()
        problem(40).training(*trained).gradients(g, g if entropy else None, gather=Gathered)
        assert seen == [((5000, 24), None)] * gathers
