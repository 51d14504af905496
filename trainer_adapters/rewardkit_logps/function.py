"""The autograd function: who needs a gradient and what fits decide what the forward keeps.

| gradients asked for | the forward | the backward | products |
|---|---|---|---|
| none | statistics | | 1 |
| hidden alone (frozen head) | d log p / d hidden | scales its rows | 2 |
| weight or bias too, rows that fit | d log p / d hidden, exponentials | the weight's gradient | 3 |
| weight or bias too, other rows | statistics | everything, for rows with a gradient | 4 |

An entropy that a gradient comes in for is differentiated by recomputing its rows; nothing is kept for it.
"""

from contextlib import nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rewardkit_logps.backward import Gradients, Recompute, differentiate_head, logit_gradient
from rewardkit_logps.forward import finish_unit, fold_head
from rewardkit_logps.head import Gather, Head, tiling_for
from rewardkit_logps.matmul import exact_fp32_products
from rewardkit_logps.passes import LogitTransform, RowStatistics
from rewardkit_logps.results import Odds, TokenStatistics, finish
from rewardkit_logps.store import Store, rows_to_store


class Request(NamedTuple):
    """The arguments of a call besides the tensors."""

    transform: LogitTransform
    outputs: tuple[str, ...]
    dtype: torch.dtype
    memory_budget_bytes: int
    gather: Gather | None


def without_gradient(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, request: Request
) -> TokenStatistics:
    """The statistics alone."""
    head = Head(weight, bias, request.transform, request.dtype)
    rows = RowStatistics.empty(len(hidden), hidden.device, request.outputs)
    with exact_fp32_products():
        fold_head(head, head.cast(hidden), targets, rows, None, [])
    return finish(rows, Odds.of(rows, request.transform), len(weight))


class TokenStatisticsFunction(torch.autograd.Function):  # type: ignore[misc, unused-ignore]
    """`TokenStatistics` of (hidden, weight, bias, targets, request), as a tuple."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, request: Request
    ) -> tuple[Tensor | None, ...]:
        ctx.set_materialize_grads(False)
        needs_hidden, needs_weight, needs_bias = ctx.needs_input_grad[:3]
        frozen = not needs_weight and not needs_bias
        device, (vocabulary, width) = hidden.device, weight.shape
        head = Head(weight, bias, request.transform, request.dtype)
        cast = head.cast(hidden)
        rows = RowStatistics.empty(len(hidden), device, request.outputs)

        ctx.stores, ctx.grad_weight, finished = [], None, len(hidden)
        if not frozen:
            kept_dtype = torch.bfloat16 if request.dtype == torch.bfloat16 else torch.float32
            itemsize = weight.element_size() if needs_weight else None
            in_gradient, own = rows_to_store(
                len(hidden), width, vocabulary, itemsize, kept_dtype.itemsize, request.memory_budget_bytes
            )
            finished = in_gradient + own
            sizes = vocabulary, tiling_for(device).columns
            if in_gradient:
                ctx.grad_weight = torch.empty(vocabulary, width, dtype=weight.dtype, device=device)
                ctx.stores.append(Store(0, in_gradient, kept_dtype, sizes, ctx.grad_weight, device))
            if own:
                ctx.stores.append(Store(in_gradient, finished, kept_dtype, sizes, None, device))
        unit = torch.zeros(finished, width, device=device) if needs_hidden and finished else None
        with exact_fp32_products():
            fold_head(head, cast, targets, rows, unit, ctx.stores)
        odds = Odds.of(rows, request.transform)
        if unit is not None:
            finish_unit(unit, head, targets, rows, odds)
        found = finish(rows, odds, vocabulary)

        recomputes = not frozen or found.entropy is not None
        tensors = (cast, weight, bias) if recomputes else (None, None, None)
        ctx.save_for_backward(*tensors, targets, found.entropy, unit, *odds)
        ctx.request, ctx.frozen, ctx.finished = request, frozen, finished
        ctx.hidden_dtype, ctx.weight_dtype = hidden.dtype, weight.dtype
        ctx.bias_dtype = None if bias is None else bias.dtype
        ctx.shape = (len(hidden), vocabulary, width)
        ctx.mark_non_differentiable(*(x for x in found[2:] if x is not None))
        return tuple(found)

    @staticmethod
    def backward(
        ctx: Any, grad_log_probs: Tensor | None, grad_entropy: Tensor | None, *_: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            # Without this, second derivatives would be missing without a word.
            raise RuntimeError("token_statistics is differentiable once: leave create_graph=True out.")
        hidden, weight, bias, targets, entropy, unit, *vectors = ctx.saved_tensors
        odds, request = Odds(*vectors), ctx.request
        (count, vocabulary, width), device = ctx.shape, targets.device
        needs_hidden, needs_weight, needs_bias = ctx.needs_input_grad[:3]
        log_probs = torch.zeros(count, device=device) if grad_log_probs is None else grad_log_probs.float()
        entropies = None if grad_entropy is None else grad_entropy.float()
        stores, grad_weight, finished = ctx.stores, ctx.grad_weight, ctx.finished
        if not ctx.frozen:
            # What is stored is used up: a second backward through a retained graph recomputes.
            ctx.stores, ctx.grad_weight, ctx.finished = [], None, 0

        rows = _rows_to_recompute(log_probs, entropies, finished)
        recompute = None
        if rows is not None:
            part = Odds(*(vector[rows] for vector in odds))
            by_entropy = (None, None) if entropies is None else (entropy[rows], entropies[rows])
            recompute = Recompute(hidden[rows], targets[rows], logit_gradient(part, log_probs[rows], *by_entropy))
            log_probs = log_probs.index_fill(0, rows, 0.0)
        if needs_weight and grad_weight is None:
            grad_weight = torch.empty(vocabulary, width, dtype=ctx.weight_dtype, device=device)
        gradients = Gradients(
            hidden=torch.zeros(len(rows), width, device=device) if rows is not None and needs_hidden else None,
            weight=grad_weight,
            bias=torch.zeros(vocabulary, device=device) if needs_bias else None,
        )
        if grad_entropy is not None or not ctx.frozen:
            # Every rank of ZeRO-3 gathers or none does, whatever rows a rank has.
            gathered = request.gather(weight, bias) if request.gather is not None else nullcontext()
            with gathered, exact_fp32_products():
                head = Head(weight, bias, request.transform, request.dtype)
                differentiate_head(head, vocabulary, hidden, targets, odds, log_probs, stores, recompute, gradients)

        grad_hidden = None
        if needs_hidden:
            grad_hidden = torch.zeros(count, width, dtype=ctx.hidden_dtype, device=device)
            if unit is not None and finished:
                torch.mul(unit, log_probs[:finished, None], out=grad_hidden[:finished])
            if gradients.hidden is not None:
                grad_hidden[rows] = gradients.hidden.to(ctx.hidden_dtype)
        grad_bias = None if gradients.bias is None else gradients.bias.to(ctx.bias_dtype)
        return grad_hidden, grad_weight, grad_bias, None, None


def _rows_to_recompute(log_probs: Tensor, entropies: Tensor | None, finished: int) -> Tensor | None:
    """The rows to recompute: those with a gradient by entropy, and those not finished with one by log-prob."""
    if entropies is None and finished == len(log_probs):
        return None
    wanted = log_probs != 0
    wanted[:finished] = False
    if entropies is not None:
        wanted |= entropies != 0
    rows = wanted.nonzero().squeeze(1)
    return rows if len(rows) else None
