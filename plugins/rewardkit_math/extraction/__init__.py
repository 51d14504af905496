"""From a completion to its answer: one place, never all places."""
