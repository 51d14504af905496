"""The arguments of a TRL reward function: the batch, and the trainer's state behind it.

TRL passes lists (`prompts`, `completions`, `completion_ids`, one for each column of the data set), `trainer_state`, and
two functions, `log_extra` and `log_metric`, that are methods of the trainer. Through the object that `log_metric` is
bound to a batch learns what TRL passes nobody: which tokens end a completion, the size of a group, whether it trains or
evaluates, its rank. Trainers that pass no `log_metric` (online DPO, asynchronous GRPO) leave these unknown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rewardkit_trainers.reasoning_tokens import reasoning_tokens, text_with_tags
from rewardkit_trainers.samples import row_of

_PREFILL_CHARACTERS = 512
"""Characters at the end of a rendered prompt that may open the reasoning."""
_NO_COLUMNS = frozenset(("environments",))
"""Lists that TRL passes beside the columns, of objects that are no data."""


@dataclass(frozen=True)
class Batch:
    """The completions that one call of a reward function judges."""

    prompts: Sequence[Any]
    completions: Sequence[Any]
    completion_ids: Sequence[Sequence[int]] | None
    columns: Mapping[str, Sequence[Any]]
    state: Any
    """transformers' TrainerState; None where the trainer passes none."""
    log_extra: Callable[[str, list[Any]], None] | None
    log_metric: Callable[[str, float], None] | None

    @classmethod
    def of(cls, prompts: Sequence[Any], completions: Sequence[Any], arguments: Mapping[str, Any]) -> "Batch":
        """The batch of a call; `arguments` are the other keyword arguments; lists of its length are columns."""
        named = ("completion_ids", "trainer_state", "log_extra", "log_metric")
        columns = {
            name: values
            for name, values in arguments.items()
            if name not in named
            and name not in _NO_COLUMNS
            and (isinstance(values, list | tuple) or hasattr(values, "tolist"))
            and len(values) == len(completions)
        }
        ids, state, log_extra, log_metric = (arguments.get(name) for name in named)
        return cls(prompts, completions, ids, columns, state, log_extra, log_metric)

    @property
    def trainer(self) -> Any:
        """The trainer that calls; None where it passes no method of its own."""
        bound = getattr(self.log_metric, "__self__", None)
        return bound if hasattr(bound, "reward_func_names") else None

    @property
    def progress(self) -> float:
        """How far training has come, from 0 to 1; 1, as everywhere in rewardkit, where it is unknown."""
        if self.state is None or self.state.max_steps <= 0:
            return 1.0
        return float(min(1.0, max(0.0, self.state.global_step / self.state.max_steps)))

    @property
    def training(self) -> bool:
        """True if the completions are trained on; False in an evaluation."""
        return self.trainer is None or bool(self.trainer.model.training)

    @property
    def step(self) -> int:
        """The step of training that these completions are for, counted from 1; of an evaluation the steps before it."""
        return (0 if self.state is None else int(self.state.global_step)) + self.training

    @property
    def rank(self) -> int:
        """The process that judges."""
        return 0 if self.trainer is None else int(self.trainer.accelerator.process_index)

    @property
    def group_size(self) -> int | None:
        """How many completions TRL generates of each prompt; None where it is unknown."""
        if self.trainer is None:
            return None
        return int(self.trainer.num_generations if self.training else self.trainer.num_generations_eval)

    def splits_groups(self) -> bool:
        """True if a group of this batch continues in another process."""
        trainer, size = self.trainer, self.group_size
        return bool(trainer and size and trainer.accelerator.num_processes > 1 and len(self.prompts) % size)

    def groups(self) -> list[int]:
        """The number of each completion's group: the generations of one prompt, which TRL puts beside each other."""
        size = self.group_size
        if size and len(self.prompts) % size == 0:
            return [index // size for index in range(len(self.prompts))]
        numbers: list[int] = []
        for index, prompt in enumerate(self.prompts):
            same = index > 0 and prompt == self.prompts[index - 1]
            numbers.append(numbers[-1] + (not same) if numbers else 0)
        return numbers

    def rows(self, group_key: Callable[[int], str]) -> list[dict[str, Any]]:
        """A row for each completion; `group_key` names the groups that `groups` numbers."""
        ends = self._end_tokens()
        rows = []
        prefills: dict[int, str | None] = {}
        tokenizer = self._tokenizer()
        for index, (prompt, completion, group) in enumerate(
            zip(self.prompts, self.completions, self.groups(), strict=True)
        ):
            ids = None if self.completion_ids is None else self.completion_ids[index]
            if group not in prefills:
                prefills[group] = self._prefill(prompt)
            if tokenizer is not None and ids is not None:
                completion = _with_tags(tokenizer, ids, completion)  # noqa: PLW2901 - the same completion, whole
            rows.append(
                row_of(
                    prompt,
                    completion,
                    {name: values[index] for name, values in self.columns.items()},
                    completion_tokens=None if ids is None else len(ids),
                    truncated=None if ends is None or not ids else int(ids[-1]) not in ends,
                    group=group_key(group),
                    prefill=prefills[group],
                    reasoning_tokens=None if tokenizer is None or ids is None else reasoning_tokens(tokenizer, ids),
                )
            )
        return rows

    def _prefill(self, prompt: Any) -> str | None:
        """The end of a chat as the trainer's template renders it, which may open the reasoning; None if unknown."""
        if self.trainer is None or isinstance(prompt, str) or not prompt or prompt[-1].get("role") == "assistant":
            return None
        template = getattr(self.trainer, "chat_template", None)
        settings = getattr(self.trainer, "chat_template_kwargs", None) or {}
        chosen = {"chat_template": template} if template else {}
        try:
            rendered = self.trainer.processing_class.apply_chat_template(
                list(prompt), tokenize=False, add_generation_prompt=True, **(dict(settings) | chosen)
            )
        except Exception:  # noqa: BLE001 - a template may raise anything; the trainer has rendered this prompt its own way
            return None
        return rendered[-_PREFILL_CHARACTERS:] if isinstance(rendered, str) else None

    def _end_tokens(self) -> set[int] | None:
        """The tokens of which one ends every completion that was not cut off; None where it is unknown."""
        ends = getattr(self.trainer, "eos_token_ids", None)
        if ends is None:
            return None
        return {*ends, self._tokenizer().pad_token_id}

    def _tokenizer(self) -> Any:
        """The trainer's tokenizer; None if unknown."""
        processing = getattr(self.trainer, "processing_class", None)
        return getattr(processing, "tokenizer", processing)


def _with_tags(tokenizer: Any, ids: Sequence[int], completion: Any) -> Any:
    """A completion with the tags of its reasoning, where TRL's decoder has left them out with the special tokens."""
    if isinstance(completion, str):
        return text_with_tags(tokenizer, ids, completion)
    if (
        len(completion) == 1
        and completion[0].keys() == {"role", "content"}
        and isinstance(completion[0]["content"], str)
    ):
        return [completion[0] | {"content": text_with_tags(tokenizer, ids, completion[0]["content"])}]
    return completion
