"""The one public function: statistics of given tokens under a language model's head, with their gradients."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rewardkit_logps.matmul import add_matmul, matmul
from rewardkit_logps.passes import Block, LogitGradient, LogitTransform, RowStatistics, passes_for

OUTPUTS = ("log_probs", "entropy", "log_sum_sq_probs", "mean_logits", "is_top1")
TILE_ROWS = 1024
TILE_COLUMNS = 4096

Gather = Callable[[Tensor, Tensor | None], AbstractContextManager[Any]]


class TokenStatistics(NamedTuple):
    """One number a token, (N,) each; None where it was not asked for. Named and ordered as TRL does."""

    log_probs: Tensor
    """Log-probability of the target, fp32, differentiable."""
    entropy: Tensor | None = None
    """Entropy of the token's distribution in nats, fp32, differentiable."""
    log_sum_sq_probs: Tensor | None = None
    """log(sum of squared probabilities), fp32, without gradient."""
    mean_logits: Tensor | None = None
    """Mean of the logits after scale, softcap and temperature, fp32, without gradient."""
    is_top1: Tensor | None = None
    """Whether the target is the first of the largest logits, bool."""


def token_statistics(
    hidden: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    targets: Tensor,
    *,
    temperature: float = 1.0,
    softcap: float | None = None,
    logit_scale: float = 1.0,
    outputs: tuple[str, ...] = ("log_probs",),
    memory_budget_bytes: int = 1 << 30,  # noqa: ARG001
    gather: Gather | None = None,
) -> TokenStatistics:
    """Statistics of `targets` under softmax(z), z = softcap(logit_scale * (hidden @ weight.T + bias)) / temperature.

    hidden   (N, H); weight (V, H); bias (V,) or None; targets (N,) int64 in [0, V)
    outputs  which of `TokenStatistics` to compute; log_probs always is
    memory_budget_bytes  what may be kept between forward and backward to save work in the backward
    gather   called as gather(weight, bias) around the backward's use of them, which ZeRO-3 has partitioned meanwhile
    Under autocast the products are those of the autocast dtype, otherwise those of hidden's dtype; sums are fp32.
    raises   ValueError on an unknown output, shapes that differ
    """
    unknown = [name for name in outputs if name not in OUTPUTS]
    if unknown:
        raise ValueError(f"no output named {unknown[0]!r}. There are: {', '.join(OUTPUTS)}.")
    transform = LogitTransform(temperature, softcap, logit_scale)
    return TokenStatistics(*_TokenStatistics.apply(hidden, weight, bias, targets, transform, outputs, gather))


class _TokenStatistics(torch.autograd.Function):  # type: ignore[misc, unused-ignore]
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        targets: Tensor,
        transform: LogitTransform,
        outputs: tuple[str, ...],
        gather: Gather | None,
    ) -> tuple[Tensor | None, ...]:
        ctx.set_materialize_grads(False)
        device = hidden.device
        dtype = torch.get_autocast_dtype(device.type) if torch.is_autocast_enabled(device.type) else hidden.dtype
        rows = RowStatistics.empty(len(hidden), device, outputs)
        passes = passes_for(device)
        for start in range(0, len(weight), TILE_COLUMNS):
            columns = weight[start : start + TILE_COLUMNS].to(dtype)
            for first in range(0, len(hidden), TILE_ROWS):
                block = _block(targets[first : first + TILE_ROWS], start, len(columns), bias, transform)
                tile = torch.empty(len(block.targets), len(columns), device=device)
                matmul(hidden[first : first + TILE_ROWS].to(dtype), columns.t(), tile)
                passes.fold(tile, block, rows.rows(first, first + TILE_ROWS))
        ctx.save_for_backward(hidden, weight, bias, targets)
        ctx.dtype, ctx.transform, ctx.gather, ctx.rows = dtype, transform, gather, rows
        found = finish(rows, len(weight))
        ctx.mark_non_differentiable(*(x for x in found[2:] if x is not None))
        ctx.entropy = None if found.entropy is None else found.entropy.detach().clone()
        return tuple(found)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator, unused-ignore]
    def backward(ctx: Any, grad_log_probs: Tensor | None, grad_entropy: Tensor | None, *_: None) -> tuple[Any, ...]:
        hidden, weight, bias, targets = ctx.saved_tensors
        log_odds = others(ctx.rows) - ctx.rows.target_logit
        p, rest = torch.sigmoid(-log_odds), torch.sigmoid(log_odds)
        log_z = torch.logaddexp(others(ctx.rows), ctx.rows.target_logit)
        g = torch.zeros_like(log_z) if grad_log_probs is None else grad_log_probs.float()
        target = g * rest
        entropy, offset = None, None
        if grad_entropy is not None:
            entropy, offset = grad_entropy.float(), ctx.entropy - log_z
            target = target - entropy * p * (ctx.entropy - torch.nn.functional.softplus(log_odds))
        gradient = LogitGradient(log_z, g, target, entropy, offset)
        needs_hidden, needs_weight, needs_bias = ctx.needs_input_grad[:3]
        passes = passes_for(hidden.device)
        with ctx.gather(weight, bias) if ctx.gather is not None else nullcontext():
            grad_hidden = torch.zeros(hidden.shape, device=hidden.device) if needs_hidden else None
            grad_weight = torch.zeros(weight.shape, device=hidden.device) if needs_weight else None
            grad_bias = torch.zeros(len(weight), device=hidden.device) if needs_bias else None
            for start in range(0, len(weight), TILE_COLUMNS):
                columns = weight[start : start + TILE_COLUMNS].to(ctx.dtype)
                stop = start + len(columns)
                for first in range(0, len(hidden), TILE_ROWS):
                    last = first + TILE_ROWS
                    block = _block(targets[first:last], start, len(columns), bias, ctx.transform)
                    h = hidden[first:last].to(ctx.dtype)
                    tile = torch.empty(len(h), len(columns), device=hidden.device)
                    matmul(h, columns.t(), tile)
                    part = LogitGradient(*(None if x is None else x[first:last] for x in gradient))
                    passes.differentiate(tile, block, part, tile)
                    if grad_hidden is not None:
                        add_matmul(grad_hidden[first:last], tile.to(ctx.dtype), columns)
                    if grad_weight is not None:
                        add_matmul(grad_weight[start:stop], tile.t().to(ctx.dtype), h)
                    if grad_bias is not None:
                        grad_bias[start:stop] += tile.sum(0)
        return (
            None if grad_hidden is None else grad_hidden.to(hidden.dtype),
            None if grad_weight is None else grad_weight.to(weight.dtype),
            None if grad_bias is None else grad_bias.to(bias.dtype),
            *[None] * 4,
        )


def _block(targets: Tensor, start: int, columns: int, bias: Tensor | None, transform: LogitTransform) -> Block:
    return Block(targets, start, None if bias is None else bias[start : start + columns].float(), transform)


def others(rows: RowStatistics) -> Tensor:
    """log(sum of exp(z_j)) over the columns that are not the target, (N,)."""
    return rows.maximum + rows.sum_exp.log()


def finish(rows: RowStatistics, vocabulary: int) -> TokenStatistics:
    """The statistics of rows into which all columns were folded."""
    log_odds = others(rows) - rows.target_logit
    log_p = -torch.nn.functional.softplus(log_odds)
    log_rest = -torch.nn.functional.softplus(-log_odds)
    entropy = log_sum_sq_probs = mean_logits = is_top1 = None
    if rows.sum_exp_times_logit is not None:
        # The entropy of (p, 1 - p), and that of the others among themselves.
        p, rest = torch.sigmoid(-log_odds), torch.sigmoid(log_odds)
        among = rows.sum_exp.log() - rows.sum_exp_times_logit / rows.sum_exp
        entropy = rest * (among - log_rest) - p * log_p
    if rows.sum_exp_squared is not None:
        log_squares = rows.sum_exp_squared.log() - 2 * rows.sum_exp.log()
        log_sum_sq_probs = torch.logaddexp(2 * log_p, 2 * log_rest + log_squares)
    if rows.sum_logits is not None:
        mean_logits = rows.sum_logits / vocabulary
    if rows.maximum_before_target is not None:
        is_top1 = (rows.target_logit >= rows.maximum) & (rows.target_logit > rows.maximum_before_target)
    return TokenStatistics(log_p, entropy, log_sum_sq_probs, mean_logits, is_top1)
