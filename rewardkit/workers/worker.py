"""The process that judges, and that can be killed: `Judge` behind a pair of pipes.

    parent (rewardkit.workers.process)                 this process
      WorkerInit ─────────── requests ──────────────▶  builds the rewards
      (units, weights) ───── requests ──────────────▶  judges
      ◀──────────────────────  answers ── "ready", then results, then None for each request
      PartRequest ────────── requests ──────────────▶  reads, judges and writes a part of a file
      ◀──────────────────────  answers ── PartResult
      reads ◀─ 24 shared bytes: WorkerProgress ─────  writes before each question

Frames are eight bytes of length and a pickle. Both ends are ours and hold only our own data, never a completion's
objects. The pipes are moved away from standard output before any plugin is loaded; the first lines that a reward prints
are answers too (`rewardkit.workers.prints`).

The shared bytes tell the parent what to blame when it must kill this process, also when the process holds the
interpreter's lock in one endless C call.
"""

import contextlib
import ctypes
import gc
import io
import mmap
import os
import pickle
import signal
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO, NamedTuple

from rewardkit.codec import ResultFields, result_fields, result_of, sample_from
from rewardkit.errors import ConfigError, InfrastructureError, InputError, RewardkitError
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.compose import weights_at
from rewardkit.rubrics.resolution import Step, resolve
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.score import Result, Score, Weight
from rewardkit.shards.part import PartRequest
from rewardkit.workers.judge import Judge, Judged, Unit
from rewardkit.workers.prints import Printed, Prints
from rewardkit.workers.retry import TOGETHER, UnitFields

LENGTH = struct.Struct("<Q")
HEADROOM_MB = 64
"""Memory that must remain after the rewards are loaded; with less, every sample would hit the limit."""
UNSENDABLE = "a sample cannot be sent to a worker"
PLAIN_DATA = "its ground truth and columns must be plain data: numbers, texts, lists, mappings"
FLUSH_S = 0.02
"""Finished results wait at most this long, so that little is judged again when a later sample kills the worker."""


_NOTHING: Mapping[tuple[int, str], Score] = {}


class WorkerInit(NamedTuple):
    """Everything that a worker is told before its first request."""

    rubric: Rubric
    files: tuple[Path, ...]
    distributions: tuple[str, ...]
    mark_path: str
    timings: bool
    parent_pid: int
    nice: int = 0
    aliases: tuple[str, ...] | None = None
    """The rewards that this process asks; None: all of the rubric."""
    copy: int = 0
    """Index of this process among those of a service."""


class WorkerProgress(NamedTuple):
    """The question that a worker is at, numbered anew each time so that a change is seen.

    While the worker starts, `step` is the reward that it builds.
    """

    number: int
    unit: int
    sample: int
    step: int
    size: int
    """Number of samples in the unit."""

    @classmethod
    def read(cls, shared: mmap.mmap) -> "WorkerProgress":
        """The progress in the shared bytes."""
        return cls(*_MARK.unpack_from(shared))


_MARK = struct.Struct("<QIIII")
MARK_BYTES = _MARK.size
IDLE = 0xFFFFFFFF
"""The step of the mark of a worker that has judged all that it was sent."""


class _Marker:
    """Writes the progress: called with the index of the sample and of the step, for the unit at `place`."""

    def __init__(self, shared: mmap.mmap) -> None:
        self._shared = shared
        self._number = WorkerProgress.read(shared).number
        self.place = self.step = self.size = 0

    def __call__(self, sample: int, step: int) -> None:
        self._number += 1
        self.step = step
        _MARK.pack_into(self._shared, 0, self._number, self.place, sample, step, self.size)


def freeze_gc() -> None:
    """Tells the garbage collector that what is loaded by now stays, and that samples come and go without cycles.

    Otherwise it walks all of them again and again: a sixth of the time of a fast run.
    """
    gc.freeze()
    gc.set_threshold(100_000)


def send(stream: BinaryIO, message: object) -> None:
    """Writes one frame."""
    send_bytes(stream, pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL))


def send_bytes(stream: BinaryIO, payload: bytes) -> None:
    """Writes one frame that is pickled already."""
    stream.write(LENGTH.pack(len(payload)) + payload)  # in one call: a thread of a reward may print meanwhile
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Reads one message. EOFError where the other end is gone."""
    return pickle.loads(receive_bytes(stream))  # noqa: S301 - both ends are ours


def receive_bytes(stream: BinaryIO) -> bytes:
    """Reads one frame. EOFError where the other end is gone."""
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(header)
    payload = stream.read(length)
    if len(payload) < length:
        raise EOFError
    return payload


def main() -> None:
    """The worker's life: boot, then answer requests until the parent closes the pipe."""
    requests, answers = _own_the_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    try:
        boot: WorkerInit = receive(requests)
    except Exception as error:  # noqa: BLE001 - a function's module may raise anything when it is imported
        found = f"a function of the rubric cannot be loaded in a worker: {type(error).__name__}: {error}"
        send(answers, ConfigError(f"{found}; write it to a file and name that: plugins=['rewards.py']"))
        return
    _die_with(boot.parent_pid)
    if boot.nice and hasattr(os, "nice"):  # before a plugin is loaded: its threads inherit it
        os.nice(boot.nice)
    with Path(boot.mark_path).open("r+b") as file, mmap.mmap(file.fileno(), MARK_BYTES) as shared:
        mark = _Marker(shared)
        judge = _built(boot, mark)
        if isinstance(judge, RewardkitError):
            send(answers, judge)
            return
        freeze_gc()
        os.dup2(1, 2)  # what a reward printed while it was built is kept by the parent
        send(answers, "ready")
        sys.stdout = sys.stderr = Prints(lambda: judge.alias(mark.step), partial(_hand_on, answers))
        try:
            while True:
                payload = receive_bytes(requests)
                try:
                    request = pickle.loads(payload)  # noqa: S301 - both ends are ours
                except Exception as error:  # noqa: BLE001 - a class of the parent's __main__, say
                    send(answers, InputError(f"{UNSENDABLE} ({type(error).__name__}: {error}); {PLAIN_DATA}"))
                else:
                    if isinstance(request, PartRequest):
                        _answer_part(judge, request, answers, mark)
                    else:
                        _answer(judge, request, answers, mark, timings=boot.timings)
        except (EOFError, BrokenPipeError):
            judge.close()


def _built(boot: WorkerInit, mark: "_Marker") -> Judge | RewardkitError:
    """The judge, or the reason why there is none, for the parent to raise."""
    try:
        steps = resolve(boot.rubric, load_registry(boot.files, boot.distributions))
        asked = [_copied(step, boot.copy) for step in steps if boot.aliases is None or step.alias in boot.aliases]
        judge = Judge(boot.rubric, asked, mark=mark)
    except RewardkitError as error:
        return error
    except Exception as error:  # noqa: BLE001 - reported to the parent, which raises it
        return InfrastructureError(f"a worker did not start: {type(error).__name__}: {error}")
    return _limit_memory(max(step.limits.memory_mb for step in asked)) or judge


def _copied(step: Step, copy: int) -> Step:
    """The step with the parameters of this process, where a service has several."""
    if step.installed.reward.runs == "worker":
        return step
    return replace(step, params=step.installed.reward.copies(step.params)[copy])


def _answer(judge: Judge, request: Any, answers: BinaryIO, mark: _Marker, *, timings: bool) -> None:
    """Judges the units of one request, sends what is finished every few milliseconds, and None at the end."""
    units, weights = request
    if len(units) > 1 and judge.sees_batches and all(fields.only is None for fields in units):
        _answer_together(judge, units, answers, mark, timings=timings)
        return
    finished: list[tuple[int, list[ResultFields]]] = []
    flushed = monotonic()
    for fields in units:
        mark.place, mark.size = fields.place, len(fields.samples)
        try:
            unit = Unit([sample_from(sample) for sample in fields.samples], fields.known)
            if fields.only is None:
                results = _judged(judge, unit, weights, mark, timings=timings, asks=fields.asks)
            else:
                results = []
                judge.ask_one(unit, fields.only, mark=mark)
        except MemoryError:
            send(answers, finished)
            send(answers, "memory")
            os._exit(1)  # what a reward holds after this is unknown: a fresh process goes on
        finished.append((fields.place, [result_fields(*judged) for judged in results]))
        now = monotonic()
        if now - flushed > FLUSH_S:
            send(answers, finished)
            finished, flushed = [], now
    mark(0, IDLE)
    send(answers, finished)
    send(answers, None)


def _judged(
    judge: Judge,
    unit: Unit,
    weights: Mapping[str, Weight],
    mark: _Marker,
    *,
    timings: bool,
    asks: Sequence[int] | None = None,
) -> list[Judged]:
    """The judgements of a unit's samples. MemoryError as `Judge.judge` raises it."""
    try:
        return judge.judge(unit, weights, timings=timings, mark=mark, asks=asks)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a column that cannot be compared with a condition, say
        failed = Score.failed(f"it could not be judged: {type(error).__name__}: {error}"[:1000])
        return [judge.failure(failed) for _ in unit.samples]


def _answer_part(judge: Judge, request: PartRequest, answers: BinaryIO, mark: _Marker) -> None:
    """Reads, judges and writes a part of a file, and sends its figures."""
    from rewardkit.shards.judge_part import judge_part  # noqa: PLC0415 - for runs in parts

    weights = weights_at(judge.rubric, request.settings.progress)

    def ask(first: int, units: Sequence[Sequence[Sample]]) -> Iterator[Sequence[Result]]:
        for place, samples in enumerate(units, first):
            mark.place, mark.size = place, len(samples)
            judged = _judged(judge, Unit(samples, _NOTHING), weights, mark, timings=True)
            yield [result_of(one.reward, one.scores, one.elapsed_ms, weights) for one in judged]

    pause = partial(mark, 0, IDLE)
    try:
        answer: object = judge_part(judge.rubric, judge.steps, request.settings, request.part, ask, pause=pause)
    except MemoryError:
        send(answers, "memory")
        os._exit(1)  # what a reward holds after this is unknown: a fresh process goes on
    except RewardkitError as error:
        answer = error
    pause()
    send(answers, answer)


def _answer_together(
    judge: Judge, units: Sequence[UnitFields], answers: BinaryIO, mark: _Marker, *, timings: bool
) -> None:
    """Judges all units of a request at once, by the one reward of a service that sees batches."""
    mark.place, mark.size = TOGETHER, sum(len(fields.samples) for fields in units)
    try:
        samples = [Unit([sample_from(sample) for sample in fields.samples], fields.known) for fields in units]
        results = judge.judge_together(samples, timings=timings, mark=mark)
    except MemoryError:
        send(answers, "memory")
        os._exit(1)  # what a reward holds after this is unknown: a fresh process goes on
    mark(0, IDLE)
    finished = zip(units, results, strict=True)
    send(answers, [(fields.place, [result_fields(*judged) for judged in of_one]) for fields, of_one in finished])
    send(answers, None)


def _hand_on(answers: BinaryIO, printed: Printed) -> None:
    """Sends a line that a reward printed; one that is printed while a frame is being written is lost."""
    with contextlib.suppress(OSError, RuntimeError):
        send(answers, printed)


def _own_the_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes on descriptors of their own; 0 and 1 lead nowhere from here on."""
    requests, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - Windows only

        msvcrt.setmode(requests, os.O_BINARY)
        msvcrt.setmode(answers, os.O_BINARY)
    return io.BufferedReader(io.FileIO(requests, "r")), io.BufferedWriter(io.FileIO(answers, "w"), 1 << 16)


def _die_with(parent_pid: int) -> None:
    """Makes the kernel kill this process when its parent dies, hung or not; elsewhere the closed pipe ends it."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
        if os.getppid() != parent_pid:
            os._exit(1)


def _limit_memory(limit_mb: int) -> ConfigError | None:
    """Private memory beyond the limit raises MemoryError here; returns what is wrong where too little is left of it."""
    if sys.platform != "linux":
        return None
    import resource  # noqa: PLC0415 - not on Windows

    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    taken_mb = int(status.partition("VmData:")[2].split()[0]) // 1024
    if limit_mb - taken_mb < HEADROOM_MB:
        least = taken_mb + HEADROOM_MB
        return ConfigError(
            f"limits.memory_mb: {limit_mb}: the rewards take {taken_mb} MB once loaded; write {least} at least"
        )
    resource.setrlimit(resource.RLIMIT_DATA, (limit_mb * 1024**2, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    return None
