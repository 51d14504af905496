"""rewardkit in the trainers of the field, and what adapters of other trainers are made of.

    from rewardkit_trainers import RowScorer, row_of

    scorer = RowScorer("rubric.yaml", on_none="mean")
    row = row_of(prompt, completion, {"answer": "2"}, group="question 7")
    (result,) = scorer.judge([row])                             # or: await scorer.judge_async([row])
    (numbers,) = scorer.numbers([result], ["question 7"])       # {"score": 1.0, "rewardkit/math": 1.0, …}

Names are imported when they are first used, so that the help of our commands loads no trainer.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rewardkit_trainers.imputation import OnNone as OnNone
    from rewardkit_trainers.imputation import UnrewardedError as UnrewardedError
    from rewardkit_trainers.naming import named_values as named_values
    from rewardkit_trainers.naming import why_no_reward as why_no_reward
    from rewardkit_trainers.row_scorer import RowScorer as RowScorer
    from rewardkit_trainers.samples import row_of as row_of

_MODULE_OF = {
    "OnNone": "imputation",
    "RowScorer": "row_scorer",
    "UnrewardedError": "imputation",
    "named_values": "naming",
    "row_of": "samples",
    "why_no_reward": "naming",
}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 - a test holds the imports above to it


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'rewardkit_trainers' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"rewardkit_trainers.{_MODULE_OF[name]}"), name)
    return value


def __dir__() -> list[str]:
    return __all__
