"""The memory-bound passes over one tile of logits between two matrix products.

A tile is an fp32 matrix (n, v) that holds `hidden @ weight.T` for n tokens and v columns of the vocabulary; its rows
may be apart (`tile.stride(0) >= v`), its columns are contiguous. The passes add the bias, turn products into logits

    z = softcap * tanh(logit_scale * (product + bias) / softcap) / temperature

and fold them into statistics of the rows, or into their gradient. `Passes` is all that a device has to implement:
`PLAIN` is the definition in PyTorch, and the CPU's path.

Every statistic but the target's own leaves the target out. Then

    log p = -softplus(log_sum_exp(others) - z_target)     and     1 - p = sigmoid(log_sum_exp(others) - z_target)

are exact relative to their own size where a model is certain of its token, and 1 - p is what gradients are made of.

A logit of -inf (a padded vocabulary) has probability 0 and adds 0 to every sum but that of the logits.

No pass waits for the device, and none reads what another stream writes.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

LOWEST = -1e30
"""Below every logit, and finite: exp(LOWEST - z) is 0, and 0 * LOWEST is not NaN."""


class LogitTransform(NamedTuple):
    """How a product of hidden state and weight becomes a logit."""

    temperature: float = 1.0
    softcap: float | None = None
    logit_scale: float = 1.0


class Block(NamedTuple):
    """Which logits a tile holds: those of `targets` (n,) int64 over columns first_column, first_column + 1, …"""

    targets: Tensor
    first_column: int
    bias: Tensor | None
    """(v,) fp32, of the tile's columns alone."""
    transform: LogitTransform


@dataclass(frozen=True)
class RowStatistics:
    """Statistics of n rows over the columns folded so far: fp32 vectors (n,), updated in place; None if not requested.

    e_j stands for exp(z_j - maximum); sums run over the columns j that are not the row's target.
    """

    maximum: Tensor
    """max z_j; LOWEST before any column."""
    sum_exp: Tensor
    """sum e_j"""
    target_logit: Tensor
    """z of the target; 0 before its column was folded."""
    sum_exp_times_logit: Tensor | None = None
    """sum e_j * (z_j - maximum)"""
    sum_exp_squared: Tensor | None = None
    """sum e_j ** 2"""
    sum_logits: Tensor | None = None
    """sum z_j, the target among them."""
    maximum_before_target: Tensor | None = None
    """max z_j over the columns before the target's; LOWEST where there are none."""

    @classmethod
    def empty(cls, rows: int, device: torch.device, outputs: tuple[str, ...] = ()) -> "RowStatistics":
        """Statistics of no column yet, with what `outputs` (names of `TokenStatistics`) needs."""

        def filled(value: float, output: str) -> Tensor | None:
            wanted = output in outputs
            return torch.full((rows,), value, dtype=torch.float32, device=device) if wanted else None

        return cls(
            maximum=torch.full((rows,), LOWEST, dtype=torch.float32, device=device),
            sum_exp=torch.zeros(rows, dtype=torch.float32, device=device),
            target_logit=torch.zeros(rows, dtype=torch.float32, device=device),
            sum_exp_times_logit=filled(0.0, "entropy"),
            sum_exp_squared=filled(0.0, "log_sum_sq_probs"),
            sum_logits=filled(0.0, "mean_logits"),
            maximum_before_target=filled(LOWEST, "is_top1"),
        )

    def rows(self, start: int, stop: int) -> "RowStatistics":
        """Views of rows [start, stop)."""

        def part(vector: Tensor | None) -> Tensor | None:
            return None if vector is None else vector[start:stop]

        return RowStatistics(
            self.maximum[start:stop],
            self.sum_exp[start:stop],
            self.target_logit[start:stop],
            part(self.sum_exp_times_logit),
            part(self.sum_exp_squared),
            part(self.sum_logits),
            part(self.maximum_before_target),
        )


class Passes(Protocol):
    """The passes of one device. All tensors live there; what a pass leaves in `tile` is anyone's guess."""

    def fold(
        self,
        tile: Tensor,
        block: Block,
        rows: RowStatistics,
        exponentials: Tensor | None = None,
        rescale: Tensor | None = None,
    ) -> None:
        """Fold a tile of products into the statistics of its rows.

        exponentials  None, or a matrix (n, v) with contiguous columns, fp32 or bf16, in which the pass leaves
                      exp(z_j - maximum) * (1 - tanh²) with the maximum after this tile, and 0 for the target;
                      the factor 1 - tanh² stands for the softcap's slope and is 1 without one. It may be `tile` itself.
        rescale       with `exponentials`: (n,) fp32, gets exp(maximum before - maximum after)
        """

    def differentiate(
        self,
        tile: Tensor,
        block: Block,
        gradient: "LogitGradient",
        out: Tensor,
    ) -> None:
        """Turn a tile of products into the loss's gradient with respect to these products, in `out` (n, v).

        out  contiguous columns, fp32 or bf16; may be `tile` itself.
        """

    def scale_rows(self, matrix: Tensor, factors: Tensor) -> None:
        """`matrix` (n, h) fp32, each row times its factor (n,) fp32, in place; a row with factor 1 need not be read."""


class LogitGradient(NamedTuple):
    """The inputs of `differentiate` for each row: fp32 vectors (n,).

    For the columns that are not the target, with p_j = exp(z_j - log_z),
        dloss/dz_j = -p_j * (log_probs + entropy * (z_j + entropy_offset))
    and the target's dloss/dz is given, since 1 - p is not to be had from p.
    """

    log_z: Tensor
    log_probs: Tensor
    """dloss / dlog_prob."""
    target: Tensor
    """dloss / dz of the target."""
    entropy: Tensor | None = None
    """dloss / dentropy."""
    entropy_offset: Tensor | None = None
    """entropy - log_z; with `entropy`."""


class PlainPasses:
    """`Passes` in PyTorch, on any device."""

    def fold(
        self,
        tile: Tensor,
        block: Block,
        rows: RowStatistics,
        exponentials: Tensor | None = None,
        rescale: Tensor | None = None,
    ) -> None:
        columns = tile.shape[1]
        slope = _to_logits(tile, block)
        if rows.sum_logits is not None:
            rows.sum_logits.add_(tile.sum(1))
        inside, position = _target_position(block, columns)
        found = tile.gather(1, position)
        rows.target_logit.copy_(torch.where(inside, found.squeeze(1), rows.target_logit))
        tile.scatter_(1, position, found.masked_fill_(inside[:, None], LOWEST))

        tile_maximum = tile.amax(1)
        if rows.maximum_before_target is not None:
            before = _maximum_before_target(tile, block, tile_maximum)
            torch.maximum(rows.maximum_before_target, before, out=rows.maximum_before_target)
        maximum = torch.maximum(rows.maximum, tile_maximum)
        moved = rows.maximum - maximum
        shrink = moved.exp()

        tile.sub_(maximum[:, None])
        below = tile.clamp(min=LOWEST) if rows.sum_exp_times_logit is not None else None
        tile.exp_()
        if rows.sum_exp_times_logit is not None and below is not None:
            rows.sum_exp_times_logit.add_(moved * rows.sum_exp).mul_(shrink).add_(below.mul_(tile).sum(1))
        if rows.sum_exp_squared is not None:
            rows.sum_exp_squared.mul_(shrink * shrink).add_(tile.square().sum(1))
        rows.sum_exp.mul_(shrink).add_(tile.sum(1))
        rows.maximum.copy_(maximum)
        if exponentials is not None:
            if slope is not None:
                tile.mul_(slope)
            # A row of one column that is its target has the maximum LOWEST and the exponential 1.
            tile.scatter_(1, position, tile.gather(1, position).masked_fill_(inside[:, None], 0.0))
            if exponentials is not tile:
                exponentials.copy_(tile)
        if rescale is not None:
            rescale.copy_(shrink)

    def differentiate(self, tile: Tensor, block: Block, gradient: LogitGradient, out: Tensor) -> None:
        transform = block.transform
        slope = _to_logits(tile, block)
        inside, position = _target_position(block, tile.shape[1])
        if gradient.entropy is not None and gradient.entropy_offset is not None:
            weights = tile.clamp(min=LOWEST).add_(gradient.entropy_offset[:, None])
            weights.mul_(gradient.entropy[:, None]).add_(gradient.log_probs[:, None]).neg_()
            tile.sub_(gradient.log_z[:, None]).exp_().mul_(weights)
        else:
            tile.sub_(gradient.log_z[:, None]).exp_().mul_(gradient.log_probs.neg()[:, None])
        tile.scatter_(1, position, torch.where(inside[:, None], gradient.target[:, None], tile.gather(1, position)))
        if slope is not None:
            tile.mul_(slope)
        tile.mul_(transform.logit_scale / transform.temperature)
        if out is not tile:
            out.copy_(tile)

    def scale_rows(self, matrix: Tensor, factors: Tensor) -> None:
        matrix.mul_(factors[:, None])


def _to_logits(tile: Tensor, block: Block) -> Tensor | None:
    """Products to logits in place; returns the softcap's slope (n, v), or None without a softcap."""
    temperature, softcap, logit_scale = block.transform
    if block.bias is not None:
        tile.add_(block.bias)
    if softcap is None:
        if logit_scale != temperature:
            tile.mul_(logit_scale / temperature)
        return None
    tile.mul_(logit_scale / softcap).tanh_()
    slope = tile.square().neg_().add_(1.0)
    tile.mul_(softcap / temperature)
    return slope


def _target_position(block: Block, columns: int) -> tuple[Tensor, Tensor]:
    """A mask (n,) of rows whose target lies in the tile, and its column there (n, 1), any column elsewhere."""
    local = block.targets - block.first_column
    return (local >= 0) & (local < columns), local.clamp(0, columns - 1)[:, None]


def _maximum_before_target(tile: Tensor, block: Block, tile_maximum: Tensor) -> Tensor:
    """The largest logit of each row left of its target, (n,); LOWEST where none is."""
    local = block.targets - block.first_column
    before = torch.arange(tile.shape[1], device=tile.device) < local[:, None]
    partial = tile.masked_fill(~before, LOWEST).amax(1)
    return torch.where(local >= tile.shape[1], tile_maximum, partial)


PLAIN: Passes = PlainPasses()
