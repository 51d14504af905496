"""The process that judges, and that can be killed: `Judge` behind a pair of pipes.

Its parent (`rewardkit.workers.process`) sends a `WorkerInit`, then requests; answers go back in frames: eight bytes of
length, then a pickle. Both ends are ours and hold only our own data, never a completion's objects. Prints of a reward
are dropped: the pipes are moved away from standard output before any plugin is loaded.

A few shared bytes (`WorkerProgress`) name what is being judged, so that the parent knows what to blame when it must
kill this process, also when the process holds the interpreter's lock in one endless C call.
"""

import ctypes
import gc
import io
import mmap
import os
import pickle
import signal
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO, NamedTuple

from rewardkit.codec import ResultFields, SampleFields, result_fields, sample_from
from rewardkit.errors import ConfigError, InfrastructureError, InputError, RewardkitError
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.rubric import Rubric, resolve
from rewardkit.score import Score
from rewardkit.workers.judge import Judge, Unit

LENGTH = struct.Struct("<Q")
HEADROOM_MB = 64
"""What must be left of a worker's memory with its rewards loaded: with less every sample would seem too much."""
UNSENDABLE = "a sample cannot be sent to a worker"
PLAIN_DATA = "its ground truth and columns must be plain data: numbers, texts, lists, mappings"
FLUSH_S = 0.02
"""Finished results wait at most this long, so that little is judged again when a later sample kills the worker."""


class WorkerInit(NamedTuple):
    """All that a worker must know before its first request."""

    rubric: Rubric
    files: tuple[Path, ...]
    distributions: tuple[str, ...]
    mark_path: str
    timings: bool
    parent_pid: int


class WorkerProgress(NamedTuple):
    """What a worker is judging: numbered anew at each question, so that a change is seen."""

    number: int
    unit: int
    sample: int
    step: int

    @classmethod
    def read(cls, shared: mmap.mmap) -> "WorkerProgress":
        """The mark in the shared bytes."""
        return cls(*_MARK.unpack_from(shared))


_MARK = struct.Struct("<QIII")
MARK_BYTES = _MARK.size


class _Marker:
    """Writes the mark: called with the index of the sample and of the step, for the unit at `place`."""

    def __init__(self, shared: mmap.mmap) -> None:
        self._shared = shared
        self._number = WorkerProgress.read(shared).number
        self.place = 0

    def __call__(self, sample: int, step: int) -> None:
        self._number += 1
        _MARK.pack_into(self._shared, 0, self._number, self.place, sample, step)


class UnitFields(NamedTuple):
    """What is sent of a unit; `place` is its index in the job."""

    place: int
    samples: list[SampleFields]
    known: dict[tuple[int, str], Score]


def freeze_gc() -> None:
    """Tells the garbage collector that what is loaded by now stays, and that samples come and go without cycles.

    Otherwise it walks all of them again and again: a sixth of the time of a fast run.
    """
    gc.freeze()
    gc.set_threshold(100_000)


def send(stream: BinaryIO, message: object) -> None:
    """Writes one frame."""
    payload = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(LENGTH.pack(len(payload)))
    stream.write(payload)
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
    boot: WorkerInit = receive(requests)
    _die_with(boot.parent_pid)
    try:
        judge = Judge(boot.rubric, resolve(boot.rubric, load_registry(boot.files, boot.distributions)))
    except RewardkitError as error:
        send(answers, error)
        return
    except Exception as error:  # noqa: BLE001 - said to the parent, which raises it
        send(answers, InfrastructureError(f"a worker did not start: {type(error).__name__}: {error}"))
        return
    if fault := _limit_memory(boot.rubric.limits.memory_mb):
        send(answers, fault)
        return
    freeze_gc()
    with Path(boot.mark_path).open("r+b") as file, mmap.mmap(file.fileno(), MARK_BYTES) as shared:
        send(answers, "ready")
        try:
            while True:
                payload = receive_bytes(requests)
                try:
                    request = pickle.loads(payload)  # noqa: S301 - both ends are ours
                except Exception as error:  # noqa: BLE001 - a class of the parent's __main__, say
                    send(answers, InputError(f"{UNSENDABLE} ({type(error).__name__}: {error}); {PLAIN_DATA}"))
                else:
                    _answer(judge, request, answers, shared, timings=boot.timings)
        except (EOFError, BrokenPipeError):
            judge.close()


def _answer(judge: Judge, request: Any, answers: BinaryIO, shared: mmap.mmap, *, timings: bool) -> None:
    """Judges the units of one request, sends what is finished every few milliseconds, and None at the end."""
    units, weights = request
    finished: list[tuple[int, list[ResultFields]]] = []
    flushed = monotonic()
    mark = _Marker(shared)
    for place, unit in _units(units):
        mark.place = place
        try:
            results = judge.judge(unit, weights, timings=timings, mark=mark)
        except MemoryError:
            send(answers, finished)
            send(answers, "memory")
            os._exit(1)  # what a reward holds after this is unknown: a fresh process goes on
        except Exception as error:  # noqa: BLE001 - a column that cannot be compared with a condition, say
            failed = Score.failed(f"it could not be judged: {type(error).__name__}: {error}"[:1000])
            results = [judge.failure(failed) for _ in unit.samples]
        finished.append((place, [result_fields(*judged) for judged in results]))
        now = monotonic()
        if now - flushed > FLUSH_S:
            send(answers, finished)
            finished, flushed = [], now
    send(answers, finished)
    send(answers, None)


def _units(units: Sequence[UnitFields]) -> Iterator[tuple[int, Unit]]:
    for unit in units:
        yield unit.place, Unit([sample_from(fields) for fields in unit.samples], unit.known)


def _own_the_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes on descriptors of their own; 0, 1 and 2 lead nowhere from here on."""
    requests, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
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
