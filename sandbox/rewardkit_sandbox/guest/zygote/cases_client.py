"""The other end of a world for the cases of one program (see `case_world`)."""

import contextlib
import os
import re
import select
import socket
import struct
import time
from contextlib import ExitStack
from typing import Any

from rewardkit_sandbox.guest.zygote.follow import Follow
from rewardkit_sandbox.guest.zygote.run_process import Ended, RunProcess
from rewardkit_sandbox.guest.zygote.zygote_client import GRACE_S, WALL_CAP, WRITES, Task, ZygoteClient, ZygoteError

REPORT = struct.Struct("=ii18q104s")
"""confined, wait4's status, its rusage, schedstat: `case_world._Report`."""
LOOK_S = 0.05
"""Seconds between two questions whether a case has had its time."""


class NoWorldError(Exception):
    """No world can be made here, such as on a kernel that gives nobody a choice of process numbers."""


class CasesClient:
    """One program's world. It ends by itself when a case uses up its memory or its time: `alive` is then False."""

    def __init__(self, client: ZygoteClient, task: Task, limits: dict[str, Any], preload: list[str]) -> None:
        """Starts a world.

        task      the program, without an input
        limits    the fields of `protocol.Limits`; those of each case
        preload   modules of the standard library that the program imports
        raises    ZygoteError
        """
        self._client = client
        self._limits = limits
        self._names = WRITES[task.mode]
        self._world = RunProcess(client.number())
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            message = {"id": self._world.id, "mode": task.mode, "limits": limits, "fds": ["data", "control"]}
            client.send(message | {"cases": True, "preload": preload}, [task.data, theirs.fileno()])
        self._socket.setblocking(False)

    @property
    def alive(self) -> bool:
        return self._world.report is None

    def run(self, stdin: int, wall_s: float) -> Ended:
        """Runs the program on one input, to the end of all that it starts.

        stdin     a sealed memory file
        wall_s    seconds for this case
        raises    ZygoteError; NoWorldError
        """
        with ExitStack() as stack:
            case = RunProcess(0)
            pipes = [case.pipe(name, stack) for name in self._names]
            started = time.monotonic()
            with contextlib.suppress(OSError):  # a world that has ended is reported
                socket.send_fds(self._socket, [b"case"], [stdin, *pipes])
            case.close_their_ends()
            follow = Follow([case], self._limits["output_bytes"], lambda _: self._client.cancel(self._world))

            def case_ended() -> None:
                report = self._report_of_case(time.monotonic() - started)
                if report is not None:
                    follow.ended(case, report)

            def world_ended() -> None:
                report = self._client.receive()
                if report["id"] == self._world.id:
                    self._world.report = report
                    if report["end"] == "setup":
                        raise NoWorldError
                    follow.ended(case, report | {"wall_s": time.monotonic() - started})

            follow.listen(self._socket.fileno(), case_ended)
            follow.listen(self._client.control.fileno(), world_ended)
            self._wait(follow, started, wall_s)
            if case.report is not None and case.report["end"] == "setup":
                raise ZygoteError(f"a run could not be confined: {case.last_words()}")
            return case.ended()

    def _wait(self, follow: Follow, started: float, wall_s: float) -> None:
        """Waits for the end of a case; once its time is over, the zygote is asked to look whether it had it."""
        patience = wall_s
        while not follow.wait(patience):
            passed = time.monotonic() - started
            if passed > WALL_CAP * wall_s + GRACE_S:
                raise ZygoteError("the sandbox did not end a run that was out of time")
            self._client.send({"id": self._world.id, "passed": passed, "wall_s": wall_s})
            patience = LOOK_S

    def _report_of_case(self, wall_s: float) -> dict[str, Any] | None:
        """The end of a case as a report of the zygote's; None where the world has ended, of which that tells."""
        try:
            message = self._socket.recv(REPORT.size)
        except OSError:
            return None
        if len(message) != REPORT.size:
            return None
        confined, status, *usage, schedstat = REPORT.unpack(message)
        waited = re.match(rb"\d+ (\d+)", schedstat)
        signaled = os.WIFSIGNALED(status)
        return {
            "end": ("signal" if signaled else "exit") if confined else "setup",
            "code": os.WTERMSIG(status) if signaled else os.WEXITSTATUS(status),
            "cpu_s": usage[0] + usage[2] + (usage[1] + usage[3]) / 1e6,
            "wall_s": wall_s,
            "peak_bytes": usage[4] * 1024,
            "waited_s": int(waited[1]) / 1e9 if waited else 0.0,
        }

    def close(self) -> None:
        """Ends the world; returns when nothing of it is left. Raises ZygoteError."""
        self._socket.close()
        if self._client.control.fileno() >= 0:  # else the sandbox has ended, and with it the world
            self._await_end()

    def _await_end(self) -> None:
        while self.alive:
            if not select.select([self._client.control], [], [], GRACE_S)[0]:
                raise ZygoteError("the sandbox did not end a world")
            report = self._client.receive()
            if report["id"] == self._world.id:
                self._world.report = report
