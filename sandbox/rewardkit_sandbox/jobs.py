"""The tasks of a job's processes and the result made of their reports, for every backend with a zygote."""

import functools
import json
from importlib import resources
from typing import Any

from rewardkit_sandbox import seccomp
from rewardkit_sandbox.guest import toolchains, wire
from rewardkit_sandbox.guest.zygote.run_process import Ended
from rewardkit_sandbox.packages import BUILD, Packages
from rewardkit_sandbox.protocol import (
    Answers,
    Compile,
    Driven,
    Image,
    Interactive,
    Job,
    Reporting,
    RunResult,
    Script,
    Usage,
)
from rewardkit_sandbox.pytest_modules import pytest_modules

# What most programs import; loaded once, before the first fork.
PRELOAD = """
abc ast array base64 bisect calendar cmath collections collections.abc contextlib copy csv dataclasses datetime decimal
enum fractions functools hashlib heapq io itertools json logging math numbers operator os pprint queue random re shutil
statistics string struct subprocess sys tempfile textwrap threading time traceback types typing unittest unicodedata
warnings zlib
""".split()  # noqa: SIM905 - quoted names would read worse
ENVIRONMENT = {
    "HOME": "/tmp/run",  # noqa: S108 - the run's own tmpfs
    "TMPDIR": "/tmp",  # noqa: S108 - likewise
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",  # one program, one verdict: the order of sets must not change from run to run
}
"""Environment variables of every run, besides the search paths."""
MISSING_PACKAGE = f"run `{BUILD} {{package}}` and name it in `sandbox: {{{{packages: [{{package}}]}}}}`"
PATH = "/usr/local/bin:/usr/bin:/bin"
SIGKILL = 9
# The kernel kills for CPU time after one second at the earliest; half of that is allowed for, since it counts in ticks.
LEAST_CPU_KILL_S = 0.5


def guest_text(name: str) -> str:
    """The source of a guest module, by its dotted name below `guest`."""
    *folders, module = name.split(".")
    return resources.files("rewardkit_sandbox.guest").joinpath(*folders, f"{module}.py").read_text("utf-8")


@functools.cache
def guest_modules() -> dict[str, str]:
    """The sources of all guest modules by their names; each zygote imports those that it needs."""
    found: dict[str, str] = {}
    waiting = [("rewardkit_sandbox.guest.", resources.files("rewardkit_sandbox.guest"))]
    while waiting:
        prefix, folder = waiting.pop()
        for entry in folder.iterdir():
            if entry.name.endswith(".py") and entry.name != "__init__.py":
                found[prefix + entry.name.removesuffix(".py")] = entry.read_text("utf-8")
            elif entry.is_dir() and entry.name != "__pycache__":
                waiting.append((f"{prefix}{entry.name}.", entry))
    return found


def handshake(
    zygote: str = "zygote.zygote",
    *,
    bpf: bytes | None = None,
    packages: Packages | None = None,
    missing: str = MISSING_PACKAGE,
    **options: Any,
) -> bytes:
    """The first message to a zygote.

    zygote    the guest module whose `make_zygote` makes the object that forks and watches
    bpf       the filter of a run; by default that of `seccomp`
    packages  what programs can import beside the standard library
    missing   what to do about a `package` that programs cannot import
    options   passed to `make_zygote` as a mapping
    """
    return json.dumps(
        {
            "modules": guest_modules() | pytest_modules(),
            "preload": [*PRELOAD, *(packages.preload if packages else ())],
            "missing": missing,
            "bpf": (seccomp.program() if bpf is None else bpf).hex(),
            "zygote": zygote,
            "options": options,
        }
    ).encode()


def tasks_for(job: Job) -> list[tuple[str, bytes, bytes | None]]:
    """Mode, data and standard input of each process that does a job; of tests that drive a program, theirs first."""
    if isinstance(job, Driven):
        mode = "drive_pytest" if job.tests.get("runner") == "pytest" else "drive"
        return [(mode, wire.encode(job.tests), None), ("serve", wire.encode({"source": job.source}), None)]
    if isinstance(job, Reporting):
        mode = "report_pytest" if job.tests.get("form") == "pytest" else "report"
        return [(mode, wire.encode(job.tests | {"source": job.source}), None)]
    if isinstance(job, Script):
        return [("script", job.source.encode("utf-8", "surrogatepass"), job.stdin)]
    if isinstance(job, Interactive):
        ((judging, interactor, _),), ((mode, program, _),) = tasks_for(job.interactor), tasks_for(job.program)
        return [(f"drive_join_{judging}", interactor, None), (f"join_{mode}", program, None)]
    if isinstance(job, Compile):
        header = {"language": job.language, "std": job.std, "files": dict(job.files)}
        return [("compile", toolchains.packed(header, job.source.encode("utf-8", "surrogatepass")), None)]
    if isinstance(job, Image):
        return [("image", toolchains.packed_image(job.language, job.image, job.args, job.files), job.stdin)]
    return [("answer", wire.encode(_request(job)), None)]


def _request(job: Answers) -> dict[str, Any]:
    request: dict[str, Any] = {"source": job.source, "cases": list(job.cases), "after": job.after}
    if job.prelude:
        request["prelude"] = job.prelude
    if job.fn_name is not None:
        request["fn_name"] = job.fn_name
    return request


def killed_for_cpu(process: Ended) -> bool:
    """True if the kernel ended the process for its CPU time, which it does by SIGKILL."""
    return process.end == "signal" and process.code == SIGKILL and process.cpu_s >= LEAST_CPU_KILL_S


def killed_from_outside(process: Ended) -> bool:
    """True if a SIGKILL came that neither the zygote nor the limit of CPU time sent."""
    return process.end == "signal" and process.code == SIGKILL and not killed_for_cpu(process)


def result(ended: list[Ended]) -> RunResult:
    """The result of a job from the ends of its one process, or of a driver and then its program."""
    process, *program = ended
    return RunResult(
        end="cpu" if killed_for_cpu(process) else process.end,  # type: ignore[arg-type]
        code=process.code,
        stdout=process.written.get("stdout", b""),
        stderr=process.written.get("stderr", b""),
        channel=process.written.get("channel", b""),
        usage=Usage(process.cpu_s, process.wall_s, process.peak_bytes, process.waited_s, process.quiet_s),
        program=result(program) if program else None,
    )
