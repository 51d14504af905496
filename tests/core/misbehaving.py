"""Rewards that do what the completion says, so that a test can show what the user sees of it."""

import asyncio
import ctypes
import os
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import rewardkit
from rewardkit import Reward, RewardParams, Sample, Score


class MuteError(Exception):
    """An error that cannot say what it is."""

    def __str__(self) -> str:
        raise ValueError


def fork_that_holds_the_pipe() -> None:
    """A child that keeps every descriptor of the worker open."""
    if os.fork() == 0:
        time.sleep(300)
        os._exit(0)


def meet(count: str, folder: str) -> None:
    """Waits until `count` processes have left a file in a folder."""
    Path(folder, str(os.getpid())).touch()
    while len(list(Path(folder).iterdir())) < int(count):
        time.sleep(0.01)


class Obedient(Reward):
    """Does what the completion says; scores its length."""

    name = "obedient"
    cost_ms = 1.0

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        scores = []
        for sample in samples:
            order = sample.completion_text
            if order == "raise":
                raise ValueError("told to")
            if order == "exit politely":
                raise SystemExit(0)
            if order == "os._exit":
                os._exit(0)
            if order == "crash":
                ctypes.string_at(0)
            if order == "hang":
                while True:
                    pass
            if order == "hang in C":
                10 ** (10**9)
            if order == "allocate":
                hoard = []
                while True:
                    hoard.append(bytearray(2**24))
            if order == "fork and allocate":
                fork_that_holds_the_pipe()
                raise MemoryError
            if order == "fork and exit":
                fork_that_holds_the_pipe()
                os._exit(7)
            if order == "leave the group":
                os.setpgid(0, os.getpgid(os.getppid()))
                while True:
                    pass
            if order == "cancel":
                raise asyncio.CancelledError
            if order == "bad str":
                raise MuteError
            if order == "bad status":
                scores.append(Score.model_construct(value=1.0, status="win", reason="", details={}))
                continue
            if order == "print":
                for _ in range(1024):
                    print("x" * 2**20)
            if order.startswith("sleep"):
                time.sleep(float(order.split()[1]))
            if order.startswith("meet"):
                meet(*order.split()[1:])
            if order == "wrong number":
                return []
            if order == "no Score":
                return ["1.0"]  # type: ignore[list-item]
            if order == "nan":
                scores.append(Score.scored(float("nan")))
            elif order == "infinity":
                scores.append(Score.scored(float("inf")))
            elif order == "unjsonable":
                scores.append(Score.scored(1.0, details_of=object()))
            elif order == "long details":
                scores.append(Score.scored(1.0, "r" * 10**6, text="x" * 10**6))
            elif order == "large details":
                scores.append(Score.scored(1.0, number=2**100))
            elif order == "abstain":
                scores.append(Score.abstained("told to"))
            elif order == "fail":
                scores.append(Score.failed("told to"))
            elif order == "crash once":
                marker = Path(str(sample.columns["marker"]))
                if not marker.exists():
                    marker.touch()
                    os._exit(7)
                scores.append(Score.scored(1.0))
            else:
                scores.append(Score.scored(float(len(order))))
        return scores


class Stuck(Reward):
    """Hangs or takes all memory where the ground truth says so, whatever the completion is.

    It leaves a file for each time that it is asked in the folder of the column `asked`, if there is one.
    """

    name = "stuck"
    cost_ms = 1.0

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        hoard = []
        if folder := samples[0].columns.get("asked"):
            Path(str(folder), uuid.uuid4().hex).touch()
        while samples[0].ground_truth == "allocate":
            hoard.append(bytearray(2**24))
        while samples[0].ground_truth == "hang":
            pass
        return [Score.scored(1.0) for _ in samples]


class Hung(Reward):
    """Always hangs: computing, or waiting where the ground truth says so."""

    name = "hung"

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        while True:
            if str(samples[0].ground_truth).startswith("wait"):
                time.sleep(600)


class Busy(Reward):
    """Takes 0.3 s of processor time for each sample, for ever where the completion says so."""

    name = "busy"

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        started = time.process_time()
        while time.process_time() - started < 0.3 or samples[0].completion == "for ever":
            pass
        return [Score.scored(1.0)]


class Patient(Busy):
    """As `busy`, with the time of six deadlines for a sample."""

    name = "patient"
    deadlines = 6.0


class AbortingParams(RewardParams):
    """Parameters of `aborting`."""

    survivors: int = 0
    """Workers that start all the same."""
    folder: str = ""
    """Where they are counted."""


class Aborting(Reward):
    """Ends its process while it is built, with a word on standard error."""

    name = "aborting"
    Params = AbortingParams

    def __init__(self, params: AbortingParams, context: rewardkit.RewardContext) -> None:
        super().__init__(params, context)
        for survivor in range(params.survivors):
            try:
                (Path(params.folder) / str(survivor)).touch(exist_ok=False)
            except FileExistsError:
                continue
            return
        sys.stderr.write("first line\nout of GPU memory\n")
        sys.stderr.flush()
        os.abort()

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        return [Score.scored(1.0) for _ in samples]


class ConstantParams(RewardParams):
    """Parameters of `constant`."""

    value: float = 1.0


class Constant(Reward):
    """Always the same value."""

    name = "constant"
    Params = ConstantParams
    params: ConstantParams
    cost_ms = 0.001

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        return [Score.scored(self.params.value) for _ in samples]


class Column(Reward):
    """The value that the row says, so that a test can say it."""

    name = "column"
    Params = type("ColumnParams", (RewardParams,), {"__annotations__": {"column": str}, "__module__": __name__})
    cost_ms = 0.002

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        values = [sample.column(self.params.column) for sample in samples]
        return [Score.abstained("no value") if value is None else Score.scored(value) for value in values]


class Rank(Reward):
    """The share of the group that is not longer."""

    name = "rank"
    sees = "group"

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        lengths = [len(sample.completion_text) for sample in samples]
        return [Score.scored(sum(o <= n for o in lengths) / len(lengths), size=len(lengths)) for n in lengths]


class Hoarder(Reward):
    """Holds 300 MB."""

    name = "hoarder"

    def __init__(self, params: RewardParams, context: rewardkit.RewardContext) -> None:
        super().__init__(params, context)
        self.hoard = bytearray(300 * 2**20)

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        return [Score.scored(1.0) for _ in samples]


class Unbuildable(Reward):
    """Does not start."""

    name = "unbuildable"

    def __init__(self, params: RewardParams, context: rewardkit.RewardContext) -> None:
        raise OSError("no such model")

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        raise AssertionError


@rewardkit.hookimpl
def rewardkit_rewards() -> list[type[Reward]]:
    return [Obedient, Stuck, Hung, Busy, Patient, Aborting, Constant, Column, Rank, Hoarder, Unbuildable]
