"""Proofs by sympy, in a process of its own: a tree becomes a sympy object, never a text."""
