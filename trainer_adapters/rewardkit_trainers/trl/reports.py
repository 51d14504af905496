"""Distributions of the rewards, and TensorBoard's table of completions, in what the trainer reports to.

    histograms         `rewards/ALIAS/histogram`, `reward/histogram`   TensorBoard, Weights & Biases, trackio
    completions table  text `completions`                              TensorBoard; TRL writes the others' itself
                                                                       (`log_completions=True`, with `ALIAS_reason`)

Written at each log entry by the main process, of the training completions that it has judged since the last. What goes
wrong with a reporter is a warning.
"""

import importlib
from collections import defaultdict
from typing import Any

import numpy as np
from transformers import TrainerCallback
from transformers.integrations import TensorBoardCallback

from rewardkit_trainers.trl.batch_scorer import JudgedBatch
from rewardkit_trainers.trl.listeners import Listeners

TABLE_ROWS = 8
"""Completions of a table in TensorBoard."""
_CELL_CHARACTERS = 500
_LIBRARIES = ("wandb", "trackio")
"""Reporters that have a `log` and a `Histogram`."""


class Reports(TrainerCallback):  # type: ignore[misc]
    """Hands distributions to the reporters of a trainer."""

    def __init__(self, trainer: Any) -> None:
        """Also to be appended to the listeners of the trainer's batch scorer, as `keep`."""
        self._trainer = trainer
        self._values: dict[str, list[float]] = defaultdict(list)
        self._last: JudgedBatch | None = None
        self._write: Listeners[int] = Listeners(self._to_tensorboard, self._to_libraries)

    def keep(self, judged: JudgedBatch) -> None:
        """Keeps the values of a batch until the next log entry."""
        if not (judged.batch.training and self._trainer.accelerator.is_main_process):
            return
        self._last = judged
        for result in judged.results:
            if result.reward is not None:
                self._values["reward"].append(result.reward)
            for alias, score in result.scores.items():
                if score.value is not None:
                    self._values[f"rewards/{alias}"].append(score.value)

    def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Writes what was kept."""
        del args, control
        if self._values:
            self._write(state.global_step)
        self._values.clear()

    def _to_tensorboard(self, step: int) -> None:
        for callback in self._trainer.callback_handler.callbacks:
            writer = callback.tb_writer if isinstance(callback, TensorBoardCallback) else None
            if writer is None:
                continue
            for name, values in self._values.items():
                writer.add_histogram(f"train/{name}/histogram", np.asarray(values), step)
            if self._trainer.args.log_completions and self._last:
                writer.add_text("completions", _table(self._last), step)

    def _to_libraries(self, step: int) -> None:
        for name in _LIBRARIES:
            if name not in self._trainer.args.report_to:
                continue
            library = importlib.import_module(name)
            histograms = {f"train/{key}/histogram": library.Histogram(values) for key, values in self._values.items()}
            library.log({**histograms, "train/global_step": step})


def _table(judged: JudgedBatch) -> str:
    """The first completions of a batch as a table of Markdown."""
    aliases = list(judged.results[0].scores)
    lines = ["| prompt | completion | reward | " + " | ".join(aliases) + " |", "|---" * (3 + len(aliases)) + "|"]
    for row, result in list(zip(judged.rows, judged.results, strict=True))[:TABLE_ROWS]:
        scores = [f"{score.value} ({score.reason})" for score in result.scores.values()]
        cells = [str(row["prompt"]), str(row["completion"]), str(result.reward), *scores]
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    """A text that stays in its cell, whatever a completion writes."""
    short = text if len(text) <= _CELL_CHARACTERS else text[: _CELL_CHARACTERS - 1] + "…"
    escaped = short.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").replace("`", "\\`")
    return " ".join(escaped.split())
