"""The definition: token statistics out of all the logits at once.

Holds (N, V) and more, so it is for tests and small inputs. Computes in the dtype that it is given: float64 inputs
make it the yardstick of every other path. Differentiable by autograd.
"""

import torch
from torch import Tensor

from rewardkit_logps.passes import LogitTransform


def reference_statistics(
    hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, transform: LogitTransform
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """log_probs, entropy, log_sum_sq_probs, mean_logits, is_top1, each (N,).

    hidden (N, H), weight (V, H), bias (V,) or None, targets (N,) int64 in [0, V).
    Where several logits are the largest, the first of them is the top one.
    """
    products = hidden @ weight.T
    if bias is not None:
        products = products + bias
    logits = transform.logit_scale * products
    if transform.softcap is not None:
        logits = transform.softcap * torch.tanh(logits / transform.softcap)
    logits = logits / transform.temperature
    log_p = torch.log_softmax(logits, dim=1)
    p = log_p.exp()
    return (
        log_p.gather(1, targets[:, None]).squeeze(1),
        -torch.where(p > 0, p * log_p, 0.0).sum(1),
        torch.logsumexp(2 * log_p, dim=1),
        logits.mean(1),
        logits.argmax(1) == targets,
    )
