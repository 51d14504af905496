"""Log-probabilities of given tokens, and their gradients, without ever holding the logits of a whole batch."""

from rewardkit_logps.results import TokenStatistics
from rewardkit_logps.statistics import token_statistics

__all__ = ["TokenStatistics", "token_statistics"]
