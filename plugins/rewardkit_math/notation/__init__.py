"""From the text of an answer to its tree: LaTeX, plain ASCII, sympy's notation and Unicode."""
