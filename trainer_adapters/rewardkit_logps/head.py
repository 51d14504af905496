"""A language model's head, cut into chunks of the vocabulary, each cast once a call.

The vocabulary is the outer loop and tokens the inner one, so a weight that autocast narrows is narrowed once a call,
chunk by chunk, with no second copy of the head anywhere. A copy kept between calls would save little more, and would go
stale unseen where an optimizer writes through `.data`.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rewardkit_logps.matmul import multiplies_narrow
from rewardkit_logps.passes import Block, LogitTransform

Gather = Callable[[Tensor, Tensor | None], AbstractContextManager[Any]]


class Tiling(NamedTuple):
    """The largest tile: rows (tokens) and columns (of the vocabulary, a multiple of 64)."""

    rows: int
    columns: int


def tiling_for(device: torch.device) -> Tiling:
    """Tiles that stay in a CPU's cache, or that fill a GPU."""
    return Tiling(4096, 8192) if device.type == "cuda" else Tiling(512, 2048)


def spans(stop: int, step: int, start: int = 0) -> list[tuple[int, int]]:
    """[start, stop) in pieces of `step`; the last may be shorter."""
    return [(first, min(first + step, stop)) for first in range(start, stop, step)]


@dataclass(frozen=True)
class Head:
    """weight (V, H) and bias (V,) or None, with what is done to their products."""

    weight: Tensor
    bias: Tensor | None
    transform: LogitTransform
    dtype: torch.dtype
    """The dtype to which hidden states and weights are rounded before they are multiplied."""

    def cast(self, matrix: Tensor) -> Tensor:
        """Rounded to `dtype`, and ready to be multiplied on its device."""
        rounded = matrix.to(self.dtype)
        return rounded if multiplies_narrow(matrix.device) else rounded.float()

    def columns(self, start: int, stop: int) -> Tensor:
        """The weights of columns [start, stop), (v, H)."""
        return self.cast(self.weight[start:stop])

    def block(self, targets: Tensor, start: int, stop: int) -> Block:
        bias = None if self.bias is None else self.bias[start:stop].float()
        return Block(targets, start, bias, self.transform)
