"""Judged rows in the formats of other tools: `rewardkit score --to NAME -o FILE`.

    inspect-scores  Inspect's `precomputed_scores`: a line for each row, by its `id`, else its line number
    harbor          Harbor's `reward.json`: one object of numbers, of one row
    verifiers       traces of verifiers 0.4, a line for each row

A row without a reward is never a 0: Inspect gets no record (the sample stays unscored), Harbor no file, verifiers a
trace with an error. The file appears whole, at the end.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import Any, Self

from rewardkit.errors import ConfigError, InfrastructureError
from rewardkit.input.row import Row
from rewardkit.output.os_errors import os_errors_as_output_errors
from rewardkit.output.writers import refuse_inputs
from rewardkit.sample import Sample
from rewardkit.suggestions import nearest

Line = Mapping[str, Any] | None


class Export:
    """A file in the format of another tool."""

    def __init__(self, name: str, path: str | None, *, inputs: Iterable[str | Path] = ()) -> None:
        """Creates a hidden file beside `path`.

        name    a key of EXPORTS
        inputs  the files that are read, of which the output must be none
        raises  ConfigError for an unknown name and where no file is named, OutputError for what cannot be written
        """
        if name not in EXPORTS:
            known = ", ".join(EXPORTS)
            raise ConfigError(f"--to {name}: no format of that name{nearest(name, EXPORTS)}; known: {known}")
        if path is None or path == "-":
            raise ConfigError(f"--to {name}: into which file? name it with -o")
        refuse_inputs(path, inputs)
        self._path = Path(path)
        self._line = EXPORTS[name]()
        self._single = name == "harbor"
        self._lines = 0
        with os_errors_as_output_errors(path):
            self._file = NamedTemporaryFile(  # noqa: SIM115 - closed by __exit__
                "w", encoding="utf-8", dir=self._path.parent, prefix=f".{self._path.name}.", delete=False
            )

    def write(self, row: Row, sample: Sample, block: Mapping[str, Any]) -> None:
        """Appends a judged row.

        raises  InfrastructureError for a row without a reward where there is one row alone
        """
        self._lines += 1
        if self._single and self._lines > 1:
            raise ConfigError("--to harbor: a reward.json holds one row, and here are several; use --limit 1")
        line = self._line(row, sample, block)
        if line is None and self._single:
            raise InfrastructureError(f"no reward, so no file, which Harbor reports as an error: {_reasons(block)}")
        if line is not None:
            with os_errors_as_output_errors(self._path):
                self._file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        hidden = Path(self._file.name)
        try:
            with os_errors_as_output_errors(self._path):
                self._file.close()
                if kind is None:
                    hidden.chmod(0o666 & ~_umask())
                    hidden.replace(self._path)
        finally:
            hidden.unlink(missing_ok=True)


class InspectScores:
    """A record of Inspect's: id, epoch, value, explanation and, as metadata, the value of each reward."""

    def __init__(self) -> None:
        self._epochs: Counter[str] = Counter()

    def __call__(self, row: Row, sample: Sample, block: Mapping[str, Any]) -> Line:
        """The record; None where there is no reward. A row that names no epoch is the next of its id."""
        del sample
        identity = str(row.data.get("id", row.data.get("sample_id", row.line)))
        self._epochs[identity] += 1
        epoch = row.data.get("epoch")
        if block["reward"] is None:
            return None
        return {
            "id": identity,
            "epoch": epoch if isinstance(epoch, int) else self._epochs[identity],
            "value": block["reward"],
            "explanation": "; ".join(f"{alias}: {score['reason']}" for alias, score in block["scores"].items()),
            "metadata": values_of(block),
        }


class HarborReward:
    """Harbor's rewards: `reward`, and the value of each reward that has one. All are finite numbers."""

    def __call__(self, row: Row, sample: Sample, block: Mapping[str, Any]) -> Line:
        """The object; None where there is no reward."""
        del row, sample
        if block["reward"] is None:
            return None
        return {"reward": block["reward"], **values_of(block)}


class VerifiersTrace:
    """A trace of verifiers: the messages, the reward, the value of each reward as a metric."""

    def __call__(self, row: Row, sample: Sample, block: Mapping[str, Any]) -> Line:
        """The trace; with an error where there is no reward."""
        asked, answered = _messages(sample.prompt, "user"), _messages(sample.completion, "assistant")
        nodes = [
            {"parent": n - 1 if n else None, "message": message, "sampled": n >= len(asked) and _is_models(message)}
            for n, message in enumerate([*asked, *answered])
        ]
        reward = block["reward"]
        data = {"prompt": sample.prompt_text, "ground_truth": sample.ground_truth, **_identity(row)}
        return {
            "task": {"type": "rewardkit", "data": data},
            "agent": {"config": {}},
            "nodes": nodes,
            "rewards": {} if reward is None else {"rewardkit": {"score": reward, "weight": 1.0}},
            "metrics": {f"rewardkit/{name}": value for name, value in values_of(block).items()},
            "is_completed": True,
            "ok": reward is not None,
            "errors": [] if reward is not None else [{"type": "TaskError", "message": f"no reward: {_reasons(block)}"}],
        }


EXPORTS: Mapping[str, Callable[[], Callable[[Row, Sample, Mapping[str, Any]], Line]]] = {
    "inspect-scores": InspectScores,
    "harbor": HarborReward,
    "verifiers": VerifiersTrace,
}
"""Values of `--to`, with their exporters."""


def values_of(block: Mapping[str, Any]) -> dict[str, float]:
    """The values of a block by alias, and named values by `alias.name`; those that there are."""
    values: dict[str, float | None] = {}
    for alias, score in block["scores"].items():
        values[alias] = score["value"]
        values |= {f"{alias}.{name}": value for name, value in (score.get("values") or {}).items()}
    return {name: value for name, value in values.items() if value is not None}


def _identity(row: Row) -> dict[str, Any]:
    return {"id": str(row.data["id"])} if "id" in row.data else {}


def _reasons(block: Mapping[str, Any]) -> str:
    missing = {alias: score for alias, score in block["scores"].items() if score["value"] is None}
    return "; ".join(f"{alias} {score['status']}: {score['reason']}" for alias, score in missing.items())


def _messages(chat: Any, role: str) -> list[dict[str, Any]]:
    """A text or a chat as messages that verifiers reads: of what it does not know the text is kept."""
    if isinstance(chat, str):
        return [{"role": role, "content": chat}]
    found = []
    for message in chat:
        said = {"role": "system" if message.role == "developer" else message.role, "content": message.answer_text}
        if message.role == "assistant" and message.reasoning_content:
            said["reasoning_content"] = message.reasoning_content
        if message.role == "tool":
            said["tool_call_id"] = str((message.model_extra or {}).get("tool_call_id", ""))
        found.append(said)
    return found


def _is_models(message: Mapping[str, Any]) -> bool:
    return bool(message["role"] == "assistant")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
