"""What the processes of a job are given, and what becomes of what they gave, for every backend with a zygote."""

import json
from importlib import resources
from typing import Any

from rewardkit_sandbox import seccomp
from rewardkit_sandbox.guest import wire
from rewardkit_sandbox.guest.attend import Ended
from rewardkit_sandbox.protocol import Answers, Compile, Driven, Image, Job, RunResult, Script, Usage

GUEST = (
    "wire",
    "world",
    "zygote",
    "program",
    "native",
    "served",
    "remote",
    "link",
    "pytest_files",
    "driver",
    "become",
)
"""Guest modules that every zygote gets, in the order in which they import each other."""

# What most programs import; loaded once, before the first fork.
PRELOAD = """
abc ast array base64 bisect calendar cmath collections collections.abc contextlib copy csv dataclasses datetime decimal
enum fractions functools hashlib heapq io itertools json logging math numbers operator os pprint queue random re shutil
statistics string struct subprocess sys tempfile textwrap threading time traceback types typing unittest unicodedata
warnings zlib
""".split()  # noqa: SIM905 - quoted names would read worse
SIGKILL = 9
# The kernel kills for CPU time after one second at the earliest; half of that is allowed for, since it counts in ticks.
LEAST_CPU_KILL_S = 0.5


def guest_text(name: str) -> str:
    return resources.files("rewardkit_sandbox.guest").joinpath(f"{name}.py").read_text("utf-8")


def hello(*extra: str, bpf: bytes | None = None, **options: Any) -> bytes:
    """What a zygote is told when it starts.

    extra     guest modules besides those that all get; `nursery` of the last makes what forks and watches, and where
              there is none that of `zygote`
    bpf       the filter of a run; by default that of `seccomp`
    options   what `nursery` is given as a mapping
    """
    names = (*GUEST, *extra)
    return json.dumps(
        {
            "modules": {name: guest_text(name) for name in names},
            "preload": PRELOAD,
            "bpf": (seccomp.program() if bpf is None else bpf).hex(),
            "nursery": extra[-1] if extra else "zygote",
            "options": options,
        }
    ).encode()


def orders(job: Job) -> list[tuple[str, bytes, bytes | None]]:
    """Mode, data and standard input of each process that does a job; of tests that drive a program, theirs first."""
    if isinstance(job, Driven):
        return [("drive", wire.encode(job.tests), None), ("serve", wire.encode({"source": job.source}), None)]
    if isinstance(job, Script):
        mode = "script" if job.language == "python" else job.language
        return [(mode, job.source.encode("utf-8", "surrogatepass"), job.stdin)]
    if isinstance(job, Compile):
        return [(job.language, job.source.encode("utf-8", "surrogatepass"), None)]
    if isinstance(job, Image):
        return [("image", job.image, job.stdin)]
    return [("answer", wire.encode(_request(job)), None)]


def _request(job: Answers) -> dict[str, Any]:
    request: dict[str, Any] = {"source": job.source, "cases": list(job.cases), "after": job.after}
    if job.prelude:
        request["prelude"] = job.prelude
    if job.fn_name is not None:
        request["fn_name"] = job.fn_name
    return request


def killed_for_cpu(process: Ended) -> bool:
    """Whether the kernel ended a process for its CPU time, which it does by SIGKILL."""
    return process.end == "signal" and process.code == SIGKILL and process.cpu_s >= LEAST_CPU_KILL_S


def killed_from_outside(process: Ended) -> bool:
    """Whether a SIGKILL came that neither the zygote nor the limit of CPU time sent."""
    return process.end == "signal" and process.code == SIGKILL and not killed_for_cpu(process)


def result(ended: list[Ended]) -> RunResult:
    """What became of a job: of its one process, or of a driver and then its program."""
    process, *program = ended
    return RunResult(
        end="cpu" if killed_for_cpu(process) else process.end,  # type: ignore[arg-type]
        code=process.code,
        stdout=process.written.get("stdout", b""),
        stderr=process.written.get("stderr", b""),
        channel=process.written.get("channel", b""),
        usage=Usage(process.cpu_s, process.wall_s, process.peak_bytes),
        program=result(program) if program else None,
    )
