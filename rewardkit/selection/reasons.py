"""Why a row was rejected: the step, and a sentence."""

from typing import NamedTuple

from rewardkit.judgements.reading import Judgement
from rewardkit.selection.choice import NUMBER, Choice
from rewardkit.selection.contamination import Benchmarks
from rewardkit.selection.criteria import Criteria
from rewardkit.selection.row_checks import CHECKS, FORMAT, LAST
from rewardkit.selection.table import Table

_NAME = {number: name for name, number in NUMBER.items()}


class Rejection(NamedTuple):
    """The end of a row that is not kept."""

    step: str
    reason: str


class Reasons:
    """The reasons of one selection."""

    def __init__(self, table: Table, choice: Choice, criteria: Criteria, benchmarks: Benchmarks) -> None:
        """Takes what the selection knows."""
        self._table = table
        self._choice = choice
        self._criteria = criteria
        self._benchmarks = benchmarks

    def of(self, index: int, judgement: Judgement, deciding: tuple[str, ...], format_alias: str | None) -> Rejection:
        """The reason of a row.

        index         the number of a row that is rejected
        deciding      the values that say whether it is correct
        format_alias  the score of its format, if there is one
        """
        step = _NAME[int(self._choice.fate[index])]
        if step in ("judged", "correct"):
            return Rejection(step, _judged(judgement, deciding))
        if step == FORMAT and format_alias is not None:
            return Rejection(step, _told(format_alias, judgement))
        return Rejection(step, self._of_others(step, index) or self._of_the_row(step, index))

    def _of_others(self, step: str, index: int) -> str | None:
        """The sentence about a row that others stand against."""
        other, measure = int(self._choice.other[index]), float(self._choice.measure[index])
        if step == "pass_rate":
            return f"{measure:.1%} of the completions of its prompt are correct"
        if step == "duplicates":
            what = "the same equations" if self._criteria.distinct_equations else "the same"
            return f"{what} as {self._table.where(other)}"
        if step == "near_duplicates":
            return f"{measure:.0%} the same as {self._table.where(other)}"
        if step == "per_prompt":
            if self._criteria.to == "dpo":
                return "nothing of its prompt is left to make a pair with"
            most = self._criteria.per_prompt
            return "its prompt has a better completion" if most == 1 else f"its prompt has {most} better completions"
        return None

    def _of_the_row(self, step: str, index: int) -> str:
        """The sentence of the check that a row fails by itself."""
        if step == "contaminated":
            found = self._benchmarks.where(int(self._table.measure_last[index]))
            return f"its prompt shares eight words in a row with {found}"
        last = step == LAST[0].step
        check = LAST[self._table.failed_last[index] - 1] if last else CHECKS[self._table.failed[index] - 1]
        measure = self._table.measure_last[index] if last else self._table.measure[index]
        return check.sentence(measure, self._criteria)


def _judged(judgement: Judgement, deciding: tuple[str, ...]) -> str:
    told = "; ".join(_told(name, judgement) for name in deciding)
    return told or "it has no reward"


def _told(name: str, judgement: Judgement) -> str:
    value, reason = judgement.value(name), judgement.reason(name)
    head = name if value is None else f"{name} {value:g}"
    return f"{head}: {reason}" if reason else f"{head}: none" if value is None else head
