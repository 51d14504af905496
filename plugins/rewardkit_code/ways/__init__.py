"""The ways to test a program: each yields the outcome of one test after the other."""
