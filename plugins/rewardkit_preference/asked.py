"""The question to the judge about a sample, or the score of a sample that needs no question. Pure."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from rewardkit import Sample, Score
from rewardkit_preference.conversation import Conversation, NotJudgeable, conversation_of
from rewardkit_preference.criteria import COLUMNS, Criterion, UnreadableCriteriaError, criteria_of
from rewardkit_preference.judge_params import JudgeModelParams
from rewardkit_preference.judge_reply import Question, question_of

_GRADE = "Judge how well the answer helps the user: whether it is right, to the point, complete and clear."
COMPARE = (
    "Judge which answer helps the user more: which is right, to the point, complete and clear. Length earns nothing."
)
_MEET = "Say of each criterion whether the answer meets it. Judge each alone, by what the answer says and nothing else."


class Asked(NamedTuple):
    """One sample's question."""

    question: Question
    criteria: tuple[Criterion, ...]
    truncated: bool


def asked_of(sample: Sample, params: JudgeModelParams) -> Asked | Score:
    """The question about a sample, or its score where there is nothing to ask."""
    try:
        whole = conversation_of(sample, params.part)
        criteria = _criteria(sample, params) if params.mode == "criteria" else ()
    except NotJudgeable as reason:
        return Score.abstained(str(reason))
    except UnreadableCriteriaError as reason:
        return Score.abstained(str(reason), kind="unreadable_ground_truth")
    if criteria is None:
        return Score.abstained("the row has no criteria", kind="no_ground_truth")
    most = params.max_characters
    if sum(len(message["content"]) for message in whole.messages) > most:
        return Score.abstained(f"the prompt has more than {most} characters", kind="unsupported")
    if not whole.answer:
        return Score.scored(0.0, f"the {params.part} is empty", kind="no_answer")
    truncated = len(whole.answer) > most
    if truncated and params.too_long == "abstain":
        return Score.abstained(f"the {params.part} has more than {most} characters", kind="unsupported")
    return Asked(_put(whole._replace(answer=whole.answer[:most]), criteria, sample, params), criteria, truncated)


def _put(
    conversation: Conversation, criteria: Sequence[Criterion], sample: Sample, params: JudgeModelParams
) -> Question:
    shown = [(_shown_name(path), _text_of(sample.column(path))) for path in params.show]
    return question_of(
        conversation,
        params.criteria or (_MEET if criteria else _GRADE),
        shown=tuple((name, text) for name, text in shown if text),
        items=tuple(one.text for one in criteria),
        scale=params.scale,
    )


def _criteria(sample: Sample, params: JudgeModelParams) -> tuple[Criterion, ...] | None:
    if params.items:
        return tuple(criteria_of(list(params.items)))
    paths = COLUMNS if params.criteria_column is None else (params.criteria_column,)
    written = next((value for path in paths if (value := sample.column(path)) is not None), None)
    return None if written is None else tuple(criteria_of(written))


def _shown_name(path: str) -> str:
    return "reference answer" if path == "ground_truth" else path


def _text_of(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False, default=str)
