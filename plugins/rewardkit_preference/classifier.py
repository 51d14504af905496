"""A sequence classifier from transformers: texts in, logits out. The one module here that imports torch.

What batching must not change: a text's logit. Texts are sorted by length, so that little is padded, and padded at their
end, where neither attention nor positions reach; what is left is rounding (within 1e-4 in float32).
"""

import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import torch
from jinja2 import TemplateError
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from rewardkit import REASONING_FORMATS, ConfigError
from rewardkit_preference.conversation import NotJudgeable, without_tokens

REASONING_TAGS = REASONING_FORMATS["think"].opens + REASONING_FORMATS["think"].closes
"""Tokens that a completion may well hold; every other control token is the template's alone."""

CHARACTERS_PER_TOKEN = 64
"""A text longer than this for each token that may be read is cut before it is tokenized."""

HEADROOM_BYTES = 512 * 1024**2
"""Bytes that judging takes beside the loaded model, at the least."""


class Encoded(NamedTuple):
    """The model's input for one text."""

    inputs: Mapping[str, list[int]]
    truncated: bool
    """True if the end of the answer was left out."""

    @property
    def tokens(self) -> int:
        return len(self.inputs["input_ids"])


class Classifier:
    """A model with one logit, loaded and ready. One thread at a time."""

    def __init__(
        self, model: str, *, revision: str | None, max_tokens: int, batch_size: int, dtype: str, device: str
    ) -> None:
        """Loads the model and runs it once.

        raises  ConfigError for a model that is not a reward model; what transformers raises if it cannot be found
        """
        self.device = torch.device(_device() if device == "auto" else device)
        kind = getattr(torch, dtype) if dtype != "auto" else _dtype(self.device)
        self._tokenizer = AutoTokenizer.from_pretrained(model, revision=revision)
        loaded, report = AutoModelForSequenceClassification.from_pretrained(
            model, revision=revision, dtype=kind, output_loading_info=True
        )
        _check_head(model, loaded.config.num_labels, report)
        self._model = loaded.to(self.device).eval()
        self._config = loaded.config.get_text_config()
        self._config.use_cache = False
        self._pad: int | None = self._config.pad_token_id
        _keep_head_exact(self._model)
        self._template = None if self._tokenizer.chat_template is None else self._tokenizer.get_chat_template()
        if self._template is None and not _separates_pairs(self._tokenizer):
            raise ConfigError(
                f"model {model!r}: its tokenizer has no chat template and nothing to put between two texts, so what "
                "it was trained to read is unknown; save a chat template with its tokenizer"
            )
        positions = getattr(self._config, "max_position_embeddings", None) or max_tokens
        self.max_tokens = min(max_tokens, self._tokenizer.model_max_length, positions)
        self._control_tokens = _control_tokens(self._tokenizer, self._template or "")
        self._batch_size = batch_size
        self._stopped = threading.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reward-model")
        self.logits([self.encoded([{"role": "user", "content": "1 + 1?"}], "2")], seconds=threading.TIMEOUT_MAX)

    def encoded(self, messages: Sequence[dict[str, Any]], answer: str) -> Encoded:
        """A conversation and its answer as the model was trained to read them.

        The chat template is applied where the tokenizer has one, else the two texts stand as a pair. Where this is more
        than `max_tokens`, the answer's end is left out, never the template's end: there the model says its logit.

        raises  NotJudgeable where the prompt alone is too long, or where the template refuses its messages
        """
        asked = [message | {"content": self._plain(message["content"])} for message in messages]
        text = self._plain(answer[: CHARACTERS_PER_TOKEN * self.max_tokens])
        inputs = self._tokenized(asked, text)
        over = len(inputs["input_ids"]) - self.max_tokens
        if over <= 0:
            return Encoded(inputs, len(answer) > CHARACTERS_PER_TOKEN * self.max_tokens)
        kept = self._tokenizer.encode(text, add_special_tokens=False)
        while over > 0:
            if not kept:
                raise NotJudgeable(f"the prompt alone has more than {self.max_tokens} tokens")
            kept = kept[: max(0, len(kept) - over)]
            text = str(self._tokenizer.decode(kept, clean_up_tokenization_spaces=False))
            inputs = self._tokenized(asked, self._plain(text))
            over = len(inputs["input_ids"]) - self.max_tokens
        return Encoded(inputs, truncated=True)

    def logits(self, texts: Sequence[Encoded], seconds: float) -> list[float | None]:
        """The logit of each text, in order; None for those that were not done after so many seconds.

        A pass through the model cannot be broken off: one that takes too long goes on beside the next question, which
        waits for it.
        """
        found: list[float | None] = [None] * len(texts)
        done = self._thread.submit(self._run, texts, found, monotonic() + seconds)
        try:
            done.result(timeout=seconds)
        except TimeoutError:
            done.cancel()
        return list(found)

    def close(self) -> None:
        """Lets the model go, after the pass that is under way."""
        self._stopped.set()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _run(self, texts: Sequence[Encoded], found: list[float | None], until: float) -> None:
        # The same text has the same logit, to the last bit: advantages would blow up what rounding makes of it.
        same: dict[tuple[int, ...], list[int]] = {}
        for index, text in enumerate(texts):
            same.setdefault(tuple(text.inputs["input_ids"]), []).append(index)
        for alike in batches(list(same), self._batch_size):
            if self._stopped.is_set() or monotonic() > until:
                return
            batch = [same[ids] for ids in alike]
            with torch.inference_mode():
                logits = self._model(**self._padded([texts[places[0]].inputs for places in batch])).logits
            for places, logit in zip(batch, logits.squeeze(-1).tolist(), strict=True):
                for index in places:
                    found[index] = logit

    def _padded(self, batch: Sequence[Mapping[str, list[int]]]) -> dict[str, torch.Tensor]:
        """A batch of texts, each padded at its end to the longest."""
        pad = self._pad
        if pad is None:
            # Causal models read their logit at the last token that is not padding, so any id does that ends no text.
            ends = {inputs["input_ids"][-1] for inputs in batch}
            pad = self._config.pad_token_id = next(token for token in count() if token not in ends)
        longest = max(len(inputs["input_ids"]) for inputs in batch)
        return {
            name: torch.tensor(
                [
                    inputs[name] + [pad if name == "input_ids" else 0] * (longest - len(inputs[name]))
                    for inputs in batch
                ],
                device=self.device,
            )
            for name in batch[0]
        }

    def _tokenized(self, messages: list[dict[str, Any]], answer: str) -> dict[str, list[int]]:
        names = ("input_ids", "attention_mask", "token_type_ids")
        if self._template is None:
            prompt = "\n\n".join(message["content"] for message in messages)
            inputs = self._tokenizer(prompt, answer)
        else:
            messages = [*messages, {"role": "assistant", "content": answer}]
            try:
                inputs = self._tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True)
            except TemplateError as error:
                raise NotJudgeable(f"the model's chat template refuses the messages: {error}") from None
        return {name: list(inputs[name]) for name in names if name in inputs}

    def _plain(self, text: str) -> str:
        # transformers' own sanitize_control_tokens takes <think> for a control token too, and a version that does not
        # know it yet takes it for a variable of the template, in silence.
        return without_tokens(text, self._control_tokens)


def batches(texts: Iterable[tuple[int, ...]], most: int) -> Iterator[list[tuple[int, ...]]]:
    """The texts in batches of at most so many, the longest first, none less than half as long as its batch's longest.

    Padding costs what text costs, so of a batch at most half may be padding.
    """
    batch: list[tuple[int, ...]] = []
    for text in sorted(texts, key=len, reverse=True):
        if batch and (len(batch) == most or 2 * len(text) < len(batch[0])):
            yield batch
            batch = []
        batch.append(text)
    if batch:
        yield batch


def check_memory(limit_bytes: int) -> None:
    """ConfigError where the worker's limit leaves no room to judge in beside the loaded model (Linux)."""
    if sys.platform != "linux":
        return
    found = re.search(r"^VmData:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    taken = int(found[1]) * 1024 if found else 0
    if taken + HEADROOM_BYTES > limit_bytes:
        wanted = -(-(taken + 2 * HEADROOM_BYTES) // 1024**2)
        raise ConfigError(
            f"limits.memory_mb: found {limit_bytes // 1024**2}, but a worker with this reward model loaded takes "
            f"{taken // 1024**2} already; set it to {wanted} or more"
        )


def _check_head(model: str, labels: int, report: Mapping[str, Any]) -> None:
    """ConfigError for weights that transformers would fill with random numbers, and for more logits than one."""
    if missing := sorted(report["missing_keys"]) + sorted(str(key) for key in report["mismatched_keys"]):
        raise ConfigError(
            f"model {model!r} is not a reward model: it has no weights for {', '.join(missing[:5])}, which would be "
            "random; name a model that was saved as a sequence classifier"
        )
    if labels != 1:
        raise ConfigError(f"model {model!r} has {labels} labels; a reward model has one")


def _keep_head_exact(model: torch.nn.Module) -> None:
    """The last layer of a causal model in float32: in bfloat16 a logit of 5 has neighbours at .03, and groups tie."""
    head = getattr(model, "score", None)
    if isinstance(head, torch.nn.Linear):
        head.float().register_forward_pre_hook(lambda _, inputs: (inputs[0].float(),))


def _control_tokens(tokenizer: Any, template: str) -> tuple[str, ...]:
    """The tokens that the template alone may write: those marked special, and those that stand in it."""
    added = tokenizer.added_tokens_decoder.values()
    return tuple(
        token.content
        for token in added
        if (token.special or token.content in template)
        and token.content not in REASONING_TAGS
        and not token.content.isspace()
    )


def _separates_pairs(tokenizer: Any) -> bool:
    return bool(tokenizer.num_special_tokens_to_add(pair=True) > tokenizer.num_special_tokens_to_add(pair=False))


def _device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _dtype(device: torch.device) -> torch.dtype:
    return torch.bfloat16 if device.type == "cuda" and torch.cuda.is_bf16_supported() else torch.float32
