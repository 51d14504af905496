"""From what a reward returned to Scores, with a sentence for each thing that is not one.

returned                          becomes
a Score                           that Score
a number, also of numpy or torch  scored, that value; NaN and infinity are an error
True, False                       scored, 1.0 or 0.0
None                              abstained
{"strict": 1, "loose": None}      scored, with these named values; all None: abstained
"""

import inspect
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from rewardkit.score import Score


class ReturnedError(ValueError):
    """A reward returned what is not a judgement; the message goes on where the reward's name ended."""


def scores_of(returned: Any, count: int, values: Sequence[str] = ()) -> list[Score]:
    """The scores of `count` samples, from what was returned for all of them.

    values  names of the values that the reward declares
    raises  ReturnedError
    """
    found = _many(returned, count)
    if len(found) != count:
        raise ReturnedError(f"returned {_count(len(found), 'score')} for {_count(count, 'sample')}")
    return [score_of(one, values) for one in found]


def score_of(returned: Any, values: Sequence[str] = ()) -> Score:
    """The score of one sample.

    raises  ReturnedError
    """
    if type(returned) is Score or isinstance(returned, Score):
        return _declared(returned, values) if returned.values or values else returned
    if returned is None:
        return Score.abstained("the reward returned None")
    if isinstance(returned, Mapping):
        return _named(returned, values)
    return Score.scored(number_of(returned))


def number_of(returned: Any) -> float:
    """A number, of Python, numpy or torch, as a float.

    raises  ReturnedError
    """
    number = returned
    if not isinstance(number, int | float | Decimal | Fraction) and hasattr(number, "item"):
        try:
            number = number.item()  # a scalar of numpy or torch
        except (ValueError, RuntimeError, TypeError):
            raise ReturnedError(f"returned several numbers for one sample: {returned!r:.80}") from None
    if inspect.iscoroutine(number):
        number.close()
        raise ReturnedError("returned a coroutine; write `async def`, and `await` what it calls")
    if isinstance(number, int | float | Decimal | Fraction):
        try:
            value = float(number)
        except OverflowError:
            value = math.inf
        if math.isfinite(value):
            return value
        raise ReturnedError(f"returned {number!s:.80}; a value is a finite number, and None where there is none")
    raise ReturnedError(f"returned {_kind(number)}; return a number, a bool, None, a Score or a dict of named values")


def _many(returned: Any, count: int) -> Sequence[Any]:
    """The returned value as a sequence."""
    if type(returned) is list:
        return returned
    if inspect.iscoroutine(returned):
        returned.close()
        raise ReturnedError("returned a coroutine; write `async def`, and `await` what it calls")
    if inspect.isgenerator(returned) or inspect.isasyncgen(returned):
        raise ReturnedError("returned a generator; return a list")
    if isinstance(returned, Score):
        raise ReturnedError(f"returned a single Score for {_count(count, 'sample')}; return a list, one for each")
    if hasattr(returned, "tolist"):  # an array of numpy, a tensor of torch, a column of a table
        returned = returned.tolist()
    if isinstance(returned, Sequence) and not isinstance(returned, str | bytes):
        return returned
    raise ReturnedError(f"returned {_kind(returned)} for {_count(count, 'sample')}; return a list, one score for each")


def _named(returned: Mapping[Any, Any], names: Sequence[str]) -> Score:
    if not names:
        shown = ", ".join(f'"{name}"' for name in returned)
        raise ReturnedError(f"returned a dict and declares no values; declare them: values=({shown},)")
    given = {name: None if value is None else number_of(value) for name, value in returned.items()}
    if unknown := [name for name in given if name not in names]:
        raise ReturnedError(f"returned the values {_list(unknown)}, which it does not declare: {_list(names)}")
    if all(value is None for value in given.values()):
        return Score.abstained("the reward returned no value but None")
    return _declared(Score.scored({name: given.get(name) for name in names}), names)


def _declared(score: Score, names: Sequence[str]) -> Score:
    """A score with all declared values in their order; without any, a score stands for each of them."""
    if score.values is None:
        return score
    if unknown := [name for name in score.values if name not in names]:
        declares = _list(names) if names else "none"
        raise ReturnedError(f"gave the values {_list(unknown)}, which it does not declare: {declares}")
    if tuple(score.values) == tuple(names):
        return score
    return score.model_copy(update={"values": {name: score.values.get(name) for name in names}})


def _kind(value: Any) -> str:
    shown = f"{value!r:.80}"
    if isinstance(value, str):
        return f"the text {shown}"
    return f"{type(value).__name__} {shown}" if not shown.startswith("<") else shown


def _list(names: Sequence[Any]) -> str:
    return ", ".join(repr(name) for name in names)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
