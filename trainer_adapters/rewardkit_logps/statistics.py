"""The one public function: statistics of given tokens under a language model's head, with their gradients."""

import math

import torch
from torch import Tensor

from rewardkit_logps.function import Request, TokenStatisticsFunction, without_gradient
from rewardkit_logps.head import Gather
from rewardkit_logps.passes import LogitTransform
from rewardkit_logps.results import OUTPUTS, TokenStatistics


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
    memory_budget_bytes: int = 1 << 30,
    gather: Gather | None = None,
    ignore_index: int | None = None,
) -> TokenStatistics:
    """Statistics of `targets` under softmax(z), z = softcap(logit_scale * (hidden @ weight.T + bias)) / temperature.

    hidden   (N, H); weight (V, H); bias (V,) or None; targets (N,) int64 in [0, V); all on one device
    softcap  c for c * tanh(x / c); None for none
    outputs  which of `TokenStatistics` to compute; log_probs always is
    memory_budget_bytes  bytes that may be kept from forward to backward, beyond the memory of the weight's gradient,
             so that the backward of a trained head need not recompute the logits
    gather   called as gather(weight, bias), a context manager around the backward's use of them: ZeRO-3 has
             partitioned them meanwhile
    ignore_index  a target that marks rows to leave out, such as -100: their statistics are 0 (False), without gradient
    Inputs are rounded to the autocast dtype under autocast, to hidden's dtype otherwise; products and sums are fp32.
    Differentiable once, by hidden, weight and bias.
    raises   ValueError if shapes do not fit, an output is unknown, temperature or softcap is not above 0, or a target
             is out of range. On an accelerator, where looking would wait for it, such a row's statistics are NaN.
    """
    unknown = [name for name in outputs if name not in OUTPUTS]
    if unknown:
        raise ValueError(f"no output named {unknown[0]!r}. There are: {', '.join(OUTPUTS)}.")
    for name, number in (("temperature", temperature), ("softcap", softcap)):
        if number is not None and not number > 0:
            raise ValueError(f"{name} must be above 0, found {number}.")
    _check(hidden, weight, bias, targets)
    counted = None if ignore_index is None else targets != ignore_index
    _check_range(targets, counted, len(weight))
    kind = hidden.device.type
    dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else hidden.dtype
    if dtype == torch.float64:
        dtype = torch.float32
    request = Request(LogitTransform(temperature, softcap, logit_scale), outputs, dtype, memory_budget_bytes, gather)
    trained = any(x is not None and x.requires_grad for x in (hidden, weight, bias))
    inside = targets.clamp(0, len(weight) - 1)
    with torch.autocast(kind, enabled=False):
        if torch.is_grad_enabled() and trained:
            found = TokenStatistics(*TokenStatisticsFunction.apply(hidden, weight, bias, inside, request))
        else:
            found = without_gradient(hidden, weight, bias, inside, request)
    if kind != "cpu":
        found = _filled(found, targets == inside, math.nan)
    return found if counted is None else _filled(found, counted, 0.0)


def _filled(found: TokenStatistics, kept: Tensor, value: float) -> TokenStatistics:
    """Statistics with `value` (False for bools) in the rows that are not `kept`, which get no gradient."""
    return TokenStatistics(
        *(None if x is None else x & kept if x.dtype == torch.bool else torch.where(kept, x, value) for x in found)
    )


def _check(hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor) -> None:
    if hidden.dim() != 2 or weight.dim() != 2 or hidden.shape[1] != weight.shape[1] or not len(weight):
        raise ValueError(
            "hidden must be (N, H) and weight (V, H) with V > 0, "
            f"found {tuple(hidden.shape)} and {tuple(weight.shape)}."
        )
    if targets.shape != hidden.shape[:1] or targets.dtype != torch.int64:
        raise ValueError(
            f"targets must be int64 of shape ({len(hidden)},), one for each row of hidden, "
            f"found {targets.dtype} of shape {tuple(targets.shape)}."
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError(f"bias must have shape ({len(weight)},) or be None, found {tuple(bias.shape)}.")


def _check_range(targets: Tensor, counted: Tensor | None, vocabulary: int) -> None:
    if targets.device.type != "cpu":
        return
    looked_at = targets if counted is None else targets[counted]
    if len(looked_at) and not 0 <= int(looked_at.min()) <= int(looked_at.max()) < vocabulary:
        raise ValueError(
            f"targets must be in [0, {vocabulary}), found {int(looked_at.min())} to {int(looked_at.max())}. "
            "Masked tokens are left out with ignore_index=-100."
        )
