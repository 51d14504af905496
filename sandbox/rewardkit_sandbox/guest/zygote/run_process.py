"""One process of a job as the zygote's other end sees it: the pipes that it writes to, and the report on its end."""

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any


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


class RunProcess:
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
        """Makes a pipe that it writes to; returns the end that it gets."""
        ours, theirs = os.pipe()
        os.set_blocking(ours, False)
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

    def last_words(self) -> str:
        """The last line that it wrote to standard error."""
        said = bytes(self.written.get("stderr", b"")).decode(errors="replace").strip().splitlines()[-1:]
        return " ".join(said) or "no message"
