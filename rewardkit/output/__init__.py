"""From results to output rows, files and the summary of a run."""
