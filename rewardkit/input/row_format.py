"""The formats of rows that common tools write, as one table of data (`ROW_FORMATS`).

A format says which columns give it away, and for each field of a Sample the paths to look at. A path is a column, or
a dotted path into one (`reward_model.ground_truth`, `choices.0.message`). Names are compared without regard to
capitals, spaces, hyphens and underscores: `Ground Truth` is `ground_truth`. `docs/row-formats.md` is
the page for users.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rewardkit.input import coercion

BLOCK = "rewardkit"
"""The column of an output row that holds the judgement."""


def is_judgement(value: Any) -> bool:
    """True for a block that some version of rewardkit wrote, and for null, as tables write one that is missing."""
    return value is None or (isinstance(value, Mapping) and {"reward", "scores"} <= value.keys())


ColumnPath = str
"""A column, or a dotted path into one."""
Convert = Callable[[Any], Any]

_COMPLETION = (
    "completion", "response", "responses", "output", "generation", "generated_text", "prediction", "model_output",
    "model_response", "model_completion", "output_text",
)  # fmt: skip
LISTS_OF_COMPLETIONS = ("completions", "generations", "outputs", "samples", "candidates", "rollouts", "predictions")
_PROMPT = ("prompt", "question", "problem", "input", "instruction", "query", "messages")
_GROUND_TRUTH = (
    "ground_truth", "reward_model.ground_truth", "expected_answer", "reference_answer", "correct_answer",
    "final_answer", "gt_answer", "answer", "solution", "target", "expected", "gold", "gt", "reference", "label",
    "labels", "extra_info.answer",
)  # fmt: skip
_COMPLETION_TOKENS = (
    "completion_tokens", "num_generated_tokens", "response_length", "completion_ids", "response_ids",
    "usage.completion_tokens", "usage.output_tokens",
)  # fmt: skip
_TRUNCATED = ("truncated", "is_truncated", "finish_reason", "stop_reason")
_GROUP = ("group", "group_id", "uid", "prompt_id", "example_id", "task_id")


@dataclass(frozen=True)
class RowFormat:
    """Where one kind of file keeps the fields of a sample."""

    about: str
    """The tools that write it, and where in their source."""
    signs: tuple[tuple[ColumnPath, ...], ...]
    """The format fits a row that has one path out of each of these."""
    completion: tuple[ColumnPath, ...] = _COMPLETION
    prompt: tuple[ColumnPath, ...] = _PROMPT
    ground_truth: tuple[ColumnPath, ...] = _GROUND_TRUTH
    completion_tokens: tuple[ColumnPath, ...] = _COMPLETION_TOKENS
    truncated: tuple[ColumnPath, ...] = _TRUNCATED
    group: tuple[ColumnPath, ...] = _GROUP
    reasoning: tuple[ColumnPath, ...] = ()
    """Nowhere by itself: a data set's own `reasoning` is often a teacher's. A mapping may name one."""
    prefill: tuple[ColumnPath, ...] = ()
    convert: Mapping[str, Convert] = field(default_factory=dict)
    """How this format's own values become fields, where `CONVERT` would not do."""

    def paths(self, name: str) -> tuple[ColumnPath, ...]:
        """The paths of a field, by its name."""
        paths: tuple[ColumnPath, ...] = getattr(self, name)
        return paths


CONVERT: Mapping[str, Convert] = {
    "completion": coercion.completion,
    "prompt": coercion.prompt,
    "ground_truth": coercion.plain,
    "reasoning": coercion.reasoning,
    "prefill": coercion.text,
    "completion_tokens": coercion.completion_tokens,
    "truncated": coercion.truncated,
    "group": coercion.group,
}
"""By the name of a field that a format or a mapping can name: how its values become the field's, in every format."""

ROW_FORMATS: dict[str, RowFormat] = {
    "lm-eval": RowFormat(
        "lm-evaluation-harness's --log_samples (lm_eval/evaluator.py): doc, target, arguments, resps",
        signs=(("doc",), ("resps",)),
        completion=("resps",),  # filtered_resps holds what a filter made of it; judging wants what the model wrote
        prompt=("arguments",),
        ground_truth=("target",),
        group=("doc_id",),
        convert={"prompt": coercion.first_argument},
    ),
    "verl": RowFormat(
        "verl's dataset (docs/preparation/prepare_data.rst) with the responses that main_generation.py adds",
        signs=(("prompt",), ("data_source",), ("reward_model.ground_truth",)),
        completion=("responses", "response", "completion", "output"),
        ground_truth=("reward_model.ground_truth",),
    ),
    "verl-rollout": RowFormat(
        "verl's rollout dump (ray_trainer.py, _dump_generations): input, output, gts, score, step",
        signs=(("input",), ("output",), ("gts", "step")),
        completion=("output",),
        prompt=("input",),
        ground_truth=("gts", "ground_truth"),
    ),
    "openai-batch": RowFormat(
        "OpenAI's Batch API, output file (guides/batch): custom_id, response.body of chat completions or responses",
        signs=(("custom_id",), ("response.body", "error")),
        completion=("response.body.choices", "response.body.output"),
        completion_tokens=("response.body.usage.completion_tokens", "response.body.usage.output_tokens"),
        truncated=("response.body.choices.0.finish_reason", "response.body.incomplete_details.reason"),
        convert={"completion": coercion.choices_or_items},
    ),
    "nemo-gym": RowFormat(
        "NeMo Gym's rollouts (nemo_gym/rollout_collection.py): responses_create_params, response of the Responses API",
        signs=(("response.output",),),
        completion=("response.output",),
        prompt=("responses_create_params.input", *_PROMPT),
        completion_tokens=("response.usage.output_tokens",),
        truncated=("response.incomplete_details.reason",),
        convert={"completion": coercion.choices_or_items},
    ),
    "openai-response": RowFormat(
        "a response of OpenAI's chat completions or completions, as it came: choices, usage",
        signs=(("choices.0.message", "choices.0.text"),),
        completion=("choices",),
        completion_tokens=("usage.completion_tokens", *_COMPLETION_TOKENS),
        truncated=("choices.0.finish_reason",),
        convert={"completion": coercion.choices_or_items},
    ),
    "plain": RowFormat(
        "a column for each field: TRL's datasets, standard and conversational, and its completions_*.parquet "
        "(grpo_trainer.py, log), OpenRLHF's batch_inference.py, NeMo-Skills, verifiers, HumanEval's samples",
        signs=(_COMPLETION,),
    ),
    "messages": RowFormat(
        "OpenAI's chats: the last message of the assistant is the completion, what stands before it the prompt",
        signs=(("messages", "conversation"),),
        completion=("messages", "conversation"),
        prompt=("messages", "conversation"),
        convert={"completion": coercion.last_answer, "prompt": coercion.before_last_answer},
    ),
    "samples": RowFormat(
        "several completions a row, in a list: open-r1's generations, vLLM's outputs; each is judged as a row",
        signs=(LISTS_OF_COMPLETIONS,),
        completion=LISTS_OF_COMPLETIONS,
    ),
}
"""By name, in the order in which they are tried."""


def column_key(name: str) -> str:
    """The name of a column as names are compared: `Ground Truth`, `ground-truth` and `groundTruth` are one."""
    return re.sub(r"[\s_-]", "", name).lower()


KNOWN_PATHS: Mapping[str, tuple[str, ...]] = {
    name: tuple(dict.fromkeys(column_key(path) for each in ROW_FORMATS.values() for path in each.paths(name)))
    for name in CONVERT
}
"""By field: the key of every path where some format looks for it."""


def find_path(data: Mapping[str, Any], path: ColumnPath) -> ColumnPath | None:
    """A path as the row spells it; None where the row has no such column.

    A column of that very name goes before a path, and an exact name before one that differs in capitals.
    """
    if path in data:
        return path
    spelled = {column_key(name): name for name in reversed(list(data))}
    if (name := spelled.get(column_key(path))) is not None:
        return name
    first, dot, rest = path.partition(".")
    if not dot:
        return None
    column = first if first in data else spelled.get(column_key(first))
    return None if column is None else f"{column}.{rest}"
