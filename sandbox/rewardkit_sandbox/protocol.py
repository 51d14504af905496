r"""The interface of every backend: run programs within limits and report what happened, without an opinion.

    with open_sandbox("auto") as sandbox:
        result = sandbox.run(Script("print(int(input()) ** 2)", stdin=b"12\n"), Limits(cpu_s=2))
        result.stdout   # b"144\n"

A job holds what a process gets: never an expected value, where that process runs a candidate's code. What comes back
is bytes; comparing them is the caller's business, outside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Literal, Protocol, Self

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Limits of one run. CPU time comes first: wall time is generous, so that a loaded host fails nobody."""

    cpu_s: int = 8
    """CPU seconds of each process of the run."""
    test_cpu_s: float | None = None
    """CPU seconds of all processes together between two writes to the answer channel: of one of several tests. It is
    looked at twenty times a second. None for a run that is one test."""
    wall_s: float = 30.0
    """Seconds from the start, but for those in which the run waits for a processor."""
    memory_bytes: int = 512 * MIB
    """Memory of all processes of the run together; each alone is held to it by the kernel."""
    output_bytes: int = 16 * MIB
    """Bytes that may be written to standard output, standard error and the answer channel together."""
    disk_bytes: int = 64 * MIB
    """Size of the only file system that can be written to, which is in memory."""
    inodes: int = 4096
    """Files, directories and links on that file system."""
    files: int = 128
    """Open descriptors of each process."""
    processes: int = 64
    """Processes and threads at once."""


@dataclass(frozen=True)
class Script:
    """A Python program that reads standard input and writes standard output."""

    source: str
    stdin: bytes = b""


@dataclass(frozen=True)
class Compile:
    """A program's text to be compiled: what was made comes back on the channel of a run that exits with status 0.

    language   one of `LANGUAGES` that has a compiler
    std        standard of the language, for those that have some; the first of `Language.stds` where empty
    files      texts that the source includes, by name
    """

    source: str
    language: str
    std: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Image:
    """An image from `Compile`, or the text of a language without a compiler, run on standard input and output."""

    image: bytes
    language: str
    stdin: bytes = b""
    args: Sequence[str] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Files in its working directory, by name."""


@dataclass(frozen=True)
class Interactive:
    """Two programs that talk: what one writes to standard output, the other reads from standard input.

    program      the one that is judged; it ends when the interactor does
    interactor   the one that judges: its end is the result's, and the program's is `RunResult.program`
    """

    program: Script | Image
    interactor: Script | Image


@dataclass(frozen=True)
class Answers:
    """A program whose function is called, or over whose names expressions are evaluated, case by case.

    fn_name   the function, or a method of `class Solution`; None to take each case as an expression
    cases     the arguments of each call, or the text of each expression
    after     whether each answer also holds the arguments as the call left them
    prelude   text that runs before the program, in the same names
    """

    source: str
    cases: Sequence[Any]
    fn_name: str | None = None
    after: bool = False
    prelude: str = ""


@dataclass(frozen=True)
class Driven:
    """Tests and a program in two processes that share nothing but a link: the tests hold stubs, the program answers.

    tests     request of the driver (see `guest/tests/driver.py`); it may hold expected values
    source    the program
    """

    source: str
    tests: dict[str, Any]


@dataclass(frozen=True)
class Reporting:
    """Tests that run in the program's own process and report the values that they look at.

    tests     request of the runner without the source (see `guest/tests/reporting.py`); it holds no expected value
    source    the program
    """

    source: str
    tests: dict[str, Any]


Job = Script | Compile | Image | Interactive | Answers | Driven | Reporting

EX_DATAERR = 65
"""Exit status of a program whose text is no program; sysexits.h."""
EX_UNAVAILABLE = 69
"""Exit status of a run for which the sandbox has no compiler or interpreter; sysexits.h."""

End = Literal["exit", "signal", "cpu", "test_cpu", "wall", "memory", "processes", "disk", "output", "cancel"]


@dataclass(frozen=True)
class Usage:
    """Resources that a run used."""

    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_bytes: int = 0
    """Resident memory of the largest process."""
    waited_s: float = 0.0
    """Seconds of `wall_s` in which the first process could run and waited for a processor. In a run that was ended for
    its wall time, of the process that waited longest. Children that ended before are not counted in either."""
    quiet_s: float = 0.0
    """The longest time without output, until its end."""


@dataclass(frozen=True)
class RunResult:
    """The end of one process, and its output."""

    end: End
    """`exit` and `signal`: by itself; any other: the limit that ended it."""
    code: int
    """Exit status, or number of the signal."""
    stdout: bytes = b""
    stderr: bytes = b""
    channel: bytes = b""
    """Bytes written to the answer channel: frames of `wire`, if the program was honest."""
    usage: Usage = field(default_factory=Usage)
    program: "RunResult | None" = None
    """Of a `Driven` or `Interactive` job: the program's own process; this result is then the other one's."""


class Sandbox(Protocol):
    """One place to run one job at a time. Threads need one each; processes never share one.

    A backend that derives from this is closed at the end of a `with` block.
    """

    name: str
    """Name of the backend in a rubric."""
    isolation: str
    """In a few words, what stands between a program and the machine: shown with each verdict."""
    image: str | None = None
    """The image that programs run in, by its name and the engine's id; None for a backend without images."""
    reduced: tuple[str, ...]
    """Kinds of isolation that are missing, in the words of `conformance.SEPARATES`; empty for full isolation."""

    def run(self, job: Job, limits: Limits) -> RunResult:
        """Runs one job to its end: when this returns, none of its processes, files or sockets exist any more.

        raises  SandboxBrokeError where the sandbox failed rather than the program
        """

    def cases(self, job: Script | Image, limits: Limits, count: int) -> "Cases":  # noqa: ARG002 - for backends
        """Runs of one program on several inputs.

        job       the program; its own input is not used
        limits    of each run
        count     how many runs there will be, unless one of them ends it all
        """
        return Cases(self, job, limits)

    def close(self) -> None:
        """Ends everything that the sandbox started. Closing twice is fine."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Cases:
    """Runs of one program, one after the other, each as if it were the only one; closed at the end of a `with` block.

    Other jobs may run in the same sandbox in between. A backend that can make such runs cheaper derives from this.
    """

    def __init__(self, sandbox: Sandbox, job: Script | Image, limits: Limits) -> None:
        self._sandbox, self._job, self._limits = sandbox, job, limits

    def run(self, stdin: bytes, wall_s: float) -> RunResult:
        """Runs the program on one input; `wall_s` takes the place of the limits' own. Raises as `Sandbox.run` does."""
        return self._sandbox.run(replace(self._job, stdin=stdin), replace(self._limits, wall_s=wall_s))

    def close(self) -> None:
        """Lets go of what was kept for the next run."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
