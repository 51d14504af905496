"""Judging in worker processes: the pool, one process as its parent sees it, the worker's loop, the judge inside."""
