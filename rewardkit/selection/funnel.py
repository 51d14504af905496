"""The figures of a selection: what each step left, and what a random choice of the same size would have had."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardkit.selection.choice import KEPT, NUMBER, REJECTED_OF_PAIR, Choice, random_choice
from rewardkit.selection.criteria import STEPS, Criteria
from rewardkit.selection.table import Table


def summary(table: Table, choice: Choice, criteria: Criteria, seed: int) -> dict[str, Any]:
    """All figures, for machines: `rows`, `kept`, `steps` in order, and `kept`, `random` and `all` side by side."""
    fell = _fell(choice, criteria)
    kept = np.flatnonzero(fell == KEPT)
    steps = []
    for name in _asked(criteria, fell):
        number = NUMBER[name]
        left = np.flatnonzero((fell == KEPT) | (fell > number))
        steps.append(
            {"step": name, "keeps": STEPS[name], "rejected": int((fell == number).sum()), **figures(table, left)}
        )
    return {
        "rows": len(table),
        "prompts": table.prompts,
        "kept": len(kept),
        "written": len(np.unique(np.array(table.prompt)[kept])) if criteria.to == "prompts" else len(kept),
        "seed": seed,
        "to": criteria.to,
        "remarks": remarks(table, criteria, steps),
        "steps": steps,
        "compared": {
            "all": figures(table, np.arange(len(table))),
            "kept": figures(table, kept),
            "random": figures(table, random_choice(table, len(kept), seed)),
        },
    }


def remarks(table: Table, criteria: Criteria, steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """Sentences about a selection that hardly is what its author meant."""
    made = []
    emptied = next((step for step in steps if not step["rows"]), None)
    if emptied is not None and len(table):
        made.append(f"no row is left: the step {emptied['step']!r} rejected the last {emptied['rejected']:,}")
    if criteria.not_truncated and len(table) and (np.array(table.truncated) < 0).all():
        made.append("no row says whether the token limit cut it off; name the column: --map truncated=COLUMN")
    alone = len(table) > 1 and table.prompts == len(table)
    if alone and (criteria.per_prompt is not None or criteria.solved_by_some or criteria.to == "dpo"):
        made.append("every prompt has one completion alone; if a column names the group, say so: --map group=COLUMN")
    return made


def figures(table: Table, rows: NDArray[np.intp]) -> dict[str, Any]:
    """Rows, prompts, mean reward, share of correct ones, mean length, share of those that were cut off."""
    reward, correct = np.array(table.reward)[rows], np.array(table.correct)[rows]
    tokens, truncated = np.array(table.tokens)[rows], np.array(table.truncated)[rows]
    judged, known = correct[correct >= 0], truncated[truncated >= 0]
    return {
        "rows": len(rows),
        "prompts": len(np.unique(np.array(table.prompt)[rows])),
        "reward": _mean(reward[~np.isnan(reward)]),
        "correct": _mean(judged),
        "words": _mean(np.array(table.words)[rows]),
        "tokens": _mean(tokens[tokens >= 0]),
        "truncated": _mean(known),
    }


def _fell(choice: Choice, criteria: Criteria) -> NDArray[np.int8]:
    """The step at which each row fell; the rejected of a pair fell where it was told from the chosen."""
    step = NUMBER["correct" if criteria.correct else "per_prompt"]
    return np.where(choice.fate == REJECTED_OF_PAIR, np.int8(step), choice.fate)


def _asked(criteria: Criteria, fell: NDArray[np.int8]) -> list[str]:
    """The steps that the criteria ask for, and those at which a row fell."""
    band = any(
        bound is not None
        for bound in (criteria.min_words, criteria.max_words, criteria.min_tokens, criteria.max_tokens)
    )
    rates = criteria.min_pass_rate is not None or criteria.max_pass_rate is not None
    asked = {
        "pass_rate": rates or criteria.solved_by_some,
        "correct": criteria.correct,
        "format": criteria.format,
        "truncated": criteria.not_truncated,
        "language": criteria.language is not None,
        "mixed": criteria.no_mixed_languages,
        "paragraphs": criteria.max_paragraph_words is not None,
        "code": criteria.no_code_in_reasoning,
        "repetition": criteria.max_repetition is not None,
        "duplicates": criteria.unique or criteria.distinct_equations,
        "near_duplicates": criteria.near_duplicates is not None,
        "per_prompt": criteria.per_prompt is not None,
        "contaminated": bool(criteria.decontaminate),
        "length": band,
    }
    present = set(fell.tolist())
    return [name for name in STEPS if asked.get(name) or NUMBER[name] in present]


def _mean(values: NDArray[Any]) -> float | None:
    return float(values.mean()) if len(values) else None
