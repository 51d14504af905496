"""The time of every built-in reward grows at most linearly with hostile text, and stays under two seconds for 1 MB."""

import importlib
import json
import pkgutil
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rewardkit import Reward, RewardContext, Sample
from rewardkit.registry.built_in import REWARDS, load

KB = 1024
BOUND_S = 2.0
PUMPED = 32 * KB
WAYS = ("{}", "\\boxed{{{}}}", "The answer is {}", "**Answer:** {} 7 7", "<think>{}</think>7", "```python\n{}\n```")
"""How a text may stand in a completion."""

JUDGED_BY_TEXT: dict[str, dict[str, Any]] = {
    "math": {},
    "multiple_choice": {},
    "qa": {},
    "json_schema": {"json_schema": {"type": "object", "properties": {"a": {"type": "array"}}}},
    "tool_calls": {},
    "instruction_following": {},
    "code": {},
    "format": {"preset": "auto"},
    "language": {"target": "en"},
    "repetition": {},
    "reflection": {},
    "paragraphs": {},
    "length_relative": {"unit": "words"},
}
"""Parameters of the rewards that read a text."""

GROUND_TRUTH = {
    "code": "assert f(1) == 1",
    "multiple_choice": "B",
    "tool_calls": '[{"name": "f", "arguments": {"a": 1}}]',
}
"""Ground truths of the rewards for which `7` is not a valid ground truth."""

OTHERS = {
    "math_verify": "Math-Verify in a process that is killed at its deadline",
    "reward_model": "a model",
    "judge_model": "a request",
    "sql": "a query that runs in a sandbox",
    "reward_endpoint": "a request",
    "length_cosine": "a count of tokens",
    "length_overlong": "a count of tokens",
    "length_target": "a count of tokens",
    "truncation": "a reason to stop",
}
"""Rewards that are not held to growth here, and what their time is spent on."""

GOLDEN = Path(__file__).parents[1] / "golden" / "instructions.jsonl"
ROWS = [
    row["sample"]["columns"] for row in map(json.loads, GOLDEN.read_text().splitlines()) if row["status"] == "scored"
]
EACH = {row["instruction_id_list"][0]: row["kwargs"][0] for row in ROWS if len(row.get("instruction_id_list", ())) == 1}
EACH.pop("words:odd_even_syllables", None)  # needs an extra
INSTRUCTIONS = {"instruction_id_list": list(EACH)[::60], "kwargs": list(EACH.values())[::60]}
"""Some of them at once: their times add up."""

HOSTILE = {
    "blanks": " ",
    "lines": "\n",
    "nuls": "\0",
    "digits": "9",
    "grouped digits": "777,",
    "openers": "{",
    "boxes": "\\boxed{",
    "closed boxes": "\\boxed{7}",
    "dollars": "$",
    "formulas": "$7$ ",
    "backslashes": "\\",
    "brackets": "([{",
    "tags": "<think>",
    "closing tags": "</think>",
    "less than": "<",
    "fences": "```\n",
    "python fences": "```python\nx\n```\n",
    "sentences": "The answer is 7. ",
    "hedges": "The answer is 7. Or 5. ",
    "words": "an ",
    "one word": "a",
    "han": "答案是七。",
    "arabic": "الجواب ",
    "marks": "a\u0301",
    "hidden": "\u200b",
    "bidi": "\u202e",
    "controls": "\x01\x02",
    "surrogates": "\ud800",
    "emoji": "👩\u200d👩\u200d👧",
    "json": '{"a":',
    "powers": "2^",
    "fractions": "\\frac{1}{",
    "asserts": "assert f(1) == 1\n",
}


@pytest.fixture
def reward(name: str) -> Iterator[Reward]:
    reward = _built(name)
    yield reward
    reward.close()


def _built(name: str) -> Reward:
    modules = [load(REWARDS[name].package), *_modules(REWARDS[name].package)]
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    (kind,) = [kind for kind in kinds if issubclass(kind, Reward) and getattr(kind, "name", None) == name]
    return kind(kind.Params(**JUDGED_BY_TEXT[name]), RewardContext())


def _modules(package: str) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        yield importlib.import_module(found.name)


def _patterns(package: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """The compiled expressions at the top of a package's modules, also in lists, tuples and tables."""
    for module in _modules(package):
        for name, value in vars(module).items():
            yield from ((f"{module.__name__}.{name}", pattern) for pattern in _in(value, 0))


def _in(value: Any, depth: int) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif depth < 3 and isinstance(value, list | tuple):
        for item in value:
            yield from _in(item, depth + 1)
    elif depth < 3 and isinstance(value, dict):
        for item in value.values():
            yield from _in(item, depth + 1)


def asked(reward: Reward) -> str:
    return GROUND_TRUTH.get(reward.name, "7")


def sample_of(reward: Reward, **fields: str) -> Sample:
    columns = INSTRUCTIONS if reward.name == "instruction_following" else {}
    return Sample(prompt="p", columns=columns, **fields)


class LateError(Exception):
    """Raised in the middle of a judgement that takes too long."""


def fault(reward: Reward, sample: Sample) -> str:
    """The fault of a judgement: it raises, or takes at least BOUND_S of processor time."""
    try:
        return f"over {BOUND_S} s" if seconds(reward, sample) >= BOUND_S else ""
    except Exception as error:  # noqa: BLE001 - whatever a reward raises for a text is a finding
        return f"raises {type(error).__name__}"


def seconds(reward: Reward, sample: Sample, bound_s: float = BOUND_S) -> float:
    """Processor time of a judgement; `bound_s` where it takes that or more."""

    def late(*_: object) -> None:
        raise LateError

    previous = signal.signal(signal.SIGVTALRM, late)
    begin = time.thread_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, bound_s)
    try:
        reward.score([sample])
    except LateError:
        return bound_s
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)
    return time.thread_time() - begin


def test_every_built_in_reward_is_held_to_growth_or_says_why_not():
    assert JUDGED_BY_TEXT.keys() | OTHERS.keys() == REWARDS.keys()


@pytest.mark.parametrize("name", JUDGED_BY_TEXT)
def test_each_reward_judges_what_it_is_given_here(reward):
    """Otherwise there would be nothing to time."""
    (score,) = reward.score([sample_of(reward, completion="<answer>7 is B.</answer>", ground_truth=asked(reward))])
    assert score.status == "scored", score


def times_of(reward: Reward, unit: str, fields: dict[str, str], bound_s: float) -> list[float]:
    """Seconds for 64 KB, 256 KB and 1 MB."""
    times = []
    for size in (64 * KB, 256 * KB, 1024 * KB):
        text = unit * (size // len(unit.encode("utf-8", "surrogatepass")))
        sample = sample_of(reward, **{"completion": text, "ground_truth": text, **fields})
        times.append(seconds(reward, sample, bound_s))
    return times


def too_slow(times: list[float], bound_s: float) -> bool:
    return times[-1] >= bound_s or times[-1] > max(0.5, 8 * times[1])


@pytest.mark.parametrize("name", JUDGED_BY_TEXT)
def test_time_grows_linearly_with_hostile_text(reward, slowness):
    wrong = []
    for kind, unit in HOSTILE.items():
        for fields in ({"ground_truth": asked(reward)}, {"completion": "The answer is 7."}):
            if (reward.name, kind) == ("code", "asserts") and "completion" in fields:
                continue  # 62,000 tests are work that the data asks for
            bound_s, times = BOUND_S, times_of(reward, unit, fields, BOUND_S)
            if too_slow(times, bound_s):  # once more: what is slow is slow twice, and a busy machine is not
                bound_s = 2 * BOUND_S * slowness()
                times = times_of(reward, unit, fields, bound_s)
            side = "completion" if "ground_truth" in fields else "ground truth"
            if too_slow(times, bound_s):
                wrong.append(f"{side} of {kind}: {', '.join(f'{t:.2f}' for t in times)} s")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", JUDGED_BY_TEXT)
def test_no_expression_is_quadratic_in_what_a_reward_hands_to_it(name, reward, pumped):
    """At 32 KB a quadratic expression takes seconds, a linear one milliseconds."""
    wrong = []
    tried = 0
    for package in ("rewardkit", REWARDS[name].package):
        for pattern, where in {pattern: where for where, pattern in _patterns(package)}.items():
            for lead, unit in pumped(pattern)[:4]:
                text = lead + unit * (PUMPED // len(unit))
                given = [(way.format(text), asked(reward)) for way in WAYS]
                given += [("It is 7.", way.format(text)) for way in WAYS[:2]]
                for completion, ground_truth in given:
                    tried += 1
                    sample = sample_of(reward, completion=completion, ground_truth=ground_truth)
                    if found := fault(reward, sample):
                        side = "completion" if completion != "It is 7." else "ground truth"
                        wrong.append(f"{found}: {side} of {lead!r} and many {unit!r}, of {where}")
    assert tried > 100, "no expression was found"
    assert not wrong, "\n".join(wrong)
