"""Runs the jobs of one sample in a sandbox within its time, and reads how they ended."""

import contextlib
import math
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from typing import Any, Literal, TypeVar

from rewardkit_code.outcomes import SHOWN, Verdict
from rewardkit_sandbox import (
    LANGUAGES,
    Image,
    Interactive,
    Limits,
    RunResult,
    Sandbox,
    Script,
    WireError,
    decode,
    split_frames,
)

Made = TypeVar("Made")
WALL_TO_CPU = 8
"""Times the CPU time that is left for a sample that a compiler or a checker may last on a loaded machine."""
MIB = 1024 * 1024
START_S, START_MB = 0.5, 64.0
"""CPU seconds and megabytes that are added to a task's own limits: an interpreter takes some before the program."""


class BudgetError(Exception):
    """The time for a sample ran out through no slow test; `kind` is that of the failed Score."""

    def __init__(self, message: str, kind: Literal["timeout", "overloaded"]) -> None:
        super().__init__(message)
        self.kind = kind


class Kept:
    """The last things that were made for tasks; a task's completions tend to follow each other."""

    def __init__(self, most: int = 32) -> None:
        self._most = most
        self._made: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """The thing under a key, made where it is not there."""
        if key not in self._made:
            self._made[key] = make()
            if len(self._made) > self._most:
                self._made.popitem(last=False)
        self._made.move_to_end(key)
        made: Made = self._made[key]
        return made


class Runner:
    """The sandbox, with what is left of the time."""

    def __init__(
        self, sandbox: Sandbox, limits: Limits, budget_s: float, *, stop: bool, kept: "Kept | None" = None
    ) -> None:
        self.stop = stop
        self.isolation = "separate"
        self.assertions = 0
        """Assertions of which the expected value was taken out; 0 where none was."""
        self._sandbox = sandbox
        self._limits = limits
        self._left_s = budget_s
        self._slowest_s = 0.0
        self._kept = Kept() if kept is None else kept

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """A value of the task alone, made once for all completions: a compiled checker, expected values."""
        return self._kept.get(key, make)

    def __call__(self, job: Any, tests: int = 1) -> RunResult:
        """Runs one job.

        tests     how many tests it runs, each of which may take the CPU time of the limits
        raises    BudgetError where the time for the sample is used up, though no test was slow
        """
        each_s = self._limits.cpu_s
        cpu_s = max(each_s, min(each_s * tests, math.ceil(self._left_s)))
        limits = _with_reserve(replace(self._limits, cpu_s=cpu_s, test_cpu_s=each_s if cpu_s > each_s else None), job)
        return self._test(
            lambda wall_s: self._sandbox.run(job, replace(limits, wall_s=wall_s)), tests, self._limits.cpu_s
        )

    def goes_on_after(self, result: RunResult) -> bool:
        """True if a slow test ended a run, its further tests are to be run too, and there is time for one."""
        ends = {result.end, result.program.end if result.program else ""}
        return not self.stop and "test_cpu" in ends and self._left_s > self._limits.cpu_s

    @contextlib.contextmanager
    def cases(
        self,
        job: Script | Image,
        count: int,
        *,
        time_limit_s: float | None = None,
        memory_limit_mb: float | None = None,
    ) -> Iterator[Callable[[bytes], RunResult]]:
        """Gives a function that runs a program on one input, which is a test; `count` of them are expected.

        time_limit_s, memory_limit_mb   limits of the task's own, which hold where they are below ours
        """
        limits = self._limits
        if time_limit_s is not None:
            limits = replace(limits, cpu_s=min(limits.cpu_s, math.ceil(time_limit_s + START_S)))
        if memory_limit_mb is not None:
            memory_bytes = math.ceil((memory_limit_mb + START_MB) * MIB)
            limits = replace(limits, memory_bytes=min(limits.memory_bytes, memory_bytes))
        with self._sandbox.cases(job, _with_reserve(limits, job), count) as cases:
            yield lambda stdin: self._test(lambda wall_s: cases.run(stdin, wall_s), 1, limits.cpu_s)

    def _test(self, start: Callable[[float], RunResult], tests: int, each_s: float) -> RunResult:
        """Runs what `start` starts with a limit of wall time; each test may take `each_s`. Raises BudgetError."""
        if self._left_s <= 0:
            raise self._late()
        wall_s = min(max(self._limits.wall_s, self._limits.wall_s * tests), self._left_s)
        result = start(wall_s)
        # A program that was out of time is blamed for its own time: its driver also waits while the program is ended.
        late = result.program if result.program and result.program.end == "wall" else result
        lasted_s, waited_s = late.usage.wall_s, late.usage.waited_s
        self._left_s -= max(0.0, lasted_s - waited_s)
        own = 1.0 - min(1.0, waited_s / max(lasted_s, 1e-3))
        self._slowest_s = max(self._slowest_s, (result.usage.quiet_s if tests > 1 else lasted_s) * own)
        ends = {result.end, result.program.end if result.program else ""}
        if "wall" in ends and lasted_s - waited_s < 0.8 * wall_s:
            raise BudgetError("the program waited for a processor most of the time", "overloaded")
        if ends & {"wall", "cpu"} and self._slowest_s < 0.5 * each_s:
            raise self._late()
        return result

    def aside(self, job: Any, **limits: Any) -> RunResult:
        """Runs a job that is not a test: a compiler, or a program of the task's own.

        limits    fields of `Limits` that are the job's own
        raises    BudgetError where the time for the sample is used up
        """
        if self._left_s <= 0:
            raise self._late()
        own = _with_reserve(replace(self._limits, **limits, wall_s=WALL_TO_CPU * self._left_s), job)
        result = self._sandbox.run(job, own)
        # What a compiler's processes waited for a processor is not known once they have ended, but they never sleep.
        self._left_s -= result.usage.cpu_s
        if result.end == "wall":
            raise self._late()
        return result

    def _late(self) -> BudgetError:
        return BudgetError("the tests take more time than the rubric's deadline leaves for a sample", "timeout")


def _with_reserve(limits: Limits, job: Any) -> Limits:
    """The limits of a program, with what the runtime of its language needs; of two that talk, the larger."""
    jobs = (job.program, job.interactor) if isinstance(job, Interactive) else (job,)
    languages = [LANGUAGES[one.language] for one in jobs if isinstance(one, Image)]
    if not languages:
        return limits
    memory_bytes = limits.memory_bytes + max(language.reserve_bytes for language in languages)
    processes = max(limits.processes, *(language.processes for language in languages))
    return replace(limits, memory_bytes=memory_bytes, processes=processes)


def limit_of(result: RunResult) -> tuple[Verdict, str] | None:
    """The verdict of a run that a limit ended."""
    return {
        "cpu": (Verdict.TIME, "CPU time ran out"),
        "test_cpu": (Verdict.TIME, "CPU time ran out"),
        "wall": (Verdict.TIME, "time ran out"),
        "memory": (Verdict.MEMORY, "memory ran out"),
        "processes": (Verdict.RUNTIME_ERROR, "too many processes"),
        "disk": (Verdict.RUNTIME_ERROR, "too many files, or too much in them"),
        "output": (Verdict.OUTPUT, "too much output"),
    }.get(result.end)


def end_of(result: RunResult, message: str = "") -> tuple[Verdict, str]:
    """The verdict of a program that ended by itself where it should not have."""
    how = f"signal {result.code}" if result.end == "signal" else f"exit status {result.code}"
    text = message or result.stderr.decode(errors="replace").strip().splitlines()[-1:] or how
    text = text if isinstance(text, str) else text[0]
    return (Verdict.MEMORY if text.startswith("MemoryError") else Verdict.RUNTIME_ERROR), text[:SHOWN]


def read_frames(result: RunResult) -> tuple[list[list[Any]], tuple[Verdict, str]]:
    """The frames of an answering program, and what to say of the cases that have none."""
    texts, rest = split_frames(result.channel)
    frames: list[list[Any]] = []
    missing = limit_of(result) or (
        end_of(result) if result.code else (Verdict.RUNTIME_ERROR, "the program ended early")
    )
    for text in texts:
        try:
            frame = decode(text)
        except WireError as exc:
            return frames, (Verdict.WRONG, f"the program wrote {exc}")
        if not isinstance(frame, list) or not frame or not isinstance(frame[0], str):
            return frames, (Verdict.WRONG, "the program wrote a frame of no known kind")
        frames.append(frame)
    if rest and not limit_of(result):
        missing = (Verdict.WRONG, "the program wrote bytes that are no frame")
    return frames, missing
