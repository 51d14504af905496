"""A rubric as TRL's reward functions: one callable for each column, all of one judgement.

    funcs = reward_funcs("rubric.yaml")
    GRPOTrainer(model, reward_funcs=funcs, args=GRPOConfig(reward_weights=funcs.weights, …), train_dataset=…)

Also for RLOO, and for the trainers under `trl.experimental`; those that take no weights want `weighted=True`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from packaging.version import Version

from rewardkit import ConfigError, Rubric
from rewardkit_trainers.imputation import OnNone
from rewardkit_trainers.row_scorer import RowScorer, Workers
from rewardkit_trainers.trl.batch import Batch
from rewardkit_trainers.trl.batch_scorer import BatchScorer

Values = list[float | None]
LEAVES_NONE_OUT = Version("1.6")
"""The first TRL that leaves a completion without any reward out of its group, in GRPO and RLOO."""
TAKES_ASYNCHRONOUS = Version("1.14")
"""The oldest tested TRL that awaits objects with an asynchronous `__call__`; 1.12 takes coroutine functions alone."""


class RewardFunc:
    """One column as a function: TRL calls it with a batch and gets a number, or None, for each completion."""

    def __init__(self, name: str, batch_scorer: BatchScorer) -> None:
        """Made by `RewardFuncs`; TRL logs the column under `name`."""
        self.__name__ = name
        self._batch_scorer = batch_scorer

    def __call__(self, prompts: Sequence[Any], completions: Sequence[Any], **arguments: Any) -> Values:
        """The column's values."""
        batch = Batch.of(prompts, completions, arguments)
        future, first = self._batch_scorer.ask(self.__name__, batch)
        if first:
            self._batch_scorer.judge(batch, future)
        return list(future.result().values[self.__name__])


class AsyncRewardFunc(RewardFunc):
    """The same for an event loop, which goes on while workers judge."""

    async def __call__(self, prompts: Sequence[Any], completions: Sequence[Any], **arguments: Any) -> Values:  # type: ignore[override]
        """The column's values."""
        batch = Batch.of(prompts, completions, arguments)
        future, first = self._batch_scorer.ask(self.__name__, batch)
        if first:
            await asyncio.to_thread(self._batch_scorer.judge, batch, future)
        return list((await asyncio.wrap_future(future)).values[self.__name__])


class RewardFuncs(list[RewardFunc]):
    """The functions of a rubric, in the order of its columns. A list, because TRL asks for one."""

    def __init__(self, batch_scorer: BatchScorer, kind: type[RewardFunc]) -> None:
        """Made by `reward_funcs`."""
        super().__init__(kind(column.name, batch_scorer) for column in batch_scorer.columns)
        self.batch_scorer = batch_scorer
        """The judging that all columns share."""
        self.weights = [column.weight for column in batch_scorer.columns]
        """For the trainer's config: `reward_weights=funcs.weights`."""

    def close(self) -> None:
        """Ends the worker processes; also done when the program ends."""
        self.batch_scorer.close()


def leaves_none_out() -> bool:
    """True if the installed TRL gives a completion without any reward no advantage; before 1.6 it made a 0 of it."""
    installed = installed_trl()
    return installed is None or installed >= LEAVES_NONE_OUT


def installed_trl() -> Version | None:
    """The installed TRL; None where only another trainer is there that takes its functions."""
    try:
        return Version(metadata.version("trl"))
    except metadata.PackageNotFoundError:
        return None


def reward_funcs(
    rubric: Rubric | Mapping[str, Any] | str | Path,
    *,
    ground_truth: str | None = None,
    weighted: bool = False,
    single: bool = False,
    on_none: OnNone | Literal["auto", "none"] = "auto",
    asynchronous: bool = False,
    plugins: Sequence[str | Path] = (),
    workers: Workers = None,
    engine: str | None = None,
    trust: bool = False,
    cache: str | Path | None = None,
) -> RewardFuncs:
    """The reward functions of a rubric.

    rubric        a Rubric, its content, the path of its file, or its name
    ground_truth  the data set's column that holds it, also a dotted path; None: found as `rewardkit score` finds it
    weighted      weights are in the values, for a trainer that takes none (asynchronous GRPO); probes are left out
    single        one function, `composed`, for the whole rubric: a configuration that names it needs no change when
                  the rubric changes; the value of each reward is then the metric `rewards/ALIAS/value`
    on_none       what becomes of a completion without a reward: `none` (it stays None), `mean` (of its group), `raise`,
                  or a number; `auto`: `none` where the installed TRL leaves it out (from 1.6 on), else `mean`
    asynchronous  the functions are coroutine functions, which TRL awaits
    plugins       local Python files that bring rewards
    workers       number of processes that judge; `node`: one set for all ranks of a machine; None: one for each
                  processor of the trainer's process
    engine        `local`, `ray` or the URL of a server; None: what REWARDKIT_ENGINE names, else `local`
    trust         a rubric file may name plugin files, secrets and weaker sandboxes
    cache         a folder of scores that were given before, for evaluations that come back to the same completions
    raises        ConfigError for what is wrong with the rubric, InfrastructureError where no worker starts
    """
    installed = installed_trl()
    if asynchronous and installed is not None and installed < TAKES_ASYNCHRONOUS:
        raise ConfigError(f"asynchronous=True needs TRL {TAKES_ASYNCHRONOUS} or newer, found {installed}; leave it out")
    row_scorer = RowScorer(
        rubric,
        on_none="mean" if on_none == "auto" or on_none == "none" else on_none,  # noqa: PLR1714 - narrows the type
        ground_truth=ground_truth,
        plugins=plugins,
        workers=workers,
        engine=engine,
        trust=trust,
        cache=cache,
    )
    imputes = on_none != "none" and not (on_none == "auto" and leaves_none_out())
    batch_scorer = BatchScorer(row_scorer, weighted=weighted, single=single, imputes=imputes)
    return RewardFuncs(batch_scorer, AsyncRewardFunc if asynchronous else RewardFunc)
