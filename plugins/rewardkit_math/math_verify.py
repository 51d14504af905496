"""The reward `math_verify`: Math-Verify's own verdict, with its own parameters.

For those who come from Math-Verify, as a probe beside `math`, and for `rewardkit diff`. It runs in a process that can
be killed, from any thread: Math-Verify's own time limits need the main thread and are switched off.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from rewardkit import Reward, RewardContext, RewardParams, Sample, Score
from rewardkit_math.ground_truth import ground_truth_texts
from rewardkit_math.helper_process import Helper, HelperError, HelperTimeoutError


class MathVerifyParams(RewardParams):
    """Parameters of Math-Verify's `parse` and `verify`, under their names and with their defaults."""

    extraction: tuple[Literal["latex", "expr", "string"], ...] = ("latex", "expr")
    """Kinds of answers that are extracted, of the ground truth and of the completion."""
    boxed_match_priority: int = 50
    """Priority of boxes among LaTeX matches: lower comes first, -1 for no priority."""
    try_extract_without_anchor: bool = True
    """Extract also what no "the answer is" announces."""
    fallback_mode: Literal["no_fallback", "first_match"] = "first_match"
    """The value that is returned where something was matched and could not be parsed."""
    extraction_mode: Literal["first_match", "any_match"] = "any_match"
    """Try only the first match, or all."""
    float_rounding: int = 6
    """Decimal places to which numbers are rounded."""
    numeric_precision: int = 15
    """Digits to which numbers are evaluated."""
    strict: bool = True
    """Names must be the same; sets and tuples are told apart."""
    allow_set_relation_comp: bool = False
    """Compare a set with a relation also where the ground truth is the set."""
    parsing_timeout: float = Field(default=5.0, gt=0)
    """Seconds of processor time to parse either side."""
    timeout_seconds: float = Field(default=5.0, gt=0)
    """Seconds of processor time to compare."""


class MathVerifyReward(Reward):
    """1 where Math-Verify calls the answer equal to the ground truth, 0 otherwise."""

    name = "math_verify"
    Params: ClassVar[type[RewardParams]] = MathVerifyParams
    cost_ms = 20.0
    value_range = (0.0, 1.0)
    reads = ("ground_truth",)

    def __init__(self, params: Any, context: RewardContext) -> None:
        super().__init__(params, context)
        self._helper = Helper("rewardkit_math.math_verify:verdict")
        self._options = params.model_dump(exclude={"parsing_timeout", "timeout_seconds"})
        self._cpu_s = 2 * params.parsing_timeout + params.timeout_seconds

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def close(self) -> None:
        self._helper.close()

    def _score(self, sample: Sample) -> Score:
        texts = ground_truth_texts(sample.ground_truth)
        if texts is None:
            if sample.ground_truth is None:
                return Score.abstained("no ground truth in this row", kind="no_ground_truth")
            return Score.abstained("the ground truth holds no mathematics", kind="not_applicable")
        answer = sample.parts.answer or ""
        for text in texts:
            try:
                found = self._helper.ask(text, answer, self._options, cpu_s=self._cpu_s)
            except HelperTimeoutError as error:
                return Score.scored(0.0, f"Math-Verify gave no verdict: {error}", kind="time_limit")
            except HelperError as error:
                return Score.failed(f"Math-Verify failed: {error}", kind="plugin_error")
            details = {"ground_truth": found["ground_truth"], "answer": found["answer"]}
            if not found["ground_truth"]:
                reason = "Math-Verify cannot read the ground truth"
                return Score.abstained(reason, kind="unreadable_ground_truth", **details)
            if found["equal"]:
                return Score.scored(1.0, "Math-Verify calls it equal", **details)
        if not details["answer"]:
            return Score.scored(0.0, "Math-Verify finds no answer", kind="no_answer", **details)
        return Score.scored(0.0, "Math-Verify calls it different", **details)


def verdict(ground_truth: str, answer: str, options: dict[str, Any]) -> dict[str, Any]:
    """Both sides as Math-Verify reads them, and True where it calls them equal; runs in the helper process."""
    import math_verify  # noqa: PLC0415 - loads sympy and antlr, and only the helper process needs them

    options = dict(options)
    anchorless, boxed = options.pop("try_extract_without_anchor"), options.pop("boxed_match_priority")
    kinds = {
        "latex": lambda: math_verify.LatexExtractionConfig(
            try_extract_without_anchor=anchorless,
            boxed_match_priority=boxed,
            normalization_config=_default_normalization(),
        ),
        "expr": lambda: math_verify.ExprExtractionConfig(try_extract_without_anchor=anchorless),
        "string": math_verify.StringExtractionConfig,
    }
    reading = {
        "extraction_config": [kinds[kind]() for kind in options.pop("extraction")],
        "fallback_mode": options.pop("fallback_mode"),
        "extraction_mode": options.pop("extraction_mode"),
        "parsing_timeout": None,
    }
    delimited = "$" in ground_truth or "\\boxed" in ground_truth or "\\(" in ground_truth or "\\[" in ground_truth
    wanted = math_verify.parse(ground_truth if delimited else f"\\boxed{{{ground_truth}}}", **reading)
    found = math_verify.parse(answer, **reading)
    equal = bool(wanted and found and math_verify.verify(wanted, found, timeout_seconds=None, **options))
    return {"equal": equal, "ground_truth": _shown(wanted), "answer": _shown(found)}


def _default_normalization() -> Any:
    """The normalization of `parse`'s own default, which differs from that of LatexExtractionConfig."""
    import inspect  # noqa: PLC0415 - only in the helper process

    import math_verify  # noqa: PLC0415 - only in the helper process

    return inspect.signature(math_verify.parse).parameters["extraction_config"].default[0].normalization_config


def _shown(parsed: list[Any]) -> str:
    """The text of what was parsed, short; empty where nothing was."""
    return str(parsed[-1])[:200] if parsed else ""
