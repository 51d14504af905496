"""The samples that a reward is checked on: the author's own with what is expected of them, and some for every reward.

A row says what is expected of it in `expected`: `full`, `zero`, `malformed`, a value, two bounds, or null (abstains).
In a file for several rewards it is a mapping by the reward's name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rewardkit.errors import InputError
from rewardkit.input.caller import Caller
from rewardkit.input.input_reader import InputReader
from rewardkit.input.samples import samples_of
from rewardkit.sample import Sample
from rewardkit.score import Score
from rewardkit.suggestions import nearest

EXPECTED = "expected"
"""Column of a row that says what the reward should give."""

WORDS = ("full", "zero", "malformed")


@dataclass(frozen=True)
class Case:
    """A sample, and what the reward should give."""

    sample: Sample
    name: str
    """How messages call it."""
    expects: bool = False
    """True if the row says what is expected."""
    expected: Any = None
    """One of `WORDS`, a value, a list of two bounds, or None for a reward that abstains."""


def cases_of(rows: Iterable[Sample | Mapping[str, Any]], reward: str) -> list[Case]:
    """Cases from samples, or rows in a known format.

    reward  name of the reward that is checked, for rows that expect something of several
    raises  InputError for a row that does not fit, or that expects what nothing is
    """
    cases = []
    given = list(rows)
    # Taken out beforehand: some formats have the ground truth in a column of this name.
    wanted = [row.columns if isinstance(row, Sample) else row for row in given]
    bare = [row if isinstance(row, Sample) else {k: v for k, v in row.items() if k != EXPECTED} for row in given]
    for number, sample in enumerate(samples_of(bare, InputReader(caller=Caller.PYTHON)), 1):
        name = str(sample.columns.get("id") or f"sample {number}")
        expects, expected = EXPECTED in wanted[number - 1], wanted[number - 1].get(EXPECTED)
        if isinstance(expected, Mapping):
            expects, expected = reward in expected, expected.get(reward)
        if fault := _fault(expected):
            raise InputError(f"{name}: {EXPECTED}: {fault}")
        columns = {key: value for key, value in sample.columns.items() if key != EXPECTED}
        cases.append(Case(with_fields(sample, columns=columns), name, expects, expected))
    return cases


def _fault(expected: Any) -> str:
    """The reason why nothing can be expected so; empty if it can."""
    bounds = expected if isinstance(expected, list | tuple) else [expected] * 2
    numbers = len(bounds) == 2 and all(isinstance(b, int | float) and not isinstance(b, bool) for b in bounds)
    if expected is None or numbers or (isinstance(expected, str) and expected in WORDS):
        return ""
    hint = nearest(expected, WORDS) if isinstance(expected, str) else ""
    return f"found {expected!r:.80}, wanted {', '.join(WORDS)}, a number, [low, high] or null{hint}"


def with_fields(sample: Sample, **fields: Any) -> Sample:
    """The sample with other fields."""
    return Sample(**({name: getattr(sample, name) for name in Sample.model_fields} | fields))


def with_needed(case: Case, needs: Sequence[str]) -> Case:
    """The case with scores of the rewards that are needed: as right as what is expected of the reward itself."""
    if not needs:
        return case
    value = 0.0 if case.expected in ("zero", "malformed") else 1.0
    needed = {name: Score.scored(value) for name in needs}
    return replace(case, sample=with_fields(case.sample, needed=needed))


def ordinary_rows() -> list[dict[str, Any]]:
    """Rows for a reward whose author gave none: two prompts with right, wrong and odd completions."""
    four = {"prompt": "What is 2 + 2? Think first, and put the answer into \\boxed{}.", "ground_truth": "4"}
    sea = {"prompt": "Which sea lies between Europe and Africa?", "ground_truth": "the Mediterranean Sea"}
    return [
        {**row, "completion": completion, "group": row["ground_truth"]}
        for row, completions in ((four, _FOUR), (sea, _SEA))
        for completion in completions
    ]


_FOUR = (
    "<think>\nTwo and two make four.\n</think>\n\nThe answer is $\\boxed{4}$.",
    "<think>\nIs it five? Wait, let me check again.\n</think>\n\nThe answer is \\boxed{5}.",
    "4",
    "I am not sure.",
    '```json\n{"answer": 4}\n```',
)
_SEA = (
    "<think>It separates the two continents.</think>The Mediterranean Sea.",
    "Between Europe and Africa lies the Mediterranean Sea. It is connected with the Atlantic by a strait.",
    "The Baltic Sea",
)

HOSTILE: Sequence[tuple[str, str]] = (
    ("empty", ""),
    ("white space", " \n\t\r\n "),
    ("1 MB on a line", "word " * 200_000),
    ("1 MB of one letter", "a" * 1_000_000),
    ("1 MB of digits", "7" * 1_000_000),
    ("a number beyond floats", "1e999999"),
    ("not a number", "nan"),
    ("lone surrogates", "\ud800 The answer is 4\udfff. \udc80"),
    ("control characters", "".join(map(chr, range(1, 32))) + "\x7f\x9b2J\x1b[2J\x1b]0;title\x07 4"),
    ("NUL", "The answer\x00 is 4.\x00"),
    ("right-to-left marks", "\u202eThe answer is 4.\u202c \u200f\u2067abc\u2069\u061c"),
    ("combining marks", "e" + "\u0301" * 20_000),
    ("beyond the basic plane", "\U0001d7d2 \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0010ffff"),
    ("nested brackets", "(" * 50_000 + "4" + ")" * 50_000),
    ("open brackets", "[{(" * 30_000),
    ("nested JSON", '{"a":' * 20_000 + "1" + "}" * 20_000),
    ("nested commands", "\\boxed{" * 10_000 + "4" + "}" * 10_000),
    ("tags without end", "<think>" * 10_000),
    ("tags without begin", "</think>" * 10_000),
    ("fences without end", "```python\n" * 5_000),
    ("format strings", "{0} %s %n {__class__} ${HOME} $(id) {{ 7*7 }}"),
)
"""Texts that a model can write, by name."""
