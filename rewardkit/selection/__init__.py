"""A choice among scored completions: rejection sampling, best-of-n, pairs, prompts of the right difficulty."""
