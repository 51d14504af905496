"""rewardkit in evaluation harnesses: a scorer of Inspect, a metric of lm-eval, one of lighteval."""
