"""From the folded statistics of rows to what a caller asked for."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softplus

from rewardkit_logps.passes import LogitTransform, RowStatistics

OUTPUTS = ("log_probs", "entropy", "log_sum_sq_probs", "mean_logits", "is_top1")


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
    """True where the target is the first of the largest logits, bool, without gradient."""


class Odds(NamedTuple):
    """A target against all the others, fp32 (N,) each: what gradients are made of."""

    log_others: Tensor
    """log(sum of exp(z_j)) over the columns that are not the target."""
    against: Tensor
    """log((1 - p) / p)"""
    slope: Tensor
    """The softcap's slope at the target, 1 - tanh²; 1 without one."""

    @classmethod
    def of(cls, rows: RowStatistics, transform: LogitTransform) -> "Odds":
        """Of rows into which all columns were folded."""
        log_others = rows.maximum + rows.sum_exp.log()
        slope = torch.ones_like(log_others)
        if transform.softcap is not None:
            slope = 1 - (rows.target_logit * (transform.temperature / transform.softcap)).square()
        return cls(log_others, log_others - rows.target_logit, slope)

    @property
    def p(self) -> Tensor:
        return torch.sigmoid(-self.against)

    @property
    def rest(self) -> Tensor:
        """1 - p, exact relative to its own size."""
        return torch.sigmoid(self.against)

    @property
    def log_p(self) -> Tensor:
        return -softplus(self.against)

    @property
    def log_rest(self) -> Tensor:
        return -softplus(-self.against)

    @property
    def log_z(self) -> Tensor:
        return self.log_others + softplus(-self.against)


def finish(rows: RowStatistics, odds: Odds, vocabulary: int) -> TokenStatistics:
    """The statistics of rows into which all `vocabulary` columns were folded."""
    entropy = log_sum_sq_probs = mean_logits = is_top1 = None
    if rows.sum_exp_times_logit is not None:
        # The entropy of (p, 1 - p), and that of the others among themselves.
        among = rows.sum_exp.log() - rows.sum_exp_times_logit / rows.sum_exp
        entropy = odds.rest * (among - odds.log_rest) - odds.p * odds.log_p
    if rows.sum_exp_squared is not None:
        log_squares = rows.sum_exp_squared.log() - 2 * rows.sum_exp.log()
        log_sum_sq_probs = torch.logaddexp(2 * odds.log_p, 2 * odds.log_rest + log_squares)
    if rows.sum_logits is not None:
        mean_logits = rows.sum_logits / vocabulary
    if rows.maximum_before_target is not None:
        is_top1 = (rows.target_logit >= rows.maximum) & (rows.target_logit > rows.maximum_before_target)
    return TokenStatistics(odds.log_p, entropy, log_sum_sq_probs, mean_logits, is_top1)
