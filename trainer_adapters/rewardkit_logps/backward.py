"""The backward: the weight's gradient out of what the forward kept, and everything for rows of which it kept nothing.

Rows whose incoming gradient is exactly zero (masked, clipped, of a group without spread) are left out of every product.

The vocabulary is the outer loop here too: a chunk of the weight's gradient is finished before the next one is begun, so
no fp32 copy of the whole gradient is needed where the weight is bf16.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from rewardkit_logps.dispatch import passes_for
from rewardkit_logps.head import Head, spans, tiling_for
from rewardkit_logps.matmul import add_matmul, matmul, multiplies_narrow
from rewardkit_logps.passes import LogitGradient
from rewardkit_logps.results import Odds
from rewardkit_logps.store import Store

FAR = 60.0
"""A chunk whose largest logit lies further (nats) below a row's others counts as if it lay here, which adds e**-60."""


class Recompute(NamedTuple):
    """Rows to recompute: all vectors (n,), fp32 but for the targets."""

    hidden: Tensor
    targets: Tensor
    gradient: LogitGradient

    def part(self, first: int, last: int) -> "Recompute":
        vectors = (None if vector is None else vector[first:last] for vector in self.gradient)
        return Recompute(self.hidden[first:last], self.targets[first:last], LogitGradient(*vectors))


class Gradients(NamedTuple):
    """Where the gradients go; None where nobody needs one. fp32 but for `weight`, which has the weight's dtype."""

    hidden: Tensor | None
    """(n, H) zeros, of the rows to recompute."""
    weight: Tensor | None
    """(V, H), of any content."""
    bias: Tensor | None
    """(V,) zeros."""


def logit_gradient(
    odds: Odds, log_probs: Tensor, entropy: Tensor | None = None, grad_entropy: Tensor | None = None
) -> LogitGradient:
    """From the loss's gradients by log-prob and entropy, (n,) each, to what `differentiate` needs."""
    target = log_probs * odds.rest
    if entropy is None or grad_entropy is None:
        return LogitGradient(odds.log_z, log_probs, target)
    target = target - grad_entropy * odds.p * (odds.log_p + entropy)
    return LogitGradient(odds.log_z, log_probs, target, grad_entropy, entropy - odds.log_z)


def differentiate_head(
    head: Head,
    vocabulary: int,
    hidden: Tensor,
    targets: Tensor,
    odds: Odds,
    log_probs: Tensor,
    stores: list[Store],
    recompute: Recompute | None,
    gradients: Gradients,
) -> None:
    """Fill `gradients` from the stored rows, weighted by `log_probs` (N,), and from the rows to `recompute`.

    hidden (N, H) cast by `head`, targets, odds and log_probs are of all rows; stored rows with 0 in `log_probs` are
    dropped. Values that `stores` keep in the weight's gradient are overwritten.
    """
    device = hidden.device
    passes, tiling = passes_for(device), tiling_for(device)
    scale = -head.transform.logit_scale / head.transform.temperature
    kept_rows = [_KeptRows.of(store, hidden, targets, odds, log_probs * odds.rest * scale) for store in stores]
    narrow = head.dtype == torch.bfloat16 and multiplies_narrow(device)
    tiles = narrow_tiles = torch.empty(0, device=device)
    if recompute is not None:
        tiles = torch.empty(min(len(recompute.targets), tiling.rows), tiling.columns, device=device)
        narrow_tiles = torch.empty_like(tiles, dtype=torch.bfloat16) if narrow else tiles

    for start, stop in reversed(spans(vocabulary, tiling.columns)):
        weight_sum = None if gradients.weight is None else _Sum(gradients.weight[start:stop])
        bias_part = None if gradients.bias is None else gradients.bias[start:stop]
        for store, kept in zip(stores, kept_rows, strict=True):
            exponentials, factors = kept.chunk(store.matrix(start, stop), store.maximum(start), start)
            if weight_sum is not None:
                weight_sum.add(exponentials.t(), (kept.hidden * factors[:, None]).to(exponentials.dtype))
            if bias_part is not None:
                add_matmul(bias_part[:, None], exponentials.t(), factors[:, None].to(exponentials.dtype))
        if recompute is not None:
            columns = head.columns(start, stop)
            for first, last in spans(len(recompute.targets), tiling.rows):
                part = recompute.part(first, last)
                tile = tiles[: last - first, : stop - start]
                out = narrow_tiles[: last - first, : stop - start] if narrow else tile
                matmul(part.hidden, columns.t(), tile)
                passes.differentiate(tile, head.block(part.targets, start, stop), part.gradient, out)
                if gradients.hidden is not None:
                    add_matmul(gradients.hidden[first:last], out, columns)
                if weight_sum is not None:
                    weight_sum.add(out.t(), part.hidden)
                if bias_part is not None:
                    bias_part += out.sum(0, dtype=torch.float32)
        if weight_sum is not None:
            weight_sum.close()


class _KeptRows(NamedTuple):
    """The rows of a store that have a gradient, n of them."""

    rows: Tensor | None
    """(n,), of the store's; None for all."""
    hidden: Tensor
    targets: Tensor
    log_others: Tensor
    slope: Tensor
    weights: Tensor
    """(n,) fp32: the loss's gradient by log-prob, times p - 1, times the logit's constant slope."""

    @classmethod
    def of(cls, store: Store, hidden: Tensor, targets: Tensor, odds: Odds, weights: Tensor) -> "_KeptRows":
        """Tensors are of all rows (N, …)."""
        span = slice(store.start, store.stop)
        parts = [x[span] for x in (hidden, targets, odds.log_others, odds.slope, weights)]
        rows = parts[-1].nonzero().squeeze(1)
        if len(rows) == store.stop - store.start:
            return cls(None, *parts)
        return cls(rows, *(x[rows] for x in parts))

    def chunk(self, exponentials: Tensor, maximum: Tensor, start: int) -> tuple[Tensor, Tensor]:
        """A matrix (n, v) and factors (n,) whose product, row by row, is dloss/dproduct of the columns from `start` on.

        exponentials, maximum  of the store's rows; column 0 is `start` of the vocabulary
        """
        if self.rows is not None:
            exponentials, maximum = exponentials[self.rows], maximum[self.rows]
        distance = (self.log_others - maximum).clamp_(max=FAR)
        _set_targets(exponentials, self.targets - start, -self.slope * distance.exp())
        return exponentials, self.weights * distance.neg_().exp_()


class _Sum:
    """A sum of matrix products, added up in fp32 and rounded once, to the dtype of `out`."""

    def __init__(self, out: Tensor) -> None:
        self._out, self._sum = out, None

    def add(self, a: Tensor, b: Tensor) -> None:
        if self._sum is None:
            narrow = self._out.dtype != torch.float32
            self._sum = torch.empty_like(self._out, dtype=torch.float32) if narrow else self._out
            matmul(a, b, self._sum)
        else:
            add_matmul(self._sum, a, b)

    def close(self) -> None:
        if self._sum is None:
            self._out.zero_()
        elif self._sum is not self._out:
            self._out.copy_(self._sum)


def _set_targets(matrix: Tensor, local: Tensor, values: Tensor) -> None:
    """matrix[i, local[i]] = values[i] where that column is in the matrix."""
    position = local.clamp(0, matrix.shape[1] - 1)[:, None]
    inside = ((local >= 0) & (local < matrix.shape[1]))[:, None]
    matrix.scatter_(1, position, torch.where(inside, values[:, None].to(matrix.dtype), matrix.gather(1, position)))
