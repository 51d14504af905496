"""No matrix of tokens by vocabulary is ever held, and what is kept between the passes stays within its budget."""

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from rewardkit_logps import token_statistics
from rewardkit_logps.results import OUTPUTS
from rewardkit_logps.store import rows_to_store

ROWS, V, H = 1100, 20_000, 8


class Largest(TorchDispatchMode):
    """Remembers the size of the largest storage that any operation returned."""

    def __init__(self):
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        found = func(*args, **(kwargs or {}))
        for tensor in found if isinstance(found, (tuple, list)) else (found,):
            if isinstance(tensor, torch.Tensor):
                self.bytes = max(self.bytes, tensor.untyped_storage().nbytes())
        return found


@pytest.mark.parametrize("trained", [(), ("hidden",), ("hidden", "weight")])
@pytest.mark.parametrize("entropy", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_nothing_of_the_size_of_the_logits_is_held(problem, trained, entropy, dtype):
    case = problem(ROWS, V, H)
    hidden = case.hidden.to(dtype).requires_grad_("hidden" in trained)
    weight = case.weight.to(dtype).requires_grad_("weight" in trained)
    with Largest() as largest:
        found = token_statistics(hidden, weight, None, case.targets, outputs=OUTPUTS, memory_budget_bytes=1 << 22)
        if trained:
            (found.log_probs.sum() + (found.entropy.sum() if entropy else 0)).backward()
    tile, head = 4 * 512 * 2048, 4 * V * H
    assert 5 * max(tile, head) < 2 * ROWS * V
    assert largest.bytes <= max(tile, head)


@given(
    rows=st.integers(0, 100_000),
    width=st.integers(1, 8192),
    vocabulary=st.integers(1, 300_000),
    gradient_itemsize=st.sampled_from([None, 2, 4]),
    itemsize=st.sampled_from([2, 4]),
    budget=st.integers(0, 1 << 40),
)
def test_rows_that_are_kept_fit(rows, width, vocabulary, gradient_itemsize, itemsize, budget):
    in_gradient, own = rows_to_store(rows, width, vocabulary, gradient_itemsize, itemsize, budget)
    assert 0 <= in_gradient + own <= rows
    assert in_gradient * itemsize <= width * (gradient_itemsize or 0)
    assert own * vocabulary * itemsize <= budget
    assert not in_gradient or 4 * in_gradient * itemsize >= width * gradient_itemsize - 4 * itemsize


def test_frozen_head_keeps_no_hidden_states_nor_weights(problem):
    case = problem()
    found = token_statistics(case.hidden.requires_grad_(), case.weight, None, case.targets).log_probs
    shapes = [tuple(x.shape) for x in found.grad_fn.saved_tensors if x is not None]
    assert all(shape in {(40,), (40, 24)} for shape in shapes)
    assert shapes.count((40, 24)) == 1
