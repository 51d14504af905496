"""A sandbox whose zygote is a child of this process: what the backends without a daemon share."""

import contextlib
import os
import socket
import subprocess
import sys
from abc import abstractmethod
from collections.abc import Iterator, Sequence

from rewardkit_sandbox.errors import SandboxBrokeError, SandboxUnavailableError
from rewardkit_sandbox.guest import descriptors
from rewardkit_sandbox.guest.zygote import zygote_client
from rewardkit_sandbox.guest.zygote.run_process import Ended
from rewardkit_sandbox.jobs import guest_text, killed_from_outside, result, tasks_for
from rewardkit_sandbox.local.cgroup import cpu_group, memory_group
from rewardkit_sandbox.protocol import MIB, Job, Limits, RunResult, Sandbox

STARTS_WITHIN_S = 30.0
# Beside a run, the group of a sandbox holds its zygote and, where tests drive a program, their driver.
ZYGOTE_BYTES = 128 * MIB


class LocalBackend(Sandbox):
    """Starts a zygote, holds one conversation with it, and ends it. Starting takes a fraction of a second.

    A backend defines how the zygote starts, its handshake, and the fix for a start that fails.
    """

    name: str
    reduced: tuple[str, ...] = ()
    isolation: str
    interpreter: str
    """Path on this machine of the Python that runs the programs."""
    started_by: str = ""
    """The tool that builds the sandbox, with version and path, where there is one."""

    def __init__(self) -> None:
        """Starts the zygote and waits until it is ready. Raises SandboxUnavailableError, with the fix."""
        if sys.platform != "linux":
            raise SandboxUnavailableError(
                f"{self.name} needs Linux, this is {sys.platform}",
                "run rewardkit in a Linux container or virtual machine",
            )
        handshake = self._handshake()
        self._owner = os.getpid()
        self._memory = memory_group() if os.geteuid() == 0 else None
        self._cpu = cpu_group() if os.geteuid() == 0 else None
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:  # closed before the greeting, so that a zygote that ends is an end of file
                self._process = self._start(theirs)
            self._greet(handshake)
        except BaseException:
            self._close_sockets()
            self._close_groups()
            raise
        assert self._process.stderr is not None
        self._process.stderr.close()
        self._client = zygote_client.ZygoteClient(self._control)

    @abstractmethod
    def _handshake(self) -> bytes:
        """The zygote's first message. Raises SandboxUnavailableError where that much shows that it cannot work."""

    @abstractmethod
    def _command(self, boot: Sequence[str], group: str) -> tuple[list[str], dict[str, str]]:
        """Command and environment that start an interpreter with the arguments `boot`, in the cgroups `group`."""

    @abstractmethod
    def _advice(self) -> str:
        """The most likely fix for a zygote that does not start."""

    @abstractmethod
    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        """Ends the zygote and everything that it started; returns when all of it has exited."""

    def _start(self, control: socket.socket) -> "subprocess.Popen[bytes]":
        boot = ["-S", "-B", "-c", guest_text("zygote.boot"), str(control.fileno())]
        command, environment = self._command(boot, ":".join(group.join for group in (self._memory, self._cpu) if group))
        return subprocess.Popen(  # noqa: S603 - built here, from nothing that a user wrote
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=[control.fileno()],
            env=environment,
            cwd="/",
        )

    def _case_zygote(self) -> socket.socket | None:
        """The socket of a second zygote, for backends that make worlds for the cases of a program."""
        return None

    def _greet(self, handshake: bytes) -> None:
        self._control.settimeout(STARTS_WITHIN_S)
        cases = self._case_zygote()
        with cases or contextlib.nullcontext():
            ready = zygote_client.greet(self._control, handshake, cases)
        if not ready:
            self._process.kill()
            _, said = self._process.communicate()
            words = said.decode(errors="replace").strip().splitlines()[-1:] or ["it did not start"]
            raise SandboxUnavailableError(f"{self.name} does not work here ({words[0]})", self._advice())

    def run(self, job: Job, limits: Limits) -> RunResult:
        self._prepare(limits)
        with contextlib.ExitStack() as stack:
            tasks = [stack.enter_context(task) for task in self._tasks(job)]
            with self._guarded():
                ended = self._client.run(tasks, vars(limits))
        for process in ended:
            if self._foreign(process):
                raise SandboxBrokeError("a process of the run was killed from outside: by hand, or for want of memory")
        return result(ended)

    @staticmethod
    def _tasks(job: Job) -> Iterator[contextlib.AbstractContextManager[zygote_client.Task]]:
        for mode, data, stdin in tasks_for(job):
            given = None if stdin is None else descriptors.sealed(stdin)
            yield contextlib.closing(zygote_client.Task(mode, descriptors.sealed(data), given))

    def _prepare(self, limits: Limits) -> None:
        """Sees to what a run needs. Raises SandboxBrokeError in a forked process."""
        if os.getpid() != self._owner:
            raise SandboxBrokeError("a sandbox belongs to the process that opened it, not to its forks")
        if self._memory:
            self._memory.limit(limits.memory_bytes + ZYGOTE_BYTES)

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Closes the sandbox where its zygote misbehaves. Raises SandboxBrokeError then."""
        try:
            yield
        except zygote_client.ZygoteError as exc:
            self.close()
            raise SandboxBrokeError(str(exc)) from exc

    def _foreign(self, process: Ended) -> bool:
        """True if a SIGKILL ended a process that nothing here sent; one for the group's memory becomes the limit's.

        No world here lets a program send SIGKILL to its own first process, so that is never the program's doing.
        """
        if process.end == "memory" and self._memory:
            self._memory.has_killed()  # it may have, besides the zygote: that is settled then
        if not killed_from_outside(process):
            return False
        if self._memory is None or not self._memory.has_killed():
            return True
        process.end = "memory"
        return False

    def _held(self) -> str:
        """How memory is limited, for the line on isolation."""
        return "memory by cgroup" if self._memory else "memory watched"

    def _close_sockets(self) -> None:
        self._control.close()

    def close(self) -> None:
        self._close_sockets()
        if os.getpid() == self._owner and self._process.returncode is None:
            self._end(self._process)
            self._close_groups()

    def _close_groups(self) -> None:
        for group in (self._memory, self._cpu):
            if group:
                group.close()
