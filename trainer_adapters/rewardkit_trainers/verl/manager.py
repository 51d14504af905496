"""A reward manager for verl's reward loop that judges together what arrives together, and knows groups.

verl 0.9 asks its manager for one completion at a time (`run_single`), for many at once: as soon as each rollout is
finished, or for all rows of a batch in one go. What is asked for within a hundredth of a second is judged in one call.

A group, the completions of one `uid`, is whole only where one reward worker sees all of it: `reward.num_workers=1`,
which is no loss, since the manager has worker processes of its own. Then a completion without a reward waits for the
rewards of its group, whose mean it gets, and a reward that judges whole groups can be asked.
"""

import asyncio
import logging
import os
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from verl import DataProto
from verl.experimental.reward_loop.reward_manager import register
from verl.experimental.reward_loop.reward_manager.base import RewardManagerBase

from rewardkit import ConfigError, Result, Rubric, default_workers, strip_end_tokens
from rewardkit.adapters import nearest
from rewardkit_trainers.naming import SCORE
from rewardkit_trainers.reasoning_tokens import reasoning_tokens
from rewardkit_trainers.row_scorer import ENGINE_VARIABLE, RowScorer
from rewardkit_trainers.samples import row_of
from rewardkit_trainers.verl.function import words

logger = logging.getLogger(__name__)

TOGETHER_S = 0.01
"""So long a completion waits for others that are judged in the same call."""
SIBLINGS_S = 60.0
"""So long a completion without a reward waits for its group; what is there by then makes the mean."""
GROUP_S = 1800.0
"""So long a reward that judges whole groups waits for the last completion of one."""

GROUND_TRUTH = "reward_model.ground_truth"

_GROUPS = 4096
_TAIL = 64
"""Tokens at the end of the prompt that may open the reasoning."""
_KWARGS = ("rubric", "on_none", "ground_truth", "plugins", "workers", "engine")


@dataclass
class _Waiting:
    """A row that nobody has judged yet, and where its result will be."""

    row: Mapping[str, Any]
    progress: float
    result: asyncio.Future[Result]


@dataclass
class _Group:
    """The completions of one uid."""

    judged: int = 0
    whole: asyncio.Event = field(default_factory=asyncio.Event)
    """All of them have been judged."""
    waiting: list[_Waiting] = field(default_factory=list)
    """Those that wait for the others to arrive."""
    released: bool = False
    """All of them have arrived."""
    timer: asyncio.TimerHandle | None = None
    """Releases them when the others do not arrive."""


@register("rewardkit")
class RewardKitRewardManager(RewardManagerBase):  # type: ignore[misc]
    """Gives the reward of a rubric. Its settings are the keys of `reward.reward_kwargs`.

    rubric        path of the rubric; without it what the environment variable REWARDKIT_RUBRIC names
    on_none       what becomes of a completion without a reward: `mean` (the default), `raise`, or a number
    ground_truth  the column that holds it, also a dotted path; by default `reward_model.ground_truth`
    plugins       local Python files that bring rewards
    workers       number of processes that judge; by default this worker's share of the processors
    engine        `local`, the default; `ray`: processes on all nodes of verl's own cluster, `workers` of each; the URL
                  of a server
    """

    def __init__(
        self,
        config: Any,
        tokenizer: Any,
        compute_score: Any = None,
        reward_router_address: str | None = None,
        reward_model_tokenizer: Any = None,
    ) -> None:
        """Made by verl. raises ConfigError for what is wrong with the rubric, or cannot be judged in this layout."""
        super().__init__(config, tokenizer, compute_score)
        del reward_router_address, reward_model_tokenizer
        given = dict(config.reward.get("reward_kwargs") or {})
        for unknown in sorted(given.keys() - set(_KWARGS)):
            raise ConfigError(f"reward.reward_kwargs.{unknown}: no such key{nearest(unknown, _KWARGS)}")
        mine = {key: given.get(key) for key in _KWARGS}
        engine = mine["engine"] or os.environ.get(ENGINE_VARIABLE) or "local"
        if engine == "ray" and config.reward.num_workers != 1:
            raise ConfigError(
                f"reward.reward_kwargs.engine=ray: {config.reward.num_workers} reward workers would each take "
                "processors of every node; set reward.num_workers=1, which has the whole cluster judge"
            )
        share = max(1, default_workers() // config.reward.num_workers) if engine == "local" else None
        self._scorer = RowScorer(
            mine["rubric"],
            on_none="mean" if mine["on_none"] is None else mine["on_none"],
            plugins=mine["plugins"] or (),
            workers=mine["workers"] or share,
            engine=engine,
        )
        self._ground_truth = str(mine["ground_truth"] or GROUND_TRUTH)
        rollout = config.actor_rollout_ref.rollout
        self._longest = int(rollout.response_length)
        self._group_size = int(rollout.n)
        self._sees_all = config.reward.num_workers == 1
        if not self._sees_all:
            logger.warning(
                "reward.num_workers=%s: each reward worker sees a part of a group, and a completion without a reward "
                "gets the mean of that part; set reward.num_workers=1 (rewardkit has processes of its own)",
                config.reward.num_workers,
            )
        self._by_group = self._scorer.scorer.sees_groups
        if self._by_group:
            _check_groups(self._scorer.rubric, config)
        _check_schedules(self._scorer.rubric, config)
        self._last_step = config.trainer.get("total_training_steps")
        self._arrived: list[_Waiting] = []
        self._groups: OrderedDict[str, _Group] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run_single(self, data: DataProto) -> dict[str, Any]:
        """The reward of the last sequence of a trajectory, and the scores that verl logs beside it."""
        item = data[-1:][0]
        row = await asyncio.to_thread(self._row, item)
        key = row["group"]
        group = self._group(key)
        result = await self._judged(row, self._progress(item), group)
        self._scorer.imputation.add(result, key)
        group.judged += 1
        if group.judged >= self._group_size:
            group.whole.set()
        elif result.reward is None and self._sees_all:
            await _within(SIBLINGS_S, group.whole)
        numbers = self._scorer.imputation.of(result, key)
        return {"reward_score": numbers[SCORE], "reward_extra_info": numbers | words(result)}

    def _row(self, item: Any) -> dict[str, Any]:
        """The row of a completion, with the lengths of verl's attention mask."""
        prompts, responses, mask = (item.batch[name] for name in ("prompts", "responses", "attention_mask"))
        asked = prompts[mask[: len(prompts)].bool()]
        written = responses[mask[-len(responses) :].bool()]
        columns = dict(item.non_tensor_batch)
        tokenizer: Any = self.tokenizer
        chat = columns.pop("raw_prompt", None)
        cut_off = len(written) >= self._longest and int(written[-1]) != tokenizer.eos_token_id
        prompt: Any = tokenizer.decode(asked) if chat is None else list(chat)
        return row_of(
            prompt,
            strip_end_tokens(tokenizer.decode(written)),  # with special tokens: some models' reasoning stands in them
            columns | {"ground_truth": _at(columns, self._ground_truth)},
            completion_tokens=len(written),
            truncated=cut_off,
            group=str(columns["uid"]) if "uid" in columns else repr(prompt),
            reasoning_tokens=reasoning_tokens(tokenizer, written.tolist()),
            prefill=tokenizer.decode(asked[-_TAIL:]),  # the template may have opened the reasoning behind the messages
        )

    def _progress(self, item: Any) -> float:
        step = item.non_tensor_batch.get("global_steps")
        if step is None or not self._last_step:
            return 1.0
        return float(min(1.0, max(0.0, int(step) / self._last_step)))

    def _group(self, key: str) -> _Group:
        group = self._groups.setdefault(key, _Group())
        if len(self._groups) > _GROUPS:
            self._groups.popitem(last=False)
        return group

    async def _judged(self, row: Mapping[str, Any], progress: float, group: _Group) -> Result:
        """The result of a row: judged with what arrives at the same time, or with its whole group."""
        loop = asyncio.get_running_loop()
        one = _Waiting(row, progress, loop.create_future())
        if not self._by_group:
            self._arrived.append(one)
            if len(self._arrived) == 1:
                loop.call_later(TOGETHER_S, self._release, self._arrived)
            return await one.result
        group.waiting.append(one)
        if len(group.waiting) >= self._group_size:
            group.released = True
            self._release_group(group)
        elif group.timer is None:
            # What comes after a whole group is a copy, by which verl fills up a batch of validation and then drops.
            group.timer = loop.call_later(TOGETHER_S if group.released else GROUP_S, self._release_group, group)
        return await one.result

    def _release_group(self, group: _Group) -> None:
        if group.timer is not None:
            group.timer.cancel()
            group.timer = None
        self._release(group.waiting)

    def _release(self, waiting: list[_Waiting]) -> None:
        """Has the rows judged that wait in a list, and empties it."""
        rows = list(waiting)
        waiting.clear()
        for progress in {one.progress for one in rows}:
            task = asyncio.get_running_loop().create_task(
                self._settle([one for one in rows if one.progress == progress])
            )
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _settle(self, waiting: list[_Waiting]) -> None:
        try:
            results = await self._scorer.judge_async([one.row for one in waiting], progress=waiting[0].progress)
        except Exception as error:  # noqa: BLE001 - handed to all who ask
            for one in waiting:
                if not one.result.done():
                    one.result.set_exception(error)
            return
        for one, result in zip(waiting, results, strict=True):
            if not one.result.done():
                one.result.set_result(result)


def _check_groups(rubric: Rubric, config: Any) -> None:
    """Checks that a reward that judges whole groups will see them."""
    rollout = config.actor_rollout_ref.rollout
    if config.reward.num_workers != 1:
        raise ConfigError(
            f"{rubric.where}: a reward judges whole groups, and {config.reward.num_workers} reward workers each see a "
            "part of one; set reward.num_workers=1 (rewardkit has worker processes of its own)"
        )
    if rollout.n != rollout.val_kwargs.n:
        raise ConfigError(
            f"{rubric.where}: a reward judges whole groups, which are of {rollout.n} completions in training and of "
            f"{rollout.val_kwargs.n} in validation; set actor_rollout_ref.rollout.val_kwargs.n={rollout.n}"
        )


def _check_schedules(rubric: Rubric, config: Any) -> None:
    """Checks that the weights that change with training can be known."""
    changing = [alias for alias, reward in rubric.rewards.items() if isinstance(reward.weight, tuple)]
    if changing and not (config.trainer.get("total_training_steps") and config.trainer.get("use_v1")):
        raise ConfigError(
            f"{rubric.where}: the weight of {changing[0]!r} changes with training, and verl does not pass how far that "
            "has come; set trainer.total_training_steps, and leave trainer.use_v1=True"
        )


def _at(columns: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    found: Any = columns
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


async def _within(seconds: float, event: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
