"""Answers in sentences: which part of the words is the answer. Begin with `read.py`."""
