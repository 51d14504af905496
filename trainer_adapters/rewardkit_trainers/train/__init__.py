"""`rewardkit train`: TRL's GRPO with the rewards of a rubric, from the command line."""
