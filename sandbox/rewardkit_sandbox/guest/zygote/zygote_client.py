"""The zygote's other end: sends it the processes of a job, reads what they write, and reports how they ended.

Runs wherever the zygote can be handed descriptors: in the caller's own process for bubblewrap, in a process beside
the supervisor for a container. Never in a process that is forked to run a program, since it holds what tests expect.

    client → zygote   {"id", "mode", "limits", "fds": [names]} and the descriptors; or {"id", "cancel": true}
    zygote → client  {"id", "end": "exit|signal|wall|memory|processes|cancel|setup", "code", "cpu_s", "wall_s", …}
"""

import itertools
import json
import os
import select
import socket
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rewardkit_sandbox.guest import descriptors

WRITES = {
    "script": ("stdout", "stderr"),
    "image": ("stdout", "stderr"),
    "compile": ("stderr", "channel"),
    "answer": ("channel",),
    "drive": ("channel",),
    "drive_pytest": ("channel",),
    "report": ("channel",),
    "report_pytest": ("channel",),
    "serve": (),
}
"""Descriptors that the process of each mode writes to; the others are /dev/null."""

GRACE_S = 5.0
WALL_CAP = 10
"""As `zygote.WALL_CAP`."""
READ = 1 << 16
SIGKILL = 9


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


@dataclass
class Ended:
    """The end of one process, and its output."""

    end: str
    code: int
    cpu_s: float
    wall_s: float
    peak_bytes: int
    written: dict[str, bytes] = field(default_factory=dict)
    waited_s: float = 0.0
    quiet_s: float = 0.0
    pids: int = 0
    """Process numbers that the run used up, where they count up through all runs."""


def greet(control: socket.socket, handshake: bytes) -> bool:
    """Sends a zygote that just started its handshake; True if it answers that it is ready."""
    text = descriptors.sealed(handshake)
    try:
        socket.send_fds(control, [b"handshake"], [text])
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
        self._control = control
        self._control.setblocking(False)
        self._caller = caller
        self._runs = itertools.count(1)

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

    def _launch(self, task: Task, limits: dict[str, Any], stack: ExitStack, link: int | None) -> "_Process":
        """Sends one process on its way; its ends of the pipes are closed here once they are sent."""
        process = _Process(next(self._runs))
        descriptors = {"data": task.data}
        if task.stdin is not None:
            descriptors["stdin"] = task.stdin
        for name in WRITES[task.mode]:
            descriptors[name] = process.pipe(name, stack)
        if link is not None:
            descriptors["link"] = link
        message = {"id": process.id, "mode": task.mode, "limits": limits, "fds": list(descriptors)}
        try:
            socket.send_fds(self._control, [json.dumps(message).encode()], list(descriptors.values()))
        except OSError as exc:
            raise ZygoteError("the sandbox's zygote has ended") from exc
        process.close_their_ends()
        return process

    def _follow(self, started: list["_Process"], limits: dict[str, Any]) -> None:
        """Reads until every process has ended and every pipe is empty."""
        processes = {process.id: process for process in started}
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        if self._caller is not None:
            poll.register(self._caller, 0)
        readers = {fd: (process, name) for process in started for name, fd in process.readers.items()}
        for fd in readers:
            poll.register(fd, select.POLLIN)
        deadline = time.monotonic() + WALL_CAP * limits["wall_s"] + GRACE_S
        budget = limits["output_bytes"]
        while readers or any(process.report is None for process in started):
            left = deadline - time.monotonic()
            if left <= 0:
                raise ZygoteError("the sandbox did not end a run that was out of time")
            for fd, _ in poll.poll(left * 1000):
                if fd == self._control.fileno():
                    report = self._receive()
                    ended = processes.get(report["id"])
                    if ended is None:
                        continue
                    ended.report = report
                    ended.heard()
                    if ended is started[0]:
                        for other in started[1:]:
                            if other.report is None:
                                self._cancel(other)
                    continue
                if fd == self._caller:
                    raise EOFError
                owner, name = readers[fd]
                piece = os.read(fd, READ)
                if not piece:
                    poll.unregister(fd)
                    del readers[fd]
                elif budget >= 0:
                    owner.written[name] += piece
                    owner.heard()
                    budget -= len(piece)
                    if budget < 0:
                        owner.flooded = True
                        self._cancel(owner)
        for process in started:
            if process.report is not None and process.report["end"] == "setup":
                said = bytes(process.written.get("stderr", b"")).decode(errors="replace").strip().splitlines()[-1:]
                raise ZygoteError(f"a run could not be confined: {' '.join(said) or 'no message'}")

    def _cancel(self, process: "_Process") -> None:
        try:
            self._control.send(json.dumps({"id": process.id, "cancel": True}).encode())
        except OSError as exc:
            raise ZygoteError("the sandbox's zygote has ended") from exc

    def _receive(self) -> dict[str, Any]:
        try:
            message = self._control.recv(READ)
        except OSError:
            message = b""
        if not message:
            raise ZygoteError("the sandbox's zygote has ended")
        report: dict[str, Any] = json.loads(message)
        return report


class _Process:
    """One process of a job: the pipes that we read, and the zygote's report."""

    def __init__(self, number: int) -> None:
        self.id = number
        self.readers: dict[str, int] = {}
        self.written: dict[str, bytearray] = {}
        self.report: dict[str, Any] | None = None
        self.flooded = False
        self.quiet_s = 0.0
        self._heard_at = time.monotonic()
        self._theirs: list[int] = []

    def heard(self) -> None:
        """Notes that it wrote, or ended, now."""
        now = time.monotonic()
        self.quiet_s = max(self.quiet_s, now - self._heard_at)
        self._heard_at = now

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

    def ended(self) -> Ended:
        report = self.report
        assert report is not None
        return Ended(
            "output" if self.flooded else report["end"],
            report["code"],
            report["cpu_s"],
            report["wall_s"],
            report["peak_bytes"],
            {name: bytes(data) for name, data in self.written.items()},
            report["waited_s"],
            self.quiet_s,
            report.get("pids", 0),
        )
