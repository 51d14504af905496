"""Forks one process for each run, watches it, and turns it into what it is to be."""
