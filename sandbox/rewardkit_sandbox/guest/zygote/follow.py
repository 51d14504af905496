"""Reads what the processes of a job write, and messages about them, until all have ended and every pipe is empty.

The end of a pipe is not waited for once its process has ended: a program can leave the other end in a message to
itself, which the kernel throws away when it next looks for such messages, and on a quiet machine that takes minutes.
"""

import os
import select
import time
from collections.abc import Callable
from typing import Any

from rewardkit_sandbox.guest.zygote.run_process import RunProcess

READ = 1 << 16


class Follow:
    """One job under way.

    started       its processes
    output_bytes  what they may write together
    flooded       called with a process that has written more
    wrote         called with a process each time that it has written
    """

    def __init__(
        self,
        started: list[RunProcess],
        output_bytes: int,
        flooded: Callable[[RunProcess], None],
        wrote: Callable[[RunProcess], None] | None = None,
    ) -> None:
        self._started = started
        self._budget = output_bytes
        self._flooded = flooded
        self._wrote = wrote
        self._poll = select.poll()
        self._messages: dict[int, Callable[[], None]] = {}
        self._readers = {fd: (process, name) for process in started for name, fd in process.readers.items()}
        for fd in self._readers:
            self._poll.register(fd, select.POLLIN)

    def listen(self, descriptor: int, message: Callable[[], None]) -> None:
        """Calls `message` when something can be read from a descriptor, or its other end has closed."""
        self._messages[descriptor] = message
        self._poll.register(descriptor, select.POLLIN)

    def until_hung_up(self, descriptor: int) -> None:
        """Raises EOFError when the other end of a descriptor has closed, whatever can be read from it."""

        def hung_up() -> None:
            raise EOFError

        self._messages[descriptor] = hung_up
        self._poll.register(descriptor, 0)

    @property
    def done(self) -> bool:
        """True once every process has a report and every pipe is empty."""
        return not self._readers and all(process.report is not None for process in self._started)

    def ended(self, process: RunProcess, report: dict[str, Any]) -> None:
        """Notes the report on a process, of which nothing is left that could write: its pipes are emptied now."""
        process.report = report
        process.heard()
        for fd in [fd for fd, (owner, _) in self._readers.items() if owner is process]:
            while fd in self._readers:
                self._read(fd)

    def wait(self, seconds: float) -> bool:
        """Reads until the job is done, for at most `seconds`; True if it is done."""
        deadline = time.monotonic() + seconds
        while not self.done:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            for fd, _ in self._poll.poll(max(1.0, left * 1000)):
                if fd in self._messages:
                    self._messages[fd]()
                elif fd in self._readers:
                    self._read(fd)
        return True

    def _read(self, descriptor: int) -> None:
        """Keeps what a process wrote, as long as that is within the limit."""
        process, name = self._readers[descriptor]
        try:
            piece = os.read(descriptor, READ)
        except BlockingIOError:  # empty, and open somewhere
            if process.report is None:
                return
            piece = b""
        if not piece:
            self._poll.unregister(descriptor)
            del self._readers[descriptor]
        elif self._budget >= 0:
            process.written[name] += piece
            process.heard()
            if self._wrote is not None:
                self._wrote(process)
            self._budget -= len(piece)
            if self._budget < 0:
                process.flooded = True
                self._flooded(process)
