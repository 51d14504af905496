"""A GRPO trainer that takes its rewards from a rubric.

    trainer = RewardKitGRPOTrainer("Qwen/Qwen3-0.6B", "rubric.yaml", args=GRPOConfig(…), train_dataset=dataset)
    trainer.train()

TRL's `GRPOTrainer` with four things set up: the reward functions and weights of the rubric, checked against the data
set before anything is generated; the log-probabilities of `rewardkit_logps`; a journal of every judged completion
beside the checkpoints; and the share of the training time that judging takes.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import torch
from transformers import TrainerCallback
from trl import GRPOTrainer

from rewardkit import ConfigError, Rubric
from rewardkit_trainers.checks import ROWS
from rewardkit_trainers.row_scorer import Workers
from rewardkit_trainers.trl import trl_patch
from rewardkit_trainers.trl.checks import check_groups
from rewardkit_trainers.trl.functions import reward_funcs
from rewardkit_trainers.trl.journal import Journal
from rewardkit_trainers.trl.reports import Reports


class RewardKitGRPOTrainer(GRPOTrainer):  # type: ignore[misc]
    """GRPO on the rewards of a rubric. Arguments that are not named here are GRPOTrainer's."""

    def __init__(
        self,
        model: Any,
        rubric: Rubric | Mapping[str, Any] | str | Path,
        args: Any = None,
        train_dataset: Any = None,
        *,
        ground_truth: str | None = None,
        plugins: Sequence[str | Path] = (),
        workers: Workers = None,
        trust: bool = False,
        logps: Literal["rewardkit", "trl"] = "rewardkit",
        **trl: Any,
    ) -> None:
        """Builds the trainer, and judges a few rows of the data set to see that the rubric finds what it wants.

        rubric, ground_truth, plugins, workers, trust   as for `reward_funcs`
        logps   whose log-probabilities; `trl` to compare
        trl     every other argument of GRPOTrainer's
        raises  ConfigError for a rubric, a column or a layout of processes that cannot train by the rubric,
                InfrastructureError where no worker starts
        """
        if trl.get("reward_funcs") is not None or getattr(args, "reward_weights", None) is not None:
            raise ConfigError("rewards and their weights are the rubric's; leave out reward_funcs and reward_weights")
        funcs = reward_funcs(rubric, ground_truth=ground_truth, plugins=plugins, workers=workers, trust=trust)
        self.batch_scorer = funcs.batch_scorer
        """Judges the batches; `batch_scorer.listeners` are called with each."""
        if train_dataset is not None and not (trl.get("rollout_func") or trl.get("environment_factory")):
            # With a rollout function or an environment columns may come with the completions.
            for dataset in (train_dataset, *_each(trl.get("eval_dataset"))):
                self.batch_scorer.check(_rows_all_over(dataset))
        super().__init__(model, list(funcs), args, train_dataset, **trl)
        self.reward_weights[: len(funcs)] = torch.tensor(funcs.weights)
        check_groups(self.batch_scorer.scorer, whole=self.accelerator.num_processes == 1 or self._groups_stay_whole())
        self._ours = logps == "rewardkit" and trl_patch.install()
        self.journal = Journal(self.args.output_dir, self.accelerator.process_index, self.accelerator.num_processes)
        """Where the judged completions go."""
        self.batch_scorer.listeners.append(self.journal.write)
        self.add_callback(self.journal)
        self.add_callback(_Share(self))
        reports = Reports(self)
        self.batch_scorer.listeners.append(reports.keep)
        self.add_callback(reports)
        self._step_s = self._logged_step_s = self._logged_judging_s = 0.0

    def _groups_stay_whole(self) -> bool:
        trained = self.args.per_device_train_batch_size * self.args.steps_per_generation
        evaluated = 0 if self.eval_dataset is None else self.args.per_device_eval_batch_size
        return not trained % self.num_generations and not evaluated % self.num_generations_eval

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> Any:
        """TRL's, with our log-probabilities."""
        started = perf_counter()
        with trl_patch.active(on=self._ours):
            loss = super().training_step(model, inputs, num_items_in_batch)
        self._step_s += perf_counter() - started
        return loss

    def prediction_step(self, model: Any, inputs: Any, prediction_loss_only: Any, ignore_keys: Any = None) -> Any:
        """TRL's, with our log-probabilities."""
        with trl_patch.active(on=self._ours):
            return super().prediction_step(model, inputs, prediction_loss_only, ignore_keys)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """TRL's, and `judging_share`: the share of the training steps since the last log that was spent judging."""
        if "loss" in logs and self._step_s > self._logged_step_s:
            judging_s = self.batch_scorer.train_seconds
            logs["judging_share"] = (judging_s - self._logged_judging_s) / (self._step_s - self._logged_step_s)
            self._logged_judging_s, self._logged_step_s = judging_s, self._step_s
        super().log(logs, start_time)

    @property
    def judging_share(self) -> float:
        """The share of the time of all training steps so far that was spent judging."""
        return self.batch_scorer.train_seconds / self._step_s if self._step_s else 0.0


class _Share(TrainerCallback):  # type: ignore[misc]
    """Logs at the end what judging took."""

    def __init__(self, trainer: RewardKitGRPOTrainer) -> None:
        self._trainer = trainer

    def on_train_end(self, *_: Any, **__: Any) -> None:
        trainer = self._trainer
        judging_s = trainer.batch_scorer.train_seconds
        trainer.accelerator.print(
            f"rewardkit: judging took {judging_s:.1f} s, {trainer.judging_share:.1%} of the training steps; "
            f"every completion is in {trainer.journal.path.parent}"
        )
        for name, count in trainer.batch_scorer.listeners.failures.items():
            trainer.accelerator.print(f"rewardkit: {name} failed on {count} batches, which it does not have")


def _rows_all_over(dataset: Any) -> list[dict[str, Any]]:
    """Some rows of a data set, from its beginning to its end where it can be indexed."""
    try:
        count = len(dataset)
    except TypeError:  # a stream, which may have a __getitem__ all the same
        return list(itertools.islice(dataset, ROWS))
    return [dataset[index] for index in range(0, count, max(1, math.ceil(count / ROWS)))]


def _each(datasets: Any) -> list[Any]:
    """The data sets of `eval_dataset`: none, one, or several by name."""
    if datasets is None:
        return []
    return list(datasets.values()) if isinstance(datasets, Mapping) else [datasets]
