"""Judging for a command: in worker processes, or with `--debug` in this process."""

import dataclasses
import logging
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, Self

from rewardkit.adjacent_groups import adjacent_groups
from rewardkit.commands.options import RewardOptions, WatchOptions
from rewardkit.errors import ConfigError
from rewardkit.pipeline import Scorer
from rewardkit.registry.registry import load_registry
from rewardkit.rewards.interface import Reward
from rewardkit.rubrics.compose import weights_at
from rewardkit.rubrics.resolution import Step, resolve
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.score import Result
from rewardkit.workers.judge import Judge, Unit

LOG = logging.getLogger("rewardkit")

DEFAULT_RUBRIC = "default"


class Judging(Protocol):
    """The part of a Scorer that commands use."""

    rubric: Rubric
    steps: tuple[Step, ...]
    files: tuple[Path, ...]
    sees_groups: bool

    def stream(self, samples: Iterable[Sample], *, progress: float = 1.0) -> Iterator[Result]:
        """The results of a stream of samples, in order."""


def load_rubric(name: str | None, options: RewardOptions) -> Rubric:
    """The rubric that the command line names, or the default one, with the command line's sandbox in it."""
    rubric = Rubric.load(name or DEFAULT_RUBRIC, trust=options.trust)
    LOG.debug("%s: %s", rubric.where, ", ".join(rubric.rewards))
    changes: dict[str, Any] = {} if options.sandbox is None else {"sandbox": options.sandbox}
    if options.no_plugin:
        changes["disable"] = (*rubric.disable, *options.no_plugin)
    return rubric.model_copy(update=changes) if changes else rubric


def plugin_files(rubric: Rubric, plugins: Sequence[Path]) -> tuple[Path, ...]:
    """The local files that bring rewards: the rubric's and the command line's, each once."""
    return tuple(dict.fromkeys((*map(Path, rubric.plugins), *plugins)))


def open_scorer(
    rubric: Rubric,
    options: WatchOptions,
    workers: int | None,
    engine: str = "local",
    cache: Path | None = None,
    address: str | None = None,
) -> AbstractContextManager[Judging]:
    """A scorer for a command, to be opened by `with`; in this process with `--debug` or `--pdb`."""
    if address is not None and engine != "ray":
        raise ConfigError(f"--address {address}: it is the address of a Ray cluster; use it with --engine ray")
    if options.debug or options.pdb:
        for name, given in (("engine", engine if engine != "local" else None), ("cache", cache)):
            if given is not None:
                raise ConfigError(f"--{name} {given}: --debug and --pdb judge in this process; use one or the other")
        return _InProcess(rubric, options.plugins, pdb=options.pdb)
    if engine == "ray":
        from rewardkit.cluster.connection import connect  # noqa: PLC0415 - ray, for those who use it

        connect(address)
    return Scorer(rubric, workers=workers, plugins=options.plugins, timings=True, engine=engine, cache=cache)


class _InProcess:
    """Judges in this process: prints are seen, errors show their traceback, a debugger can be entered.

    No deadline, no memory limit: a reward that hangs, hangs.
    """

    def __init__(self, rubric: Rubric, plugins: Sequence[Path], *, pdb: bool) -> None:
        if pdb and not sys.stdin.isatty():
            raise ConfigError("--pdb: the debugger needs a terminal on standard input")
        self.rubric = rubric
        self.files = plugin_files(rubric, plugins)
        self.steps = resolve(rubric, load_registry(self.files))
        self.sees_groups = any(step.sees == "group" for step in self.steps)
        self._judge = Judge(rubric, [_watched(step, pdb=pdb) for step in self.steps])

    def stream(self, samples: Iterable[Sample], *, progress: float = 1.0) -> Iterator[Result]:
        """The results in order, each judged when it is asked for."""
        weights = weights_at(self.rubric, progress)
        samples = (sample.in_format(self.rubric.reasoning) for sample in samples)
        alone = ([sample] for sample in samples)
        units = adjacent_groups(samples, lambda sample: sample.group_key) if self.sees_groups else alone
        for unit in units:
            for judged in self._judge.judge(Unit(unit, {}), weights, timings=True):
                scores = dict(zip(self.rubric.rewards, judged.scores, strict=True))
                yield Result(reward=judged.reward, scores=scores, weights=weights, elapsed_ms=judged.elapsed_ms)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._judge.close()


def _watched(step: Step, *, pdb: bool) -> Step:
    """The step, with a reward that shows its errors before they become a `failed` score."""
    original: type[Any] = step.installed.reward

    class Watched(original):  # type: ignore[misc]  # a base that is known at run time alone
        """The reward of the step."""

        def score(self, samples: Sequence[Sample]) -> Any:
            """As the reward scores, with the traceback of what it raises on standard error."""
            try:
                return super().score(samples)
            except Exception as error:
                traceback.print_exc()
                if pdb:
                    import pdb as debugger  # noqa: PLC0415, T100 - that is what --pdb asks for

                    debugger.post_mortem(error.__traceback__)
                raise

    reward: type[Reward] = Watched
    return dataclasses.replace(step, installed=dataclasses.replace(step.installed, reward=reward))
