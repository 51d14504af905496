"""Our function computes the same as TRL's own: same order, same meaning, same gradients."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

import torch
from trl.kernels.chunked_logprob import OPTIONAL_OUTPUTS, ChunkedLogProbFunction

from rewardkit_logps import token_statistics
from rewardkit_logps.results import OUTPUTS


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    "transform", [{}, {"temperature": 0.6}, {"softcap": 15.0, "logit_scale": 0.5, "temperature": 1.2}]
)
@pytest.mark.parametrize("entropy", [False, True])
def test_statistics_and_gradients_are_trls(problem, relative_distance, bias, transform, entropy):
    case = problem(700, 3000, 16, bias=bias, **transform)
    theirs = [None if x is None else x.clone().requires_grad_() for x in case.tensors]
    ours = [None if x is None else x.clone().requires_grad_() for x in case.tensors]
    temperature, softcap, logit_scale = case.transform
    expected = ChunkedLogProbFunction.apply(
        *theirs, case.targets, temperature, 1024, softcap, logit_scale, ("log_probs", *OPTIONAL_OUTPUTS)
    )
    found = token_statistics(*ours, case.targets, **case.transform._asdict(), outputs=OUTPUTS)
    for value, right in zip(found, expected, strict=True):
        assert value.dtype == right.dtype
        assert value.requires_grad == right.requires_grad
        assert float((value.detach().double() - right.detach().double()).abs().max()) < 1e-4
    g = torch.randn(2, 700)
    for values in (found, expected):
        torch.autograd.backward(values[: 1 + entropy], list(g[: 1 + entropy]))
    for tensor, right in zip(ours, theirs, strict=True):
        if tensor is not None:
            assert relative_distance(tensor.grad, right.grad.double()) < 2e-5
