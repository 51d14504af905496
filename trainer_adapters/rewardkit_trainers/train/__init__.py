"""`rewardkit train`: TRL's GRPO, paid by a rubric, from the command line."""
