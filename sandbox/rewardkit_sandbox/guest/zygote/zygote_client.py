"""The zygote's other end: sends it the processes of a job, reads what they write, and reports how they ended.

Runs wherever the zygote can be handed descriptors: in the caller's own process for bubblewrap, in a process beside
the supervisor for a container. Never in a process that is forked to run a program, since it holds what tests expect.

    client → zygote   {"id", "mode", "limits", "fds": [names]} and the descriptors; with "cases", a world for the cases
                      of one program (see `case_world`)
                      {"id", "cancel": true}, to end it
                      {"id", "tested": true}, when one of its tests has ended
                      {"id", "passed": seconds, "wall_s"}, to end a world whose case has had its time
    zygote → client   {"id", "end": "exit|signal|cpu|test_cpu|wall|memory|processes|cancel|setup", "code", "cpu_s", …}
"""

import itertools
import json
import os
import socket
import time
from contextlib import ExitStack
from typing import Any, NamedTuple

from rewardkit_sandbox.guest import descriptors
from rewardkit_sandbox.guest.zygote.follow import READ, Follow
from rewardkit_sandbox.guest.zygote.run_process import Ended, RunProcess

WRITES = {
    "script": ("stdout", "stderr"),
    "image": ("stdout", "stderr"),
    "compile": ("stderr", "channel"),
    "join_script": ("stderr",),
    "join_image": ("stderr",),
    "drive_join_script": ("stderr",),
    "drive_join_image": ("stderr",),
    "answer": ("channel",),
    "drive": ("channel",),
    "drive_pytest": ("channel",),
    "report": ("channel",),
    "report_pytest": ("channel",),
    "serve": (),
}
"""Descriptors that the process of each mode writes to; the others are /dev/null."""

GRACE_S = 60.0
"""Seconds beyond a limit in which a zygote must report the end of a run: far more than on any machine that works."""
TOLD_S = 0.05
"""Seconds between two messages that tests have ended; the zygote does not look more often."""
WALL_CAP = 10
"""As `zygote.WALL_CAP`."""


class ZygoteError(Exception):
    """The zygote has ended or misbehaves: the sandbox's fault."""


class Task(NamedTuple):
    """The work of one process, in sealed memory files."""

    mode: str
    data: int
    stdin: int | None = None

    def close(self) -> None:
        os.close(self.data)
        if self.stdin is not None:
            os.close(self.stdin)


def greet(control: socket.socket, handshake: bytes, cases: socket.socket | None = None) -> bool:
    """Sends a zygote that just started its handshake; True if it answers that it is ready.

    cases   the socket of a second zygote that it then forks, for the cases of programs
    """
    text = descriptors.sealed(handshake, "handshake")
    try:
        socket.send_fds(control, [b"handshake"], [text, *([cases.fileno()] if cases else [])])
        return control.recv(64) == b"ready"
    except OSError:
        return False
    finally:
        os.close(text)


class ZygoteClient:
    """Talks to one zygote, for one job at a time.

    caller    a descriptor that hangs up when nobody waits for a result any more
    """

    def __init__(self, control: socket.socket, caller: int | None = None) -> None:
        self.control = control
        self.control.setblocking(False)
        self._caller = caller
        self._numbers = itertools.count(1)

    def run(self, tasks: list[Task], limits: dict[str, Any]) -> list[Ended]:
        """Runs a job of one process, or of a driver and the program that it drives, to its end.

        limits    the fields of `protocol.Limits`
        raises    ZygoteError; EOFError where the caller hangs up
        """
        with ExitStack() as stack:
            links: list[int | None] = [None]
            if len(tasks) == 2:
                pair = socket.socketpair()
                for end in pair:
                    stack.callback(end.close)
                links = [end.fileno() for end in pair]
            # The last first: the driver, whose end ends the program, is listed first and must find the program there.
            started = [
                self._launch(task, limits, stack, link)
                for task, link in zip(reversed(tasks), reversed(links), strict=True)
            ][::-1]
            for end in pair if len(tasks) == 2 else ():
                end.close()
            self._follow(started, limits)
            return [process.ended() for process in started]

    def number(self) -> int:
        """A number for a process, which its messages carry."""
        return next(self._numbers)

    def send(self, message: dict[str, Any], files: list[int] | None = None) -> None:
        """Sends the zygote a message, with descriptors. Raises ZygoteError."""
        try:
            socket.send_fds(self.control, [json.dumps(message).encode()], files or [])
        except OSError as exc:
            raise ZygoteError("the sandbox's zygote has ended") from exc

    def cancel(self, process: RunProcess) -> None:
        """Ends a process. Raises ZygoteError."""
        self.send({"id": process.id, "cancel": True})

    def receive(self) -> dict[str, Any]:
        """The zygote's next report. Raises ZygoteError."""
        try:
            message = self.control.recv(READ)
        except OSError:
            message = b""
        if not message:
            raise ZygoteError("the sandbox's zygote has ended")
        report: dict[str, Any] = json.loads(message)
        return report

    def _launch(self, task: Task, limits: dict[str, Any], stack: ExitStack, link: int | None) -> RunProcess:
        """Sends one process on its way; its ends of the pipes are closed here once they are sent."""
        process = RunProcess(self.number())
        files = {"data": task.data}
        if task.stdin is not None:
            files["stdin"] = task.stdin
        for name in WRITES[task.mode]:
            files[name] = process.pipe(name, stack)
        if link is not None:
            files["link"] = link
        message = {"id": process.id, "mode": task.mode, "limits": limits, "fds": list(files)}
        self.send(message, list(files.values()))
        process.close_their_ends()
        return process

    def _follow(self, started: list[RunProcess], limits: dict[str, Any]) -> None:
        """Reads until every process has ended and every pipe is empty."""
        processes = {process.id: process for process in started}

        def reported() -> None:
            report = self.receive()
            ended = processes.get(report["id"])
            if ended is None:
                return
            follow.ended(ended, report)
            if ended is started[0]:
                for other in started[1:]:
                    if other.report is None:
                        self.cancel(other)

        told_at = 0.0

        def wrote(process: RunProcess) -> None:
            nonlocal told_at
            if process is started[0] and time.monotonic() - told_at > TOLD_S:
                told_at = time.monotonic()
                for one in started:
                    self.send({"id": one.id, "tested": True})

        follow = Follow(started, limits["output_bytes"], self.cancel, wrote if limits.get("test_cpu_s") else None)
        follow.listen(self.control.fileno(), reported)
        if self._caller is not None:
            follow.until_hung_up(self._caller)
        if not follow.wait(WALL_CAP * limits["wall_s"] + GRACE_S):
            raise ZygoteError("the sandbox did not end a run that was out of time")
        for process in started:
            if process.report is not None and process.report["end"] == "setup":
                raise ZygoteError(f"a run could not be confined: {process.last_words()}")
