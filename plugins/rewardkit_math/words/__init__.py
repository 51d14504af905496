"""Words around an answer: tables with one entry a line, each run by a test.

changing   words that make a number beside them another number, a bound, or denied
numbers    numbers in words
clauses    words that open a remark or a clause, that ask, or that leave a question open
denials    words that deny a value, in many languages
"""
