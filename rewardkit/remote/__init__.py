"""Judging by a server: `Client` for programs, and the engine that sends a Scorer's jobs to it."""
