"""Heads to score tokens under, with float64 results of the definition to compare with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec

import pytest

if find_spec("torch"):  # otherwise each file of tests is skipped
    import torch
    from torch import Tensor

    from rewardkit_logps import TokenStatistics, token_statistics
    from rewardkit_logps.passes import LogitTransform
    from rewardkit_logps.reference import reference_statistics
    from rewardkit_logps.results import OUTPUTS


@dataclass(frozen=True)
class Problem:
    hidden: Tensor
    weight: Tensor
    bias: Tensor | None
    targets: Tensor
    transform: LogitTransform
    trained: tuple[str, ...] = ("hidden", "weight", "bias")

    @property
    def tensors(self) -> tuple[Tensor, Tensor, Tensor | None]:
        return self.hidden, self.weight, self.bias

    def training(self, *names: str) -> Problem:
        """The same, with gradients by these inputs alone."""
        return replace(self, trained=names)

    def statistics(self, **options: object) -> TokenStatistics:
        """All statistics, without gradients."""
        return self._ours([None if x is None else x.detach() for x in self.tensors], **options)

    def exact(self) -> tuple[Tensor, ...]:
        """The definition's, in float64."""
        wide = [None if x is None else x.double() for x in self.tensors]
        return reference_statistics(*wide, self.targets, self.transform)

    def gradients(
        self, log_probs: Tensor | None, entropy: Tensor | None = None, **options: object
    ) -> dict[str, Tensor]:
        """Of sum(log_probs * log_prob) + sum(entropy * entropy), by what is trained."""
        inputs = [None if x is None else x.detach().requires_grad_(n in self.trained) for n, x in self._named()]
        found = self._ours(inputs, **options)
        return self._backward(inputs, found, log_probs, entropy)

    def exact_gradients(self, log_probs: Tensor | None, entropy: Tensor | None = None) -> dict[str, Tensor]:
        inputs = [None if x is None else x.double().requires_grad_(n in self.trained) for n, x in self._named()]
        found = reference_statistics(*inputs, self.targets, self.transform)
        return self._backward(inputs, found, log_probs, entropy)

    def _named(self) -> list[tuple[str, Tensor | None]]:
        return list(zip(("hidden", "weight", "bias"), self.tensors, strict=True))

    def _ours(self, inputs: list[Tensor | None], **options: object) -> TokenStatistics:
        options = {"outputs": OUTPUTS, **self.transform._asdict(), **options}
        return token_statistics(*inputs, self.targets, **options)

    def _backward(self, inputs, found, log_probs, entropy) -> dict[str, Tensor]:
        pairs = [(out, g) for out, g in zip(found, (log_probs, entropy), strict=False) if g is not None]
        named = {n: x for (n, _), x in zip(self._named(), inputs, strict=True) if x is not None and n in self.trained}
        outs, gs = zip(*((out, g.to(out.dtype)) for out, g in pairs), strict=True)
        return dict(zip(named, torch.autograd.grad(outs, list(named.values()), gs), strict=True))


def make_problem(
    rows: int = 40,
    vocabulary: int = 5000,
    width: int = 24,
    *,
    certain: bool = False,
    bias: bool = False,
    seed: int = 0,
    **transform: float,
) -> Problem:
    """Random hidden states, or (`certain`) ones that point at their token, up to a probability of 1 in fp32."""
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(vocabulary, width, generator=generator)
    targets = torch.randint(0, vocabulary, (rows,), generator=generator)
    hidden = torch.randn(rows, width, generator=generator)
    if certain:
        hidden = weight[targets] * torch.linspace(0.5, 2.0, rows)[:, None]
    offsets = torch.randn(vocabulary, generator=generator) if bias else None
    return Problem(hidden, weight, offsets, targets, LogitTransform(**transform))


@pytest.fixture(scope="session")
def problem() -> Callable[..., Problem]:
    return make_problem


def distance(found: Tensor, exact: Tensor) -> float:
    """The norm of the difference relative to the norm of what is exact; that of `found` where that is 0."""
    norm = exact.norm()
    return float((found.double() - exact).norm() / norm) if norm > 0 else float(found.double().norm())


@pytest.fixture(scope="session")
def relative_distance() -> Callable[[Tensor, Tensor], float]:
    return distance
