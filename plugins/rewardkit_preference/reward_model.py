"""The reward of a reward model: a sequence classifier that was trained on which of two answers people prefer.

DeepSeek-R1 uses such models for general prompts in its last stage, helpfulness judged on the final summary alone,
harmlessness on the whole completion (arXiv:2501.12948v1, section 2.3.4).
"""

import importlib.util
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from rewardkit import ConfigError, Finding, Reward, RewardContext, RewardParams, Sample, Score
from rewardkit_preference.conversation import NotJudgeable, Part, conversation_of

if TYPE_CHECKING:
    from rewardkit_preference.classifier import Encoded

INSTALL = "pip install 'rewardkit[preference]'"

BUDGET = 0.9
"""The share of the samples' deadlines that the model may take: past the whole of it the worker would be killed, and our
slowness would be taken for the completion's."""


class RewardModelParams(RewardParams):
    """Which model judges, what it reads, and what its logit becomes."""

    model: str = Field(min_length=1)
    """A folder, or the name of a model on the Hugging Face Hub."""
    revision: str | None = None
    """Of a model on the Hub: the commit, tag or branch. A commit makes a run repeatable."""
    part: Part = "answer"
    """`answer`: what follows the reasoning. `whole`: all of the completion, the reasoning too."""
    normalise: Literal["none", "sigmoid"] = "none"
    """`none`: the logit itself. `sigmoid`: 1 / (1 + exp(-logit)), from 0 to 1."""
    max_tokens: int = Field(default=4096, ge=16)
    """Most tokens of prompt and completion together; less where the model has fewer positions."""
    too_long: Literal["truncate", "abstain"] = "truncate"
    """`truncate`: judge as much of the completion's beginning as fits. `abstain`: say nothing of what does not fit."""
    batch_size: int = Field(default=8, ge=1)
    """Most completions in one pass through the model."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """`auto`: bfloat16 on a GPU that has it, else float32."""
    device: str | tuple[str, ...] = "auto"
    """`auto`: cuda, else mps, else cpu; or a device such as `cuda:1`; `[cuda:0, cuda:1]` is a copy on each."""


class RewardModel(Reward):
    """The logit that a reward model from transformers gives to the answer."""

    name = "reward_model"
    Params = RewardModelParams
    cost_ms = 100.0
    sees = "group"  # of one batch, so that the same answer has the same logit to the last bit
    runs = "service"  # one copy of the model in memory

    params: RewardModelParams

    @classmethod
    def copies(cls, params: Any) -> Sequence[Any]:
        """A process for each device."""
        devices = (params.device,) if isinstance(params.device, str) else params.device
        return [params.model_copy(update={"device": device}) for device in devices]

    @classmethod
    def own_gpu(cls, params: Any) -> Any:
        """On a cluster any GPU will do, whatever number it has on its machine."""
        wanted = params.device == "auto" or params.device.startswith("cuda")
        return params.model_copy(update={"device": "cuda"}) if wanted else None

    def __init__(self, params: Any, context: RewardContext) -> None:
        super().__init__(params, context)
        if missing := _missing():
            raise ConfigError(f"reward_model needs {' and '.join(missing)}: {INSTALL}")
        from rewardkit_preference.classifier import Classifier, check_memory  # noqa: PLC0415 - imports torch

        try:
            self._classifier = Classifier(
                self.params.model,
                revision=self.params.revision,
                max_tokens=self.params.max_tokens,
                batch_size=self.params.batch_size,
                dtype=self.params.dtype,
                device=str(self.params.device),
            )
        except OSError as error:  # no such model, or no way to it
            raise ConfigError(f"reward_model: {self.params.model!r} does not load: {error}") from error
        check_memory(context.memory_bytes)

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        try:
            inputs = [self._input(sample) for sample in samples]
            encoded = [found for found in inputs if not isinstance(found, Score)]
            logits = iter(self._classifier.logits(encoded, BUDGET * self.context.deadline_s * len(samples)))
        except MemoryError:
            # What the model reads is bounded by max_tokens: memory that runs out is not the completion's doing.
            raise RuntimeError("out of memory; raise limits.memory_mb, or lower batch_size or max_tokens") from None
        return [found if isinstance(found, Score) else self._score(found, next(logits)) for found in inputs]

    def close(self) -> None:
        self._classifier.close()

    def _input(self, sample: Sample) -> "Encoded | Score":
        """The model's input for a sample, or why there is none."""
        try:
            messages, answer = conversation_of(sample, self.params.part)
            found = self._classifier.encoded(messages, answer)
        except NotJudgeable as reason:
            return Score.abstained(str(reason))
        if found.truncated and self.params.too_long == "abstain":
            most = self._classifier.max_tokens
            return Score.abstained(f"more than the {most} tokens that the model may read", kind="unsupported")
        return found

    def _score(self, found: "Encoded", logit: float | None) -> Score:
        if logit is None:
            return Score.failed("the model was not done in time; raise limits.deadline_s", kind="timeout")
        if not math.isfinite(logit):
            return Score.failed(f"the model gave {logit}; try dtype: float32")
        value = logit if self.params.normalise == "none" else 0.5 * (1.0 + math.tanh(0.5 * logit))
        reason = f"only the first part of the {self.params.part} was read" if found.truncated else ""
        return Score.scored(value, reason, logit=logit, tokens=found.tokens, truncated=found.truncated)


def finding() -> Finding:
    """A finding on the packages that the reward model needs, made without importing them."""
    missing = _missing()
    state: Literal["ok", "missing"] = "missing" if missing else "ok"
    found = f"{' and '.join(missing)} not installed" if missing else "torch and transformers are installed"
    return Finding("reward_model", state, found, INSTALL if missing else "")


def _missing() -> list[str]:
    return [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
