"""Checks of what a batch of TRL's shows of its trainer: the weights, and whether groups stay whole."""

from collections.abc import Sequence

from rewardkit import ConfigError, Scorer
from rewardkit_trainers.trl.batch import Batch
from rewardkit_trainers.trl.columns import Column


def check_batch(batch: Batch, columns: Sequence[Column], scorer: Scorer) -> None:
    """Checks that the trainer behind a batch weighs the columns and hands over whole groups.

    raises  ConfigError
    """
    trainer = batch.trainer
    if trainer is not None and getattr(trainer.args, "reward_weights", None) is None:
        wanted = {column.name: column.weight for column in columns}
        given = dict(zip(trainer.reward_func_names, trainer.reward_weights.tolist(), strict=True))
        off = [name for name, weight in wanted.items() if abs(given.get(name, weight) - weight) > 1e-6]
        if off:
            raise ConfigError(
                f"the trainer does not weigh the rewards as the rubric does ({', '.join(off)}); pass "
                "`reward_weights=funcs.weights` to its config, where funcs = reward_funcs(rubric)"
            )
    check_groups(scorer, whole=not batch.splits_groups())


def check_groups(scorer: Scorer, *, whole: bool) -> None:
    """Checks that a reward that sees groups sees them whole.

    raises  ConfigError where the processes of a distributed run share groups between them
    """
    if scorer.sees_groups and not whole:
        seers = ", ".join(step.alias for step in scorer.steps if step.sees == "group")
        raise ConfigError(
            f"{seers} of {scorer.rubric.where} sees whole groups, and a process gets only a part of some; make "
            "per_device_train_batch_size * steps_per_generation (when evaluating per_device_eval_batch_size) a "
            "multiple of the number of generations"
        )
