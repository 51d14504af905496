"""The truth table of comparisons and arithmetic with a program's objects, row by row."""

import pytest

PROGRAM = """
class Own(int):
    def __eq__(s, o): return True
    def __lt__(s, o): return True
    def __sub__(s, o): return 0
    __hash__ = None
class V:
    def __init__(s, x): s.x = x
    def __eq__(s, o): return s.x == (o.x if isinstance(o, V) else o)
    def __lt__(s, o): return s.x < (o.x if isinstance(o, V) else o)
    def __add__(s, o): return V(s.x + (o.x if isinstance(o, V) else o))
    def __sub__(s, o): return s.x - (o.x if isinstance(o, V) else o)
    def __float__(s): return float(s.x)
    def __bool__(s): return True
class W(V): pass
class Liar(V):
    def __eq__(s, o): return True
def own(x): return Own(x)
def v(x): return V(x)
"""
TABLE = [
    ("one object twice", "a = v(1)\nassert a == a and not a != a", True),
    ("two of one class", "assert V(1) == V(1) and V(1) < V(2) and V(1) + V(2) == V(3) and V(3) - V(1) == 2", True),
    ("two of one class that differ", "assert V(1) == V(2)", False),
    ("two of different classes", "assert W(1) == V(1)", False),
    ("two of different classes in order", "assert W(1) < V(2) and W(1) != V(1)", True),
    ("a subclass of int and data, equal", "assert own(3) == 3 and own(3) < 4", True),
    ("a subclass of int and data, not equal", "assert own(3) == 4", False),
    ("a subclass of int and data, out of order", "assert own(3) < 2", False),
    ("a subclass of int in arithmetic", "assert own(3) - 7 == 0", False),
    ("built and data, equal", "assert V(3) == 3 and V(3) != 4", True),
    ("built and data, a liar", "assert Liar(3) == 3", False),
    ("built and data in order", "assert V(3) < 4", False),
    ("built and data, an opaque sum", "assert (V(1) + 2).x == 3", True),
    ("built and data, a number", "assert V(3) - 3 == 0", False),
    ("any other object and data", "assert v(3) == 3", False),
    ("any other object and data in order", "assert v(3) < 4", False),
    ("any other object and data in arithmetic", "assert (v(1) + 2).x == 3", False),
    ("a sum with data, equal to data", "assert V(1) + 2 == 3", False),
    ("a sum with data as a number", "assert float(V(1) + 2) == 3.0", False),
    ("a sum with data as a truth", "assert V(1) + 2", False),
    ("a sum with data less an object", "assert (V(1) + 2) - V(3) == 0", False),
    ("None", "assert v(1) != None and not v(1) == None", True),
    ("None equal", "assert Liar(1) == None", False),
]


@pytest.mark.parametrize(("row", "text", "holds"), TABLE, ids=[row[0] for row in TABLE])
def test_a_row_of_the_table(judge, row, text, holds):
    score = judge(PROGRAM, {"kind": "asserts", "asserts": [text]})
    assert score.value == float(holds), (row, score.reason)
