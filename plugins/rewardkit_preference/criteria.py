"""Criteria of a row, as rubrics-as-rewards write them: what a good answer holds, with weights. Pure.

| form of an item | data set |
|---|---|
| `{"criterion": "…", "points": -5}` | HealthBench (arXiv:2505.08775) |
| `{"title": "…", "description": "…", "weight": 5}` | Rubrics as Rewards (arXiv:2507.17746) |
| `{"criterion": "…", "weight": 1, "required": true}` | own |
| `"…"` | a text alone weighs 1 |

A negative weight is a fault that the answer may have: it counts where the criterion is met.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

COLUMNS = ("rubric", "rubrics", "criteria", "extra_info.rubric", "extra_info.rubrics")
MOST_CRITERIA = 64
WEIGHTED = "weighted"
"""Named value of a reward with declared criteria: the weighted share of those that are met."""

_TEXT_KEYS = ("criterion", "criteria", "description", "requirement", "text", "title")
_WEIGHT_KEYS = ("weight", "points", "score")


class Criterion(NamedTuple):
    """One thing that an answer should, or should not, hold."""

    name: str
    text: str
    weight: float = 1.0
    required: bool = False
    """True: without it the answer is worth 0."""


class UnreadableCriteriaError(ValueError):
    """Criteria in a form that is not known."""


def criteria_of(written: Any) -> list[Criterion]:
    """The criteria of a row, or of a rubric's parameters.

    raises  UnreadableCriteriaError
    """
    if hasattr(written, "tolist"):
        written = written.tolist()
    if isinstance(written, str):
        try:
            written = json.loads(written)
        except ValueError:
            raise UnreadableCriteriaError(f"criteria are a list, found the text {written!r:.60}") from None
    if isinstance(written, Mapping) and "rubrics" in written:
        written = written["rubrics"]
    if isinstance(written, Mapping):
        written = [
            {"name": name, **one} if isinstance(one, Mapping) else {"name": name, "criterion": one}
            for name, one in written.items()
        ]
    if not isinstance(written, list | tuple) or not written:
        raise UnreadableCriteriaError(f"criteria are a list, found {written!r:.60}")
    if len(written) > MOST_CRITERIA:
        raise UnreadableCriteriaError(f"more than {MOST_CRITERIA} criteria")
    found = [_criterion(one, number) for number, one in enumerate(written, 1)]
    if not any(one.weight > 0 for one in found):
        raise UnreadableCriteriaError("no criterion has a positive weight")
    return found


def check_names(criteria: Sequence[Criterion]) -> None:
    """Checks that criteria of a rubric can be named values: `judge_model.polite`.

    raises  ValueError for a name that is there twice, or that a rubric cannot write
    """
    taken = {WEIGHTED, "status", "reason"}
    for one in criteria:
        if not one.name.isidentifier():
            raise ValueError(f"items: the name {one.name!r:.60} is not letters, digits and _, as in `polite`")
        if one.name in taken:
            raise ValueError(f"items: the name {one.name!r:.60} is taken; give the criterion another `name`")
        taken.add(one.name)


def value_of(criteria: Sequence[Criterion], met: Sequence[float]) -> float:
    """The weighted share of criteria that are met, from 0.0 to 1.0.

    met  of each criterion the share of votes that call it met
    """
    if any(one.required and share < 0.5 for one, share in zip(criteria, met, strict=True)):
        return 0.0
    most = sum(one.weight for one in criteria if one.weight > 0)
    total = sum(one.weight * share for one, share in zip(criteria, met, strict=True))
    return min(1.0, max(0.0, total / most))


def _criterion(written: Any, number: int) -> Criterion:
    if isinstance(written, str) and written.strip():
        return Criterion(f"c{number}", written.strip())
    if not isinstance(written, Mapping):
        raise UnreadableCriteriaError(f"criterion {number} is {written!r:.60}")
    text = next((written[key] for key in _TEXT_KEYS if isinstance(written.get(key), str) and written[key].strip()), "")
    weight = next((written[key] for key in _WEIGHT_KEYS if written.get(key) is not None), 1.0)
    if not text or isinstance(weight, bool) or not isinstance(weight, int | float):
        raise UnreadableCriteriaError(f"criterion {number} is {written!r:.80}")
    name = str(written.get("name") or written.get("id") or f"c{number}")
    return Criterion(name, text.strip(), float(weight), bool(written.get("required")))
