"""Equality of two trees: each kind of answer has its own."""
