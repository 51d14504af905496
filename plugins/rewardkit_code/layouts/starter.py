"""Starter code, prompts that are code, and the text around a program that a task implies.

LeetCode's starter code uses `List`, `Optional`, `ListNode` and more without an import, because its judge imports them
first; HumanEval's prompt imports what its function needs. A program that is judged without them would fail for a line
that nobody asked it to write.
"""

import ast
import json
from importlib import resources
from typing import NamedTuple

ENTRY = "__rewardkit_entry__"
"""Name of the function that calls the function under test through `leetcode_call`."""

# Names only, and none that hides a builtin: `from math import *` would replace `pow`.
USUAL_IMPORTS = """\
import bisect, collections, copy, datetime, functools, heapq, itertools, math, operator, random, re, string, sys, typing
from bisect import bisect_left, bisect_right, insort, insort_left, insort_right
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque, namedtuple
from copy import copy, deepcopy
from functools import cache, cmp_to_key, lru_cache, partial, reduce
from heapq import heapify, heappop, heappush, heappushpop, heapreplace, merge, nlargest, nsmallest
from itertools import (accumulate, chain, combinations, combinations_with_replacement, compress, count, cycle,
    dropwhile, groupby, islice, pairwise, permutations, product, repeat, starmap, takewhile, zip_longest)
from math import ceil, comb, cos, dist, exp, factorial, floor, gcd, hypot, inf, isclose, isqrt, lcm, log, log2, \\
    log10, perm, pi, prod, sin, sqrt, tan, trunc
from operator import add, and_, floordiv, itemgetter, mod, mul, neg, or_, sub, truediv, xor
from random import choice, randint, randrange, shuffle
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits
from typing import *


class ListNode:
    def __init__(self, val=0, next=None):
        self.val = val
        self.next = next


class TreeNode:
    def __init__(self, val=0, left=None, right=None):
        self.val = val
        self.left = left
        self.right = right
"""


class Signature(NamedTuple):
    """A function of starter code: its name, the texts of its parameters' types, and whether it returns nothing."""

    name: str
    annotations: list[str] | None
    in_place: bool


def signature_of(starter: str, name: str) -> Signature:
    """The signature that starter code gives a function; without annotations where it gives none."""
    for node in ast.walk(parsed_code(starter)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            parameters = [arg for arg in (*node.args.posonlyargs, *node.args.args) if arg.arg != "self"]
            annotations = [ast.unparse(arg.annotation) if arg.annotation else "" for arg in parameters]
            returns = ast.unparse(node.returns) if node.returns else ""
            return Signature(name, annotations, returns == "None")
    return Signature(name, None, in_place=False)


def parsed_code(text: str) -> ast.Module:
    """The syntax tree of code whose last function may lack a body; an empty one for any other text."""
    for attempt in (text, text.rstrip() + " pass\n", text + "\n        pass\n", text + "\n    pass\n"):
        try:
            return ast.parse(attempt)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return ast.Module(body=[], type_ignores=[])


def adapter(signature: Signature) -> str:
    """Text to append to a program: defines ENTRY, which calls the function by one case of `leetcode_call.call`."""
    source = resources.files("rewardkit_code.layouts").joinpath("leetcode_call.py").read_text(encoding="utf-8")
    arguments = json.dumps([signature.name, signature.annotations, int(signature.in_place)])
    return (
        f"\n\n__rewardkit__ = {{'__name__': 'rewardkit'}}\n"
        f"exec(compile({source!r}, 'rewardkit', 'exec'), __rewardkit__)\n"
        f"__rewardkit__['given'] = __rewardkit__['__builtins__']['__import__']('json').loads({arguments!r})\n"
        f"def {ENTRY}(case):\n"
        f"    return __rewardkit__['call'](globals(), *__rewardkit__['given'], case)\n"
    )


def around(prompt: str, entry_point: str) -> str:
    """The rest of a prompt that is Python, besides the function under test: its imports, then its other definitions."""
    try:
        tree = ast.parse(prompt)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    if not any(getattr(node, "name", None) == entry_point for node in tree.body):
        return ""
    kept = [node for node in tree.body if getattr(node, "name", None) != entry_point]
    imports = [node for node in kept if isinstance(node, ast.Import | ast.ImportFrom)]
    others = [node for node in kept if node not in imports and not isinstance(node, ast.Expr)]
    return "\n".join(map(ast.unparse, [*imports, *others]))
