"""Two judgements of the same rows beside each other: what changed, for whom, and what it does to training."""
